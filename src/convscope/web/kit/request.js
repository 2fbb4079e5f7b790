/** Requests to the server that delivered the page. */

import { Refusal } from "convscope/kit/problem.js";

/**
 * Send a request and return the JSON of its response.
 *
 * @param {string} address
 * @param {RequestInit} request
 * @param {{detail: string, remedy: string}} gone  what to report if the server does not answer
 * @returns {Promise<any>}  null if the response has no content; throws a Refusal if the request is refused
 */
export async function ask(address, request, gone) {
  const hasEnded = () => {
    throw new Refusal({ title: "", status: 0, ...gone });
  };
  const response = await fetch(address, request).catch(hasEnded);
  if (response.status === 204) return null;
  const content = await response.json().catch(hasEnded); // the response may be cut off
  if (!response.ok) throw new Refusal(content);
  return content;
}
