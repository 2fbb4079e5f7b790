/** File input: from the file dialog, by drag and drop, or from the clipboard. */

import { element } from "convscope/kit/dom.js";

/**
 * Create a button that opens the file dialog.
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
 * Listen for files dropped on a target. Drops already handled by an element inside it are ignored.
 *
 * @param {EventTarget} target
 * @param {(files: File[]) => void} take
 * @param {{shown?: Element, signal?: AbortSignal}} [setting]  `shown` gets the class `over` while files are
 *   dragged over the target
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
 * Listen for files pasted into the page.
 *
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} [signal]  removes the listener
 */
export function takePasted(take, signal) {
  addEventListener("paste", ({ clipboardData }) => take([...(clipboardData?.files ?? [])]), { signal });
}
