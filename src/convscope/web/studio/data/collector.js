/** Collect pictures by class: by drag and drop, from files, or with the camera. */

import { element } from "convscope/kit/dom.js";
import { count } from "convscope/kit/numbers.js";
import { problemBox } from "convscope/kit/problem.js";
import { post } from "convscope/studio/api.js";
import { camera } from "convscope/kit/camera.js";
import { fileButton, takeDropped } from "convscope/kit/files.js";

const AT_ONCE = 8;

/**
 * Create the collector.
 *
 * @param {string} id  of the collection
 * @param {() => void} onChange  called after pictures have been added
 */
export function collector(id, onChange) {
  const classes = element("ul", { class: "collector" });
  const name = element("input", { maxlength: 60, required: true });
  /** @type {Set<string>} */
  const known = new Set();
  /** @type {(() => void)[]} */
  const ends = [];

  /** @param {string} label */
  function add(label) {
    if (!label || known.has(label)) return;
    known.add(label);
    const box = classBox(id, label, onChange);
    classes.append(box.element);
    ends.push(box.end);
  }

  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    add(name.value.trim());
    name.value = "";
  };
  return {
    element: element(
      "div",
      { class: "stack" },
      element("h3", {}, "Add pictures"),
      classes,
      element(
        "form",
        { submit, class: "fields" },
        element("label", {}, "Class name ", name),
        element("button", {}, "Add class"),
      ),
    ),
    /** @param {string[]} labels  existing classes */
    know: (labels) => labels.forEach(add),
    /** Turn the cameras off. */
    end: () => ends.forEach((end) => end()),
  };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {() => void} onChange
 */
function classBox(id, label, onChange) {
  const says = element("p", { class: "quiet", role: "status" });
  const address = `/api/collections/${id}/classes/${encodeURIComponent(label)}`;

  /** @param {Iterable<Blob>} pictures */
  async function send(pictures) {
    const waiting = [...pictures];
    let added = 0;
    while (waiting.length) {
      const form = new FormData();
      for (const picture of waiting.splice(0, AT_ONCE)) form.append("picture", picture);
      try {
        const answer = await post(address, form);
        added += answer.added;
        says.textContent = `${count(added)} added${answer.problems.length ? `; ${answer.problems[0].detail}` : ""}`;
      } catch (error) {
        says.replaceChildren(problemBox(error));
        return;
      }
    }
    if (added) onChange();
  }

  const filmed = camera({ take: (picture) => send([picture]), say: (text) => (says.textContent = text) });
  const box = element(
    "li",
    {},
    element("h4", { class: "class-name" }, label),
    element("p", {}, "Drop pictures here, or"),
    element(
      "p",
      { class: "choices" },
      fileButton("Choose pictures", send, { multiple: true }),
      filmed.toggle,
    ),
    filmed.shown,
    says,
  );
  takeDropped(box, send, { shown: box });
  return { element: box, end: filmed.end };
}
