/** What the pictures recorded so far teach: confidence bars for one picture after the other. */

import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { count } from "convscope/kit/numbers.js";
import { post } from "convscope/studio/api.js";

/**
 * @param {object} use
 * @param {() => string} use.collection  the id of the collection
 * @param {() => string[]} use.labels  the classes, in the order of the bars
 * @param {(text: string) => void} use.say
 */
export function liveAnswer({ collection, labels, say }) {
  const shown = element("div", { class: "live-answer" });
  const learned = element("p", { class: "quiet" });
  let firstPicture = 0; // milliseconds
  let isAnswered = false;

  /** @param {import("convscope/studio/answers.js").LiveAnswer & {probabilities: Record<string, number>}} found */
  function draw({ probabilities, learned: number, waiting }) {
    const rows = labels()
      .filter((label) => label in probabilities)
      .map((label) => ({ label, value: probabilities[label] }));
    shown.replaceChildren(bars(rows, { caption: "prediction", shares: true }));
    learned.textContent = `Learned from ${count(number)} pictures${waiting ? ", learning more …" : "."}`;
  }

  return {
    elements: [shown, learned],
    /** A picture is recorded: from the first one on, the time to the first answer counts. */
    begin: () => (firstPicture ||= performance.now()),
    clear: () => [shown, learned].forEach((one) => one.replaceChildren()),
    /**
     * Shows the answer for a picture.
     *
     * @param {Blob} picture
     * @returns {Promise<boolean>}  whether there is one
     */
    async ask(picture) {
      const found = await post(`/api/live/${collection()}`, picture);
      if (found.probabilities === null) return false;
      draw(found);
      if (!isAnswered) {
        const seconds = ((performance.now() - firstPicture) / 1000).toFixed(1);
        say(firstPicture ? `The first answer came ${seconds} seconds after the first picture.` : "");
      }
      return (isAnswered = true);
    },
  };
}
