/**
 * Asking the studio's server. What is no success is thrown as the problem that it tells of.
 *
 * @typedef {{title: string, status: number, detail?: string, why?: string, remedy?: string}} Problem
 */

import { element } from "convscope/kit/dom.js";

/** A request that was not answered as asked. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/**
 * @param {string} address
 * @param {RequestInit} [request]
 */
export async function get(address, request = {}) {
  const response = await fetch(address, request).catch(hasEnded);
  if (response.status === 204) return null;
  const content = await response.json().catch(hasEnded); // an answer may be cut off, too
  if (!response.ok) throw new Refusal(content);
  return content;
}

/** @returns {never} */
function hasEnded() {
  throw new Refusal({
    title: "",
    status: 0,
    detail: "the studio does not answer",
    remedy: "start convscope studio again; training goes on without it",
  });
}

/**
 * Change something: JSON, or a form or a file as it is.
 *
 * @param {string} address
 * @param {unknown} [body]
 * @param {string} [method]
 */
export function post(address, body = {}, method = "POST") {
  const raw = body instanceof FormData || body instanceof Blob;
  const headers = { "X-Convscope": "1", ...(raw ? {} : { "Content-Type": "application/json" }) };
  return get(address, { method, headers, body: raw ? body : JSON.stringify(body) });
}

/**
 * What went wrong, as a person reads it: what, why, and what to do.
 *
 * @param {unknown} error
 */
export function told(error) {
  if (!(error instanceof Refusal)) throw error;
  const { detail, title, why, remedy } = error.problem;
  return element(
    "div",
    { class: "problem", role: "alert" },
    element("p", { class: "what" }, detail ?? title),
    why ? element("p", { class: "quiet" }, `why: ${why}`) : null,
    remedy ? element("p", { class: "quiet" }, `try: ${remedy}`) : null,
  );
}

/**
 * What went wrong with something that ran on by itself: what, and below it why and what to do.
 *
 * @param {string} text  a line each
 */
export function failed(text) {
  const [what, ...rest] = text.split("\n").map((line) => line.trim());
  return element(
    "div",
    { class: "problem", role: "alert" },
    element("p", { class: "what" }, what),
    rest.map((line) => element("p", { class: "quiet" }, line)),
  );
}
