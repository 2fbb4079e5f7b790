/**
 * Subscribe to changes in the studio, made in any tab. All tabs of a browser share one connection, because
 * browsers allow about six per host and every stream occupies one.
 *
 * @typedef {{runs: Record<string, string>, edits: Record<string, string>}} Revisions  by run and by model;
 *   the string changes with what it stands for
 * @typedef {Revisions | null} Message  null while the studio does not respond
 */

import { listen } from "convscope/studio/stream.js";

/** @type {Set<(message: Message) => void>} */
const followers = new Set();

/** @type {Message | undefined} */
let latest;

/** @type {boolean} */
let isListening = false;

/**
 * Call a function now and whenever a revision changes. Calls do not overlap.
 *
 * @param {(revisions: Revisions) => string | undefined} revisionOf  returns the revision of interest;
 *   undefined if there is none
 * @param {(exists: boolean) => Promise<void>} act
 * @param {(answers: boolean) => void} [onConnection]  called when the connection is lost or restored
 * @returns {() => void}  unsubscribes
 */
export function follow(revisionOf, act, onConnection) {
  let hasEnded = false;
  let isActing = false;
  let isConnected = true;
  /** @type {string | null | undefined} */
  let known = null;
  /** @type {string | undefined} */
  let current;
  const receive = async (/** @type {Message} */ message) => {
    if (isConnected !== (isConnected = message !== null)) onConnection?.(isConnected);
    if (message === null) return;
    current = revisionOf(message);
    if (isActing) return;
    isActing = true;
    while (current !== known && !hasEnded) {
      known = current;
      await act(current !== undefined);
    }
    isActing = false;
  };
  followers.add(receive);
  if (latest !== undefined) receive(latest);
  if (!isListening) connect();
  return () => {
    hasEnded = true;
    followers.delete(receive);
  };
}

/** Connect through a shared worker. Some mobile browsers have none, but rarely show six tabs. */
function connect() {
  isListening = true;
  if (typeof SharedWorker === "undefined") return listen(pass);
  const { port } = new SharedWorker("/web/studio/stream.js", { type: "module" });
  port.addEventListener("message", ({ data }) => pass(data));
  port.start();
}

/** @param {Message} message */
function pass(message) {
  latest = message;
  for (const follower of followers) follower(message);
}
