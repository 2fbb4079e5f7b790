/**
 * The page of the loss bench: why networks learn from cross-entropy.
 *
 * @typedef {"cross_entropy" | "mean_squared_error"} Loss
 * @typedef {{name: string, pictures: {probabilities: number[], truth: number}[]}} Network
 * @typedef {{loss: Loss, start: "normal" | "confidently_wrong", steps: number[], accuracy_fraction: number[],
 *   gradient: number[]}} Run
 * @typedef {{data: string, network: string, seed: number, epochs: number, batch: number, learning_rate: number,
 *   wrong_bias: number, pictures_learned: number, pictures_judged: number, seconds: number, runs: Run[]}} Experiment
 * @typedef {{table: {classes: string[], networks: Network[]}, experiment: Experiment}} Bench  as in
 *   docs/reference/losses.md
 */

import { addressOf, element } from "convscope/kit/dom.js";
import { pageTop } from "convscope/kit/page_top.js";
import { format, parse } from "convscope/kit/state.js";
import { themeOf } from "convscope/kit/theme.js";
import { experiment } from "convscope/losses/experiment.js";
import { networkTable } from "convscope/losses/table.js";
import { surelyWrong } from "convscope/losses/wrong.js";

const SURELY_WRONG = -13.8; // p of about one in a million

/**
 * @param {Bench} bench
 * @param {HTMLElement} root
 */
export function open(bench, root) {
  const render = () => draw(bench, root);
  addEventListener("hashchange", render);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
  render();
}

/**
 * @param {Bench} bench
 * @param {HTMLElement} root
 */
function draw(bench, root) {
  const state = parse(location.hash);
  const theme = themeOf(state);
  document.documentElement.dataset.theme = theme;
  const remember = (/** @type {string} */ name, /** @type {string} */ value) => {
    const now = parse(location.hash);
    history.replaceState(null, "", addressOf(format({ ...now, options: { ...now.options, [name]: value } })));
  };
  root.replaceChildren(
    pageTop([element("span", {}, "the loss bench")], state, theme),
    element(
      "main",
      { class: "below" },
      tableView(bench.table, state.options, remember),
      experiment(bench.experiment),
    ),
  );
}

/**
 * What needs no training: the two networks, and the surely wrong answer.
 *
 * @param {Bench["table"]} table
 * @param {Record<string, string>} options  what was dragged before
 * @param {(name: string, value: string) => void} remember  keeps an option
 */
export function tableView({ classes, networks }, options, remember) {
  return [
    element(
      "header",
      { class: "lesson" },
      element("h1", {}, "Why cross-entropy?"),
      element(
        "p",
        {},
        "Three ways to say how wrong an answer is. One of them counts mistakes, one measures distances, and one is what networks learn from.",
      ),
      element(
        "p",
        {},
        element("strong", {}, "Try: "),
        "make the wrong answers surer, and watch which loss and which gradient notice.",
      ),
    ),
    element(
      "section",
      {},
      element("h2", {}, "Two networks, three pictures"),
      networks.map((network, place) => {
        const firsts = read(options[`p${place}`], network);
        return networkTable(network, classes, firsts, (values) =>
          remember(`p${place}`, values.map((one) => one.toFixed(2)).join(" ")),
        );
      }),
      element(
        "p",
        { class: "quiet" },
        "Gradients are those at the true class's logit. Classification error has none: it stays the same while probabilities move, and then jumps.",
      ),
    ),
    surelyWrong(Number(options.difference ?? SURELY_WRONG) || 0, (difference) =>
      remember("difference", String(difference)),
    ),
  ];
}

/**
 * The probabilities of the first class that the address holds, or else the network's own.
 *
 * @param {string | undefined} text
 * @param {Network} network
 */
function read(text, network) {
  const asked = (text ?? "").split(" ").map(Number);
  const fits = asked.length === network.pictures.length && asked.every((p) => p > 0 && p < 1);
  return fits ? asked : network.pictures.map(({ probabilities }) => probabilities[0]);
}
