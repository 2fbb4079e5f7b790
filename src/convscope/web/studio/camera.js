/** A picture from the camera, cut to a square. */

import { element } from "convscope/kit/dom.js";

const BETWEEN = 250; // milliseconds from one look to the next

/**
 * @param {(picture: Blob) => void} onTaken
 * @param {(picture: Blob) => Promise<void>} [onLook]  given what the camera sees, again and again while it is on
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function camera(onTaken, onLook) {
  const video = element("video", { muted: true, playsinline: true, hidden: true, "aria-label": "camera" });
  const says = element("p", { class: "quiet", role: "status" });
  const take = button("take the picture", async () => onTaken(await grab(video)));
  const start = button("switch the camera on", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      await video.play();
      [start.hidden, take.hidden, video.hidden] = [true, false, false];
      if (onLook) look(video, onLook);
    } catch (error) {
      says.textContent = `No camera can be used: ${error instanceof Error ? error.message : error}`;
    }
  });
  take.hidden = true;
  return {
    element: element("div", { class: "stack camera" }, video, element("p", {}, start, take), says),
    end: () =>
      stream(video)
        ?.getTracks()
        .forEach((track) => track.stop()),
  };
}

/**
 * Looks a few times a second, never before the last look has come to its end.
 *
 * @param {HTMLVideoElement} video
 * @param {(picture: Blob) => Promise<void>} onLook
 */
async function look(video, onLook) {
  while (stream(video)?.active) {
    const pause = new Promise((resolve) => setTimeout(resolve, BETWEEN));
    if (isInSight(video)) await onLook(await grab(video));
    await pause;
  }
}

/** Nobody looks at a page that is hidden, or at what is folded up. @param {HTMLElement} shown */
function isInSight(shown) {
  return !document.hidden && shown.checkVisibility();
}

/**
 * @param {HTMLVideoElement} video
 * @returns {Promise<Blob>}
 */
function grab(video) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const canvas = element("canvas", { width: side, height: side });
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  canvas.getContext("2d")?.drawImage(video, left, top, side, side, 0, 0, side, side);
  return new Promise((resolve, reject) =>
    canvas.toBlob((picture) =>
      picture ? resolve(picture) : reject(new Error("the camera gives no picture")),
    ),
  );
}

/** @param {HTMLVideoElement} video */
function stream({ srcObject }) {
  return srcObject instanceof MediaStream ? srcObject : null;
}

/**
 * @param {string} text
 * @param {() => void} click
 */
function button(text, click) {
  return element("button", { type: "button", click }, text);
}
