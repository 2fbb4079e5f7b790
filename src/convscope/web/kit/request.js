/** Asking the server that a page came from. */

import { Refusal } from "convscope/kit/problem.js";

/**
 * @param {string} address
 * @param {RequestInit} request
 * @param {{detail: string, remedy: string}} gone  what to say where nothing answers
 * @returns {Promise<any>}  null where there is no content; a refusal is thrown
 */
export async function ask(address, request, gone) {
  const hasEnded = () => {
    throw new Refusal({ title: "", status: 0, ...gone });
  };
  const response = await fetch(address, request).catch(hasEnded);
  if (response.status === 204) return null;
  const content = await response.json().catch(hasEnded); // an answer may be cut off, too
  if (!response.ok) throw new Refusal(content);
  return content;
}
