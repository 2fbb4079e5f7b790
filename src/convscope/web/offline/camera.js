/** The camera: shown as it moves, and classified a frame at a time, the next when the last is answered. */

const PAUSE = 100; // milliseconds between frames: as often as a person can read

/**
 * Shows the camera until the returned function is called.
 *
 * @param {HTMLVideoElement} video
 * @param {(frame: ImageBitmap) => Promise<void>} classify
 * @param {(error: unknown) => void} fail  called once if no further frame is classified
 * @returns {Promise<() => void>}
 */
export async function start(video, classify, fail) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  await video.play();
  let isRunning = true;
  const run = async () => {
    while (isRunning) {
      await classify(await createImageBitmap(video));
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
  run().catch((error) => isRunning && fail(error));
  return () => {
    isRunning = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}
