/**
 * Read a walk document. The arrays of deep networks are large, so each step is unpacked when it is first
 * shown; until then, the preview in the document is drawn.
 *
 * @typedef {import("convscope/walk/chain.js").Chain} Chain
 * @typedef {import("convscope/walk/chain.js").Step} Step
 * @typedef {import("convscope/walk/view.js").Kind} Kind
 */

import { tensor, unpackAll } from "convscope/kit/arrays.js";
import { limitOf } from "convscope/kit/colours.js";

/**
 * Steps that have not been unpacked yet.
 *
 * @type {WeakMap<Step, {raw: any, kind: Kind, reading: Promise<void> | null}>}
 */
const PENDING = new WeakMap();

/**
 * Read a walk document.
 *
 * @param {any} walk  as described in docs/reference/walk.md
 * @param {Record<string, Kind>} kinds
 * @returns {Promise<Chain>}
 */
export async function read(walk, kinds) {
  const { steps: raws, ...others } = walk;
  /** @type {Map<string, Step>} */
  const steps = new Map();
  for (const raw of raws) {
    const sources = raw.inputs.map((/** @type {string} */ name) => steps.get(name)); // inputs come earlier
    steps.set(raw.name, await outline(raw, sources, kinds[raw.kind]));
  }
  const all = [...steps.values()];
  await Promise.all(all.filter(({ preview }) => !preview).map(load));
  return { ...(await unpackAll(others)), steps: all };
}

/**
 * Whether everything that a step's view draws has been unpacked.
 *
 * @param {Step} step
 */
export function isReady(step) {
  return [step, ...step.sources].every((one) => !PENDING.has(one));
}

/**
 * Unpack what a step's view draws: the step and its inputs.
 *
 * @param {Step} step
 */
export async function makeReady(step) {
  await Promise.all([step, ...step.sources].map(load));
}

/**
 * @param {Step} step
 * @returns {Promise<void>}
 */
async function load(step) {
  const waiting = PENDING.get(step);
  if (waiting) await (waiting.reading ??= fill(step, waiting.raw, waiting.kind));
}

/**
 * Return a step without its arrays.
 *
 * @param {any} raw
 * @param {Step[]} sources
 * @param {Kind} kind
 * @returns {Promise<Step>}
 */
async function outline(raw, sources, kind) {
  const number = /_(\d+)$/.exec(raw.name)?.[1];
  const step = {
    ...raw,
    preview: await unpackAll(raw.preview ?? null),
    title: kind.title?.(raw) ?? raw.name.replaceAll("_", " "),
    short: number ? `${kind.short} ${number}` : kind.short,
    unit: kind.unit ?? "neuron",
    map_names: kind.mapNames?.(raw, sources) ?? null,
    sources,
  };
  PENDING.set(step, { raw, kind, reading: null });
  return step;
}

/**
 * @param {Step} step
 * @param {any} raw
 * @param {Kind} kind
 */
async function fill(step, raw, kind) {
  if (kind.output) await Promise.all(step.sources.map(load));
  const { preview, ...read } = await unpackAll({ ...raw, preview: null });
  const output = kind.output?.(read, step.sources) ?? tensor(read.output);
  const limit = kind.limit?.(step.sources, output) ?? limitOf(output.data);
  Object.assign(step, read, { output, shape: output.shape, limit });
  PENDING.delete(step);
}
