/** Live classification with the pictures recorded so far: one bar per class. */

import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { count } from "convscope/kit/numbers.js";
import { UNKNOWN } from "convscope/kit/similar.js";
import { post } from "convscope/studio/api.js";

const MOST_SHOWN = 3;

/**
 * Create the display.
 *
 * @param {object} use
 * @param {() => string} use.collection  returns the id of the collection
 * @param {() => string[]} use.labels  returns the classes, in the order of the bars
 * @param {(label: string, name: string) => string} use.thumbnail  returns the URL of a recorded picture
 * @param {(text: string) => void} use.say
 */
export function liveAnswer({ collection, labels, thumbnail, say }) {
  const shown = element("div", { class: "live-answer" });
  const learned = element("p", { class: "quiet" });
  let firstPicture = 0; // time in milliseconds
  let isAnswered = false;

  /** @param {import("convscope/studio/answers.js").LiveAnswer & {probabilities: Record<string, number>}} found */
  function draw({ probabilities, unknown, similar, learned: number, waiting }) {
    const rows = labels()
      .filter((label) => label in probabilities)
      .map((label) => ({ label, value: probabilities[label] }));
    const caption = unknown ? UNKNOWN : "prediction";
    shown.replaceChildren(bars(rows, { caption, shares: true }), ...nearest(similar));
    learned.textContent = `Trained on ${count(number)} pictures${waiting ? ", training on more …" : "."}`;
  }

  /**
   * Show the most similar recorded pictures: the reason for the class, or for none.
   *
   * @param {import("convscope/studio/answers.js").SimilarRecording[]} similar
   */
  function nearest(similar) {
    if (!similar.length) return [];
    const pictures = similar.slice(0, MOST_SHOWN).map(({ label, picture, similarity }) =>
      element(
        "li",
        {},
        element("img", {
          src: thumbnail(label, picture),
          alt: `a picture of ${label}`,
          width: 48,
          height: 48,
        }),
        element("span", {}, similarity.toFixed(2)),
      ),
    );
    return [
      element("p", { class: "quiet" }, "Most similar recorded pictures:"),
      element("ul", { class: "strip similar", "aria-label": "most similar recorded pictures" }, pictures),
    ];
  }

  return {
    elements: [shown, learned],
    /** Start the clock with the first recorded picture; it measures the time to the first prediction. */
    begin: () => (firstPicture ||= performance.now()),
    clear: () => [shown, learned].forEach((one) => one.replaceChildren()),
    /**
     * Classify a picture and show the result.
     *
     * @param {Blob} picture
     * @returns {Promise<boolean>}  whether there is a result
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
