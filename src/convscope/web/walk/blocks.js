/**
 * Group the steps of a deep network into blocks. A block is what one shortcut spans; without shortcuts, a
 * block ends with a convolution without activation, with a pooling, or before a convolution that makes the
 * maps smaller. A second depthwise convolution also starts a new block.
 *
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {{title: string, steps: Step[]}} Block  a block of one step has the step's short name as its title
 */

import { hasMaps } from "convscope/walk/chain.js";

const MANY = 20; // most steps that are shown without blocks

/**
 * @param {Step[]} steps
 * @returns {Block[]}
 */
export function blocksOf(steps) {
  const groups = steps.length > MANY ? grouped(steps) : steps.map((step) => [step]);
  let count = 0;
  return groups.map((group) => {
    if (group.length === 1) return { title: group[0].short, steps: group };
    return { title: isMean(group[0]) ? "means" : `block ${++count}`, steps: group };
  });
}

/** @param {Step[]} steps */
function grouped(steps) {
  const spans = shortcuts(steps);
  /** @type {Step[][]} */
  const groups = [];
  steps.forEach((step, index) => {
    const within = spans.some(({ start, end }) => index > start && index <= end);
    const group = groups.at(-1);
    const begins =
      !group || isBoundary(steps, index, spans) || (isDepthwise(step) && group.some(isDepthwise));
    if (group && (within || !begins)) group.push(step);
    else groups.push([step]);
  });
  return groups;
}

/**
 * Return the first and the last step of each shortcut.
 *
 * @param {Step[]} steps
 */
function shortcuts(steps) {
  return steps.flatMap(({ kind, sources }, end) =>
    kind === "addition" ? [{ start: steps.indexOf(sources[1]) + 1, end }] : [],
  );
}

/**
 * Whether a step starts a new block.
 *
 * @param {Step[]} steps
 * @param {number} index
 * @param {{start: number, end: number}[]} spans
 */
function isBoundary(steps, index, spans) {
  const [before, step] = [steps[index - 1], steps[index]];
  if (isMean(before) && isMean(step)) return false;
  if (isAlone(before) || isAlone(step) || isMean(step)) return true;
  if (spans.some(({ start, end }) => index === start || index === end + 1)) return true;
  if (before.kind.endsWith("_pooling")) return true;
  const isActivation = step.kind === "relu" || step.kind === "relu6";
  return step.kind === "convolution"
    ? step.shape[1] !== before.shape[1] || before.kind === "convolution"
    : before.kind === "convolution" && !isActivation;
}

/** Whether a step computes the mean of whole maps, or joins such means. @param {Step} step */
function isMean(step) {
  const isPooled = step.kind.endsWith("_pooling") || step.kind === "joining";
  return isPooled && step.shape[1] * step.shape[2] === 1;
}

/** @param {Step} step */
function isDepthwise(step) {
  return step.kind === "depthwise_convolution";
}

/** @param {Step} step */
function isAlone(step) {
  return step.kind === "image" || !hasMaps(step);
}
