/**
 * The studio's stream of changes. All tabs of a browser share one connection, as it opens only about six to a host: this
 * module is also the shared worker that holds it. It imports nothing, as no import map reaches into a worker.
 *
 * @typedef {import("convscope/studio/changes.js").Told} Told
 */

const RETRY_MILLISECONDS = 2000;

/**
 * Listens for ever: a browser connects anew by itself, but not once a server has answered with an error.
 *
 * @param {(told: Told) => void} tell
 */
export function listen(tell) {
  const events = new EventSource("/api/revisions");
  events.addEventListener("message", ({ data }) => tell(JSON.parse(data)));
  events.addEventListener("error", () => {
    tell(null);
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(tell), RETRY_MILLISECONDS);
  });
}

/** Listens once for all tabs; the worker ends with the last of them. */
function share() {
  /** @type {MessagePort[]} */
  const ports = [];
  /** @type {Told | undefined} */
  let latest;
  addEventListener("connect", (event) => {
    const [port] = /** @type {MessageEvent} */ (event).ports;
    ports.push(port);
    if (latest !== undefined) port.postMessage(latest);
  });
  listen((told) => {
    latest = told;
    for (const port of ports) port.postMessage(told);
  });
}

if ("onconnect" in globalThis) share();
