/** What all tabs share: it listens to the studio, and tells every tab. It ends with the last of them. */

import { listen } from "./stream.js"; // no import map reaches a worker

/** @type {MessagePort[]} */
const ports = [];

/** @type {import("./changes.js").Told | undefined} */
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
