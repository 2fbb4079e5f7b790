/** Requests to the studio's server. */

import { ask } from "convscope/kit/request.js";

const GONE = {
  detail: "the studio does not answer",
  remedy: "start convscope studio again; training continues without it",
};

/** @param {string} address */
export function get(address) {
  return ask(address, {}, GONE);
}

/**
 * Send a request that changes something. The body is sent as JSON, forms and files as they are.
 *
 * @param {string} address
 * @param {unknown} [body]
 * @param {string} [method]
 */
export function post(address, body = {}, method = "POST") {
  const raw = body instanceof FormData || body instanceof Blob;
  const headers = { "X-Convscope": "1", ...(raw ? {} : { "Content-Type": "application/json" }) };
  return ask(address, { method, headers, body: raw ? body : JSON.stringify(body) }, GONE);
}
