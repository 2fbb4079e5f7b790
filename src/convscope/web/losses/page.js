/**
 * The page about losses: why networks are trained with cross-entropy.
 *
 * @typedef {"cross_entropy" | "squared_error"} Loss
 * @typedef {{name: string, pictures: {probabilities: number[], truth: number}[]}} Network
 * @typedef {{loss: Loss, start: "normal" | "confidently_wrong", steps: number[], accuracy_fraction: number[],
 *   gradient: number[]}} Run
 * @typedef {{data: string, network: string, seed: number, epochs: number, batch: number, learning_rate: number,
 *   wrong_bias: number, training_pictures: number, test_pictures: number, seconds: number, runs: Run[]}} Experiment
 * @typedef {{table: {classes: string[], networks: Network[]}, experiment: Experiment}} Bench  as in
 *   docs/reference/losses.md
 */

import { element } from "convscope/kit/dom.js";
import { pageTop } from "convscope/kit/page_top.js";
import { parse, remember } from "convscope/kit/address.js";
import { redraw } from "convscope/kit/redraw.js";
import { followTheme } from "convscope/kit/theme.js";
import { experiment } from "convscope/losses/experiment.js";
import { networkTable } from "convscope/losses/table.js";
import { confidentlyWrong } from "convscope/losses/wrong.js";

const CONFIDENTLY_WRONG = -13.8; // p is about one in a million

/**
 * @param {Bench} bench
 * @param {HTMLElement} root
 */
export function open(bench, root) {
  const render = () => draw(bench, root);
  addEventListener("hashchange", render);
  followTheme(render);
  render();
}

/**
 * @param {Bench} bench
 * @param {HTMLElement} root
 */
function draw(bench, root) {
  redraw(root, () => [
    pageTop([element("span", {}, "Losses")], () => draw(bench, root)),
    element("main", { class: "below" }, tableView(bench.table), experiment(bench.experiment)),
  ]);
}

/**
 * Draw the parts that need no training: the two networks, and the confidently wrong answer.
 *
 * @param {Bench["table"]} table
 */
export function tableView({ classes, networks }) {
  const { options } = parse(location.hash);
  return [
    element(
      "header",
      { class: "lesson" },
      element("h1", {}, "Why cross-entropy?"),
      element(
        "p",
        {},
        "Three ways to measure how wrong an answer is: classification error counts mistakes, squared error measures distances, and cross-entropy is what networks are trained with.",
      ),
      element(
        "p",
        {},
        element("strong", {}, "Try: "),
        "Make the wrong answers more confident, and watch which loss and which gradient react.",
      ),
    ),
    element(
      "section",
      {},
      element("h2", {}, "Two networks, three pictures"),
      networks.map((network, place) => {
        const firsts = read(options[`p${place}`], network);
        return networkTable(network, classes, firsts, (values) =>
          remember({ [`p${place}`]: values.map((one) => one.toFixed(2)).join(" ") }),
        );
      }),
      element(
        "p",
        { class: "quiet" },
        "Gradients are taken at the true class's logit. Classification error has none: it stays the same while the probabilities change, and then jumps.",
      ),
    ),
    confidentlyWrong(Number(options.difference ?? CONFIDENTLY_WRONG) || 0, (difference) =>
      remember({ difference: String(difference) }),
    ),
  ];
}

/**
 * Return the probabilities of the first class from the address, otherwise those of the network.
 *
 * @param {string | undefined} text
 * @param {Network} network
 */
function read(text, network) {
  const asked = (text ?? "").split(" ").map(Number);
  const fits = asked.length === network.pictures.length && asked.every((p) => p > 0 && p < 1);
  return fits ? asked : network.pictures.map(({ probabilities }) => probabilities[0]);
}
