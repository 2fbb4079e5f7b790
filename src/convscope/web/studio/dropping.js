/** What is dropped anywhere on the page, but where something on it takes what is dropped there. */

/**
 * @param {(file: File | undefined) => void} send
 * @param {AbortSignal} signal  ends it
 */
export function whenDropped(send, signal) {
  addEventListener("dragover", (event) => event.preventDefault(), { signal });
  addEventListener(
    "drop",
    (event) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      send(event.dataTransfer?.files[0]);
    },
    { signal },
  );
}
