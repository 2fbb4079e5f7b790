/**
 * The steps of a deep network in blocks, so that it can be overlooked: what one shortcut spans; else what ends with a
 * convolution without activation, with a pooling, or before a convolution that makes the maps smaller. A second depthwise
 * convolution begins a block, too, since a block has one.
 *
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {{title: string, steps: Step[]}} Block  a step by itself has its own short name as the title
 */

import { hasMaps } from "convscope/walk/chain.js";

const MANY = 20; // steps that a ribbon shows one by one

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
 * The first and the last step of each shortcut.
 *
 * @param {Step[]} steps
 */
function shortcuts(steps) {
  return steps.flatMap(({ kind, sources }, end) =>
    kind === "addition" ? [{ start: steps.indexOf(sources[1]) + 1, end }] : [],
  );
}

/**
 * Whether a new block begins with a step.
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

/** A mean of whole maps, or several of them joined. @param {Step} step */
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
