/** Camera access: show the live video, pass frames to a callback, and take pictures. */

import { element } from "convscope/kit/dom.js";

const PAUSE = 100; // milliseconds between frames; nobody can read faster changes

/** Browsers allow camera access only on localhost or over HTTPS. */
export const hasCamera = Boolean(navigator.mediaDevices);

/**
 * Create the controls of a camera.
 *
 * @param {object} use
 * @param {(frame: ImageBitmap) => Promise<void>} [use.look]  called with one frame at a time; the next
 *   follows once its promise has resolved
 * @param {(picture: Blob) => void} [use.take]  called with each picture taken
 * @param {(text: string) => void} use.say  called with the reason if the camera cannot be used
 */
export function camera({ look, take, say }) {
  /** @type {MediaStream | null} */
  let stream = null;
  let isAsking = false; // whether the browser is still asking for permission
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
 * Encode a bitmap as a PNG.
 *
 * @param {ImageBitmap} bitmap  closed afterwards
 * @returns {Promise<Blob>}
 */
export function pngOf(bitmap) {
  const canvas = element("canvas", { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return blobOf(canvas, "image/png");
}

/**
 * Encode a bitmap as a JPEG, which is much smaller than a PNG.
 *
 * @param {ImageBitmap} bitmap  closed afterwards
 * @param {number} most  maximum width in pixels; a larger bitmap is scaled down
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
 * Return the central square of the current video frame.
 *
 * @param {HTMLVideoElement} video
 */
function grab(video) {
  const { videoWidth, videoHeight } = video;
  const side = Math.min(videoWidth, videoHeight);
  return createImageBitmap(video, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side);
}

/**
 * Whether the element is visible: neither in a background tab nor inside a collapsed section.
 *
 * @param {HTMLElement} shown
 */
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
