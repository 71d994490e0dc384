/**
 * Orders by what a person types or pastes: our id or the marketplace's, one or many, however it was copied. The service
 * knows an id only as it is written; what it may have been is tried here.
 */

import { get, orderRoute, Refused } from "./api.js";

/** @import { Order, OrderPage } from "./types.js" */

export const MOST_IDS = 200; // of one paste
const LONGEST = 128;
const ORDER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const UNSEEN = /[\p{Cf}\p{Cc}]/gu;
const QUOTES = /^["'“”„‘’`]+|["'“”‘’`]+$/g;
const LABEL = /^order(?:\s+(?:no\.?|number|nr\.?|id))?\s*[:\s]\s*(?=\S)/i;

/** @param {string} text */
const tidy = (text) => text.replace(UNSEEN, "").replace(/\s+/g, " ").trim().replace(QUOTES, "").trim();

/**
 * The ids in a text: one on each line, or between commas, semicolons and tabs. Each once.
 * @param {string} text
 */
export function idsIn(text) {
  const parts = text.split(/[\n\r\t,;]+/).map((part) => tidy(part).replace(LABEL, ""));
  return [...new Set(parts.filter((part) => part !== "" && part.length <= LONGEST))];
}

/**
 * What a text with blanks in it may be besides one id: several, each with a digit. Else none.
 * @param {string} text
 */
export function idsBetweenBlanks(text) {
  const parts = tidy(text).split(" ");
  return parts.length > 1 && parts.every((part) => /\d/.test(part)) ? idsIn(parts.join("\n")) : [];
}

/**
 * How an id may be written where it is known: as it is first, then without blanks, with or without "#", in capitals and
 * in small letters.
 * @param {string} text
 */
export function spellings(text) {
  const id = idsIn(text)[0] ?? "";
  const bare = id.replace(/\s/g, "").replace(/^#+/, "");
  if (!bare) return [];
  const all = [id, bare, `#${bare}`, id.replace(/^#\s*/, "")];
  return [...new Set(all.flatMap((spelling) => [spelling, spelling.toUpperCase(), spelling.toLowerCase()]))];
}

/**
 * The orders of an id: ours of that name, and those that fulfill the marketplace's order of that name. Asked as it is
 * written first; the other spellings cost requests only where that finds nothing.
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<Order[]>}
 */
export async function find(text, signal) {
  const [exact, ...others] = spellings(text);
  if (exact === undefined) return [];
  const found = await ask([exact], signal);
  return found.length ? found : ask(others, signal);
}

/**
 * @param {string[]} ids
 * @param {AbortSignal} signal
 * @returns {Promise<Order[]>}
 */
async function ask(ids, signal) {
  const ours = ids.filter((id) => ORDER_ID.test(id)).map((id) => get(orderRoute(id), {}, signal).catch(none));
  /** @param {OrderPage} page */
  const ordersOf = ({ orders }) => orders;
  const theirs = ids.map((id) =>
    get("/orders", { marketplace_order_id: id, limit: 100 }, signal).then(ordersOf).catch(none),
  );
  const found = (await Promise.all([...ours, ...theirs])).flat();
  return [...new Map(found.map((order) => [order.order_id, order])).values()];
}

/**
 * What cannot be an id is none of an order's.
 * @param {unknown} error
 */
const none = (error) => {
  if (error instanceof Refused && [400, 404].includes(error.status)) return [];
  throw error;
};
