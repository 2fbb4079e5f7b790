/** The camera: shown as it moves, its frames looked at one after the other, and pictures taken on demand. */

import { element } from "convscope/kit/dom.js";

const PAUSE = 100; // milliseconds between frames: as often as a person can read

/** Browsers give a camera only to pages from this machine or over HTTPS. */
export const hasCamera = Boolean(navigator.mediaDevices);

/**
 * @param {object} use
 * @param {(frame: ImageBitmap) => Promise<void>} [use.look]  given frame after frame, the next when it has answered
 * @param {(picture: Blob) => void} [use.take]  given a picture whenever a person takes one
 * @param {(text: string) => void} use.say  called with the reason why there is no camera
 */
export function camera({ look, take, say }) {
  /** @type {MediaStream | null} */
  let stream = null;
  let isAsking = false; // whether the browser still asks if the camera may be used
  const video = element("video", { "aria-label": "what the camera sees", playsinline: true, muted: true });
  const toggle = button("Use the camera", () => (stream ? end() : begin()));
  const shutter = button("Take a picture", async () => take?.(await pngOf(await grab(video))));
  const shown = element("div", { class: "camera", hidden: true }, video, take ? shutter : null);
  toggle.hidden = !hasCamera;

  async function begin() {
    if (isAsking || stream) return;
    isAsking = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      show();
      if (look) watch(stream, look);
    } catch (error) {
      fail(error);
    }
    isAsking = false;
  }

  /**
   * @param {MediaStream} watched
   * @param {(frame: ImageBitmap) => Promise<void>} look
   */
  async function watch(watched, look) {
    try {
      while (stream === watched) {
        if (isInSight(video)) await look(await grab(video));
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    } catch (error) {
      if (stream === watched) fail(error);
    }
  }

  function end() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    show();
  }

  /** @param {unknown} error */
  function fail(error) {
    end();
    say(`The camera cannot be used: ${error instanceof Error ? error.message : error}`);
  }

  function show() {
    shown.hidden = !stream;
    toggle.textContent = stream ? "Stop the camera" : "Use the camera";
  }

  return { toggle, shown, begin, end, isOn: () => stream !== null };
}

/**
 * A picture as a file.
 *
 * @param {ImageBitmap} bitmap  is given away
 * @returns {Promise<Blob>}
 */
export function pngOf(bitmap) {
  const canvas = element("canvas", { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return blobOf(canvas, "image/png");
}

/**
 * A frame as a JPEG, which is a fraction of a PNG.
 *
 * @param {ImageBitmap} bitmap  is given away
 * @param {number} most  pixels of a side; a larger one is scaled down
 * @returns {Promise<Blob>}
 */
export function jpegOf(bitmap, most) {
  const side = Math.min(bitmap.width, most);
  const canvas = element("canvas", {
    width: side,
    height: Math.round((bitmap.height * side) / bitmap.width),
  });
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return blobOf(canvas, "image/jpeg", 0.95);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} type
 * @param {number} [quality]
 * @returns {Promise<Blob>}
 */
function blobOf(canvas, type, quality) {
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the camera gives no picture"))),
      type,
      quality,
    ),
  );
}

/**
 * The square in the middle of what the camera sees.
 *
 * @param {HTMLVideoElement} video
 */
function grab(video) {
  const { videoWidth, videoHeight } = video;
  const side = Math.min(videoWidth, videoHeight);
  return createImageBitmap(video, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side);
}

/** Nobody looks at a page that is hidden, or at what is folded up. @param {HTMLElement} shown */
function isInSight(shown) {
  return !document.hidden && shown.checkVisibility();
}

/**
 * @param {string} text
 * @param {() => void} click
 */
function button(text, click) {
  return element("button", { type: "button", click }, text);
}
