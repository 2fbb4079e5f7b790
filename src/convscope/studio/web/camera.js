/** A picture from the camera, cut to a square. */

import { element } from "convscope/dom.js";

/**
 * @param {(picture: Blob) => void} onTaken
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function camera(onTaken) {
  const video = element("video", { muted: true, playsinline: true, hidden: true, "aria-label": "camera" });
  const says = element("p", { class: "quiet", role: "status" });
  const take = button("take the picture", () => grab(video, onTaken));
  const start = button("switch the camera on", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      await video.play();
      [start.hidden, take.hidden, video.hidden] = [true, false, false];
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
 * @param {HTMLVideoElement} video
 * @param {(picture: Blob) => void} onTaken
 */
function grab(video, onTaken) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const canvas = element("canvas", { width: side, height: side });
  const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  canvas.getContext("2d")?.drawImage(video, left, top, side, side, 0, 0, side, side);
  canvas.toBlob((picture) => picture && onTaken(picture));
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
