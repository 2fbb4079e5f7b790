/** What the pictures recorded so far teach: confidence bars for one picture after the other. */

import { bars } from "convscope/kit/bars.js";
import { element } from "convscope/kit/dom.js";
import { count } from "convscope/kit/numbers.js";
import { UNKNOWN } from "convscope/kit/similar.js";
import { post } from "convscope/studio/api.js";

const MOST_SHOWN = 3;

/**
 * @param {object} use
 * @param {() => string} use.collection  the id of the collection
 * @param {() => string[]} use.labels  the classes, in the order of the bars
 * @param {(label: string, name: string) => string} use.thumbnail  the address of a recorded picture
 * @param {(text: string) => void} use.say
 */
export function liveAnswer({ collection, labels, thumbnail, say }) {
  const shown = element("div", { class: "live-answer" });
  const learned = element("p", { class: "quiet" });
  let firstPicture = 0; // milliseconds
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
   * The recorded pictures that it resembles most: why it is one of the classes, or none.
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
