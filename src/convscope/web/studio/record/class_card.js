/** One class of a recording: its name, its pictures, and the controls that add some. */

import { hasCamera } from "convscope/kit/camera.js";
import { element } from "convscope/kit/dom.js";
import { fileButton, takeDropped } from "convscope/kit/files.js";
import { counted } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { holdButton } from "convscope/studio/record/hold_button.js";

const MOST_SHOWN = 12;
const PATIENCE = 4000; // milliseconds in which a removal can be confirmed

/**
 * Create the card.
 *
 * @typedef {ReturnType<typeof import("convscope/studio/record/recording.js").recording>} Recording
 * @typedef {ReturnType<typeof classCard>} ClassCard
 *
 * @param {Recording} recording
 * @param {string} label
 * @param {object} use
 * @param {(card: ClassCard) => void} use.begin  called when the button is pressed
 * @param {() => void} use.end
 * @param {(card: ClassCard) => void} use.once
 * @param {() => void} use.changed  called after pictures were added or removed
 * @param {(card: ClassCard) => void} use.removed
 */
export function classCard(recording, label, { begin, end, once, changed, removed }) {
  let name = label;
  let pictures = 0;
  const field = element("input", {
    value: label,
    maxlength: 60,
    required: true,
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": "class name",
    change: () => attempt(rename),
  });
  const says = element("p", { class: "quiet" });
  const trouble = element("div", {});
  const strip = element("ul", { class: "strip", "aria-label": "newest pictures" });
  const hold = holdButton("Hold to record", { begin: () => begin(card), end, once: () => once(card) });
  hold.setAttribute("aria-describedby", "hold-help");
  hold.disabled = !hasCamera;
  const root = element(
    "li",
    { class: "class-card stack" },
    element("div", { class: "fields" }, field, says),
    element(
      "div",
      { class: "fields" },
      hold,
      fileButton("Choose pictures", (files) => attempt(() => add(files)), { multiple: true }),
      removeButton(
        () => attempt(remove),
        () => pictures,
      ),
    ),
    strip,
    trouble,
  );
  takeDropped(root, (files) => attempt(() => add(files)), { shown: root });

  let last = Promise.resolve();

  /**
   * Run actions one after the other, so that no picture is added under a name that has just changed.
   *
   * @param {() => Promise<void>} act
   */
  function attempt(act) {
    const mine = last.then(async () => {
      trouble.replaceChildren();
      try {
        await act();
      } catch (error) {
        trouble.replaceChildren(problemBox(error));
      }
    });
    last = mine.catch(() => {}); // errors in the code are reported by `mine`
    return mine;
  }

  async function rename() {
    const wanted = field.value.trim();
    try {
      if (wanted === name) return;
      await recording.renameClass(name, wanted);
      name = wanted;
      await refresh();
    } finally {
      field.value = name;
    }
  }

  async function remove() {
    await recording.removeClass(name);
    removed(card);
  }

  /** @param {Iterable<Blob>} blobs */
  async function add(blobs) {
    await recording.add(name, blobs, ({ names, problems }) => {
      if (problems.length) trouble.replaceChildren(element("p", { class: "note" }, problems[0].detail ?? ""));
      for (const one of names) show(one);
      say(pictures + names.length);
    });
    changed();
  }

  async function refresh() {
    const found = await recording.pictures(name);
    strip.replaceChildren();
    for (const one of found.pictures.slice(0, MOST_SHOWN).reverse()) show(one);
    say(found.count);
  }

  /** @param {number} number */
  function say(number) {
    pictures = number;
    says.textContent = counted(number, "picture");
  }

  /** @param {string} picture */
  function show(picture) {
    const drop = () =>
      attempt(async () => {
        await recording.removePicture(name, picture);
        await refresh();
        changed();
      });
    strip.prepend(
      element(
        "li",
        {},
        element(
          "button",
          {
            type: "button",
            class: "recorded",
            "aria-label": "remove this picture",
            title: "Remove",
            click: drop,
          },
          element("img", { src: recording.thumbnail(name, picture), alt: "", width: 48, height: 48 }),
        ),
      ),
    );
    while (strip.childElementCount > MOST_SHOWN) strip.lastElementChild?.remove();
  }

  say(0);
  const card = {
    element: root,
    field,
    name: () => name,
    pictures: () => pictures,
    add: (/** @type {Iterable<Blob>} */ blobs) => attempt(() => add(blobs)),
    refresh: () => attempt(refresh),
  };
  return card;
}

/**
 * Create the button that removes a class. If the class has pictures, a second click is needed.
 *
 * @param {() => void} remove
 * @param {() => number} pictures
 */
function removeButton(remove, pictures) {
  let isAsked = false;
  const made = element(
    "button",
    {
      type: "button",
      click() {
        if (!pictures() || isAsked) return remove();
        ask(true);
        setTimeout(() => ask(false), PATIENCE);
      },
      blur: () => ask(false),
    },
    "Remove",
  );
  const ask = (/** @type {boolean} */ now) => {
    isAsked = now;
    made.textContent = now ? "Really remove" : "Remove";
  };
  return made;
}
