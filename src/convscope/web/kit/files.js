/** Files as people give them: chosen, dropped or pasted. */

import { element } from "convscope/kit/dom.js";

/**
 * A button that opens the system's dialogue for choosing files.
 *
 * @param {string} text
 * @param {(files: File[]) => void} take
 * @param {{accept?: string, multiple?: boolean}} [setting]
 */
export function fileButton(text, take, { accept = "image/*", multiple = false } = {}) {
  const input = element("input", {
    type: "file",
    class: "unseen",
    accept,
    multiple,
    change: () => {
      take([...(input.files ?? [])]);
      input.value = "";
    },
  });
  return element("label", { class: "button" }, text, input);
}

/**
 * Takes what is dropped on a target, unless something inside it has taken it.
 *
 * @param {EventTarget} target
 * @param {(files: File[]) => void} take
 * @param {{shown?: Element, signal?: AbortSignal}} [setting]  shown: has the class `over` while files are above the target
 */
export function takeDropped(target, take, { shown, signal } = {}) {
  const over = (/** @type {boolean} */ isOver) => shown?.classList.toggle("over", isOver);
  target.addEventListener(
    "dragover",
    (event) => {
      event.preventDefault();
      over(true);
    },
    { signal },
  );
  target.addEventListener("dragleave", () => over(false), { signal });
  target.addEventListener(
    "drop",
    (event) => {
      over(false);
      if (event.defaultPrevented || !(event instanceof DragEvent)) return;
      event.preventDefault();
      take([...(event.dataTransfer?.files ?? [])]);
    },
    { signal },
  );
}

/**
 * Takes what is pasted into the page.
 *
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} [signal]  ends it
 */
export function takePasted(take, signal) {
  addEventListener("paste", ({ clipboardData }) => take([...(clipboardData?.files ?? [])]), { signal });
}
