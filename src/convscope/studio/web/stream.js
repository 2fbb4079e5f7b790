/**
 * The studio's stream of changes.
 *
 * @typedef {import("./changes.js").Told} Told
 */

const AGAIN_MILLISECONDS = 2000;

/**
 * Listens for ever: a browser connects anew by itself, but not once a server has answered with an error.
 *
 * @param {(told: Told) => void} tell
 */
export function listen(tell) {
  const events = new EventSource("/api/changes");
  events.addEventListener("message", ({ data }) => tell(JSON.parse(data)));
  events.addEventListener("error", () => {
    tell(null);
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(tell), AGAIN_MILLISECONDS);
  });
}
