/**
 * The studio's stream of revisions. All tabs of a browser share one connection, as it opens only about six to a host:
 * this module is also the shared worker that holds it. It imports nothing, as no import map reaches into a worker.
 *
 * @typedef {import("convscope/studio/revisions.js").Message} Message
 */

const RETRY_MILLISECONDS = 2000;

/**
 * Listens for ever: a browser connects anew by itself, but not once a server has answered with an error.
 *
 * @param {(message: Message) => void} pass
 */
export function listen(pass) {
  const events = new EventSource("/api/revisions");
  events.addEventListener("message", ({ data }) => pass(JSON.parse(data)));
  events.addEventListener("error", () => {
    pass(null);
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(pass), RETRY_MILLISECONDS);
  });
}

/** Listens once for all tabs; the worker ends with the last of them. */
function share() {
  /** @type {MessagePort[]} */
  const ports = [];
  /** @type {Message | undefined} */
  let latest;
  addEventListener("connect", (event) => {
    const [port] = /** @type {MessageEvent} */ (event).ports;
    ports.push(port);
    if (latest !== undefined) port.postMessage(latest);
  });
  listen((message) => {
    latest = message;
    for (const port of ports) port.postMessage(message);
  });
}

if ("onconnect" in globalThis) share();
