/**
 * Cancels that were asked for and not yet answered.
 *
 * The ask is written down, with its Idempotency-Key, before it is sent; it is crossed out when a definite answer is
 * here. Whatever happens in between (a lost answer, a reload, a closed laptop, an expired session), asking again with
 * the same key gets the first answer and does nothing twice.
 */

import { call, NoAnswer, orderRoute, Refused } from "./api.js";
import { emit } from "./events.js";
import { who } from "./session.js";

/** @import { Ask, Cancelled, Result, Wish } from "./types.js" */

/**
 * A cancel whose answer is not here yet. `answer` rejects with SignedOut, the ask being kept; `watch(f)` calls f
 * whenever `unknown` changes; `again()` asks at once.
 * @typedef {object} Attempt
 * @property {Promise<Result>} answer
 * @property {boolean} unknown whether a request for it had no answer
 * @property {(watcher: () => void) => void} watch
 * @property {() => void} again
 */

// What was asked longer ago is not carried out behind a person's back: the order's page asks them again.
const FRESH = 10 * 60_000;
const PAUSES = [1, 2, 4, 8, 15];

/** @type {Map<string, Attempt>} */
const running = new Map();
/** @type {Set<string>} */
const unknown = new Set();

/**
 * The ask for an order that has no answer yet.
 * @param {string} orderId
 * @returns {Ask | null}
 */
export function pendingAsk(orderId) {
  try {
    return JSON.parse(localStorage.getItem(place(orderId)) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Ask} ask */
export const isFresh = (ask) => Date.now() - ask.asked_at < FRESH;

/** The ids of all orders with an ask that has no answer yet. */
export function pendingOrders() {
  const prefix = place("");
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/** The ids of the orders of which nobody knows whether they are cancelled: an answer was lost, or not waited for. */
export const unknownOrders = () => [...unknown];

/**
 * Notes that the outcome of an order's cancel is not known.
 * @param {string} orderId
 */
export function noteUnknown(orderId) {
  if (unknown.has(orderId)) return;
  unknown.add(orderId);
  emit("cancels-unknown", null);
}

/**
 * @param {string} orderId
 * @param {string} key
 * @param {Wish} wish
 */
export function writeDown(orderId, key, { reason, note, fulfillment_centers }) {
  const ask = { key, reason, note, fulfillment_centers, asked_at: Date.now() };
  localStorage.setItem(place(orderId), JSON.stringify(ask));
}

/** @param {string} orderId */
export function crossOut(orderId) {
  localStorage.removeItem(place(orderId));
  if (unknown.delete(orderId)) emit("cancels-unknown", null);
}

/**
 * Asks to cancel an order. While an earlier ask for the order has no answer, it is that one which is asked again.
 * @param {string} orderId
 * @param {Wish} wish
 */
export function cancel(orderId, wish) {
  const ask = pendingAsk(orderId);
  if (ask) return resume(orderId, ask);
  writeDown(orderId, crypto.randomUUID(), wish);
  return resume(orderId, /** @type {Ask} */ (pendingAsk(orderId)));
}

/**
 * Goes on with the ask of an order until there is a definite answer.
 * @param {string} orderId
 * @param {Ask} ask
 * @returns {Attempt}
 */
export function resume(orderId, ask) {
  const there = running.get(orderId);
  if (there) return there;
  /** @type {Set<() => void>} */
  const watchers = new Set();
  /** @type {Attempt} */
  const attempt = {
    answer: Promise.resolve().then(() => settle(orderId, ask, attempt, watchers)),
    unknown: unknown.has(orderId),
    watch: (watcher) => watchers.add(watcher),
    again: () => {},
  };
  running.set(orderId, attempt);
  attempt.answer
    .finally(() => running.delete(orderId))
    .then(
      (result) => emit("cancel-settled", { orderId, ...result }),
      () => {}, // signed out: the ask is kept, and whoever waits for the answer is told
    );
  return attempt;
}

/**
 * @param {string} orderId
 * @param {Ask} ask
 * @param {Attempt} attempt
 * @param {Set<() => void>} watchers
 * @returns {Promise<Result>}
 */
async function settle(orderId, ask, attempt, watchers) {
  for (let tries = 0; ; tries++) {
    try {
      /** @type {Cancelled} */
      const body = await call("POST", orderRoute(orderId, "/cancel"), { key: ask.key, body: wishBody(ask) });
      crossOut(orderId);
      return { outcome: body.outcome, body };
    } catch (error) {
      if (error instanceof Refused) {
        crossOut(orderId);
        return { outcome: "refused", body: error.problem };
      }
      if (!(error instanceof NoAnswer)) throw error;
      attempt.unknown = true;
      noteUnknown(orderId);
      for (const watcher of watchers) watcher();
      await pause(tries, error, attempt);
    }
  }
}

/** @param {Wish} wish */
export function wishBody({ reason, note, fulfillment_centers }) {
  return { reason, ...(note && { note }), ...(fulfillment_centers && { fulfillment_centers }) };
}

/**
 * Waits before asking again: longer each time, shorter when the network is back or a person is impatient.
 * @param {number} tries
 * @param {NoAnswer} error
 * @param {{again?: () => void}} attempt
 * @returns {Promise<void>}
 */
export function pause(tries, error, attempt = {}) {
  const seconds = Math.max(PAUSES[tries] ?? 15, error.retryAfter);
  return new Promise((go) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      go();
    };
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
    attempt.again = end;
  });
}

/**
 * A person who signs in as another seller on the same computer does not find the asks of the first.
 * @param {string} orderId
 */
const place = (orderId) => `cancel/${who()?.seller_id}/${orderId}`;
