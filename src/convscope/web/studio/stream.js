/**
 * The studio's event stream. All tabs of a browser share one connection, because browsers allow about six per
 * host: this module is also the shared worker that holds it. It imports nothing, because import maps do not
 * apply to workers.
 *
 * @typedef {import("convscope/studio/revisions.js").Message} Message
 */

const RETRY_MILLISECONDS = 2000;

/**
 * Listen permanently. Browsers reconnect automatically, but not after an error response.
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

/** Listen once for all tabs; the worker ends with the last of them. */
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
