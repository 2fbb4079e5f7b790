/**
 * Following what changes in the studio, whoever changes it. All tabs of a browser share one connection: it opens about
 * six to a host, and every stream holds one.
 *
 * @typedef {{runs: Record<string, string>, edits: Record<string, string>}} Standing  texts that are others if there is
 *   news of what they stand for
 * @typedef {Standing | null} Told  null while the studio does not answer
 */

import { listen } from "convscope/studio/stream.js";

/** @type {Set<(told: Told) => void>} */
const followers = new Set();

/** @type {Told | undefined} */
let latest;

/** @type {boolean} */
let begun = false;

/**
 * Acts now and whenever there is news of one thing; never a second time before the first has ended.
 *
 * @param {(standing: Standing) => string | undefined} textOf  of that thing; undefined if there is none
 * @param {(isThere: boolean) => Promise<void>} act
 * @param {(answers: boolean) => void} [answering]  told when the studio ceases to answer, and when it does again
 * @returns {() => void}  ends it
 */
export function follow(textOf, act, answering) {
  let ended = false;
  let acting = false;
  let answered = true;
  /** @type {string | null | undefined} */
  let known = null;
  /** @type {string | undefined} */
  let now;
  const take = async (/** @type {Told} */ told) => {
    if (answered !== (answered = told !== null)) answering?.(answered);
    if (told === null) return;
    now = textOf(told);
    if (acting) return;
    acting = true;
    while (now !== known && !ended) {
      known = now;
      await act(now !== undefined);
    }
    acting = false;
  };
  followers.add(take);
  if (latest !== undefined) take(latest);
  if (!begun) begin();
  return () => {
    ended = true;
    followers.delete(take);
  };
}

/** Some browsers of phones have no shared workers; they have no six tabs in sight either. */
function begin() {
  begun = true;
  if (typeof SharedWorker === "undefined") return listen(pass);
  const { port } = new SharedWorker("/web/studio/stream.js", { type: "module" });
  port.addEventListener("message", ({ data }) => pass(data));
  port.start();
}

/** @param {Told} told */
function pass(told) {
  latest = told;
  for (const follower of followers) follower(told);
}
