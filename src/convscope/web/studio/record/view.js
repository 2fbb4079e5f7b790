/** Record: hold an object in front of the camera, class by class, and see at once what has been learned. */

import { camera, hasCamera, jpegOf } from "convscope/kit/camera.js";
import { element } from "convscope/kit/dom.js";
import { fileButton, takeDropped } from "convscope/kit/files.js";
import { problemBox } from "convscope/kit/problem.js";
import { get, post } from "convscope/studio/api.js";
import { addressOf } from "convscope/studio/place.js";
import { classList } from "convscope/studio/record/class_list.js";
import { liveAnswer } from "convscope/studio/record/live_answer.js";
import { recording } from "convscope/studio/record/recording.js";

const SIDE = 480; // side of recorded pictures in pixels, twice the network's input size
const PAUSE = 300; // milliseconds until a picture is sent again
const TOO_FEW = "Record at least two pictures of two classes.";
const GETTING_READY = "Loading the pretrained network. The first time, this takes a few seconds.";
const INSTEAD = "You can drop or choose pictures instead.";
const NO_CAMERA = `No camera is available: browsers allow cameras only on pages from this machine or over HTTPS. ${INSTEAD}`;

/** @type {import("convscope/studio/place.js").Show} */
export async function show(root, { path: [id = ""] }) {
  const says = element("p", { class: "quiet", role: "status" });
  const trouble = element("div", {});
  const say = (/** @type {string} */ text) => void (says.textContent === text || (says.textContent = text));
  const kept = recording(id, () => classes.labels());
  const live = liveAnswer({
    collection: kept.id,
    labels: () => classes.labels(),
    thumbnail: kept.thumbnail,
    say,
  });
  const train = element(
    "button",
    { type: "button", class: "main-action", click: () => attempt(begin) },
    "Train",
  );
  const filmed = camera({
    look,
    say(text) {
      classes.release();
      say(`${text}. ${INSTEAD}`);
    },
  });
  const classes = await classList(kept, { record: filmed.begin, changed: settle });
  let isAnswering = false;

  /**
   * Run an action and show its error.
   *
   * @param {() => Promise<unknown>} act
   * @returns {Promise<boolean>}  whether it succeeded
   */
  async function attempt(act) {
    trouble.replaceChildren();
    try {
      await act();
      return true;
    } catch (error) {
      trouble.replaceChildren(problemBox(error));
      return false;
    }
  }

  /**
   * Handle a camera frame: save it if a button is held, and classify it unless the previous one is still
   * pending.
   *
   * @param {ImageBitmap} frame
   */
  async function look(frame) {
    const picture = await jpegOf(frame, SIDE);
    const card = classes.recorded();
    if (card) {
      live.begin();
      await card.add([picture]);
    }
    if (isAnswering || !classes.areEnough()) return;
    isAnswering = true;
    attempt(() => live.ask(picture)).then((isFine) => (isAnswering = !isFine)); // stop after the first error
  }

  /**
   * Classify a picture that is not a camera frame, once the classes have been learned.
   *
   * @param {File | undefined} picture
   */
  function tryOut(picture) {
    if (!picture) return;
    if (!classes.areEnough()) return say(TOO_FEW);
    attempt(async () => {
      while (!(await live.ask(picture)) && classes.areEnough())
        await new Promise((again) => setTimeout(again, PAUSE));
    });
  }

  function settle() {
    const isEnough = classes.areEnough();
    train.disabled = !isEnough;
    if (isEnough) return;
    live.clear();
    if (filmed.isOn()) say(TOO_FEW);
  }

  async function begin() {
    const run = await post("/api/runs", { data: kept.id(), settings: { start: "lite0" } });
    location.hash = addressOf("train", [run.name]);
  }

  settle();
  const seen = element(
    "section",
    { class: "stack seen", "aria-label": "camera and answer" },
    element(
      "p",
      { class: "choices" },
      filmed.toggle,
      fileButton("Try a picture", ([file]) => tryOut(file)),
    ),
    filmed.shown,
    live.elements,
    says,
    trouble,
  );
  takeDropped(seen, ([file]) => tryOut(file), { shown: seen });
  root.classList.add("record");
  root.append(heading(), seen, classes.element, element("p", {}, train), await others(id));
  say(hasCamera ? GETTING_READY : NO_CAMERA);
  attempt(() => post("/api/live")).then(() => says.textContent === GETTING_READY && say(""));
  return filmed.end;
}

function heading() {
  return element(
    "div",
    { class: "lesson" },
    element("h1", {}, "Record"),
    element(
      "p",
      {},
      "Hold an object in front of the camera and record pictures of it, class by class. Once two classes have two pictures each, the answer follows what the camera sees.",
    ),
  );
}

/**
 * Return links to the other recordings.
 *
 * @param {string} id
 */
async function others(id) {
  /** @type {{data: import("convscope/studio/answers.js").OpenData[]}} */
  const { data } = await get("/api/data");
  const links = data
    .filter((one) => one.origin === "collected" && one.id !== id)
    .map((one) => element("a", { href: addressOf("record", [one.id]) }, one.name));
  if (id) links.push(element("a", { href: addressOf("record") }, "a new recording"));
  return links.length ? element("p", { class: "quiet choices" }, "Continue with", links) : "";
}
