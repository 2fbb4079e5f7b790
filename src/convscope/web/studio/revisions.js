/**
 * Follows what changes in the studio, from any tab. All tabs of a browser share one connection: it opens about
 * six to a host, and every stream holds one.
 *
 * @typedef {{runs: Record<string, string>, edits: Record<string, string>}} Revisions  by run and by model, a text that
 *   changes with what it stands for
 * @typedef {Revisions | null} Message  null while the studio does not answer
 */

import { listen } from "convscope/studio/stream.js";

/** @type {Set<(message: Message) => void>} */
const followers = new Set();

/** @type {Message | undefined} */
let latest;

/** @type {boolean} */
let isListening = false;

/**
 * Acts now and whenever one thing changes; never a second time before the first has ended.
 *
 * @param {(revisions: Revisions) => string | undefined} revisionOf  that thing; undefined if there is none
 * @param {(exists: boolean) => Promise<void>} act
 * @param {(answers: boolean) => void} [onConnection]  called when the studio ceases to answer, and when it answers again
 * @returns {() => void}  ends it
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

/** Some browsers of phones have no shared workers; they rarely have six tabs in sight either. */
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
