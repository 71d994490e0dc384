/**
 * Cancels that were asked for and not yet answered.
 *
 * The ask is written down, with its Idempotency-Key, before it is sent; it is crossed out when a definite answer is
 * here. Whatever happens in between (a lost answer, a reload, a closed laptop, an expired session), asking again with
 * the same key gets the first answer and does nothing twice.
 */

import { call, NoAnswer, orderRoute, Refused, SignedOut } from "./api.js";
import { who } from "./session.js";

// What was asked longer ago is not carried out behind a person's back: the order's page asks him again.
const FRESH = 10 * 60_000;
const PAUSES = [1, 2, 4, 8, 15];

const running = new Map();

/** The ask for an order that has no answer yet: {key, reason, note, asked_at}, or null. */
export function pendingAsk(orderId) {
  try {
    return JSON.parse(localStorage.getItem(place(orderId)));
  } catch {
    return null;
  }
}

export const isFresh = (ask) => Date.now() - ask.asked_at < FRESH;

/** The ids of all orders with an ask that has no answer yet. */
export function pendingOrders() {
  const prefix = place("");
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

export function writeDown(orderId, key, { reason, note }) {
  localStorage.setItem(place(orderId), JSON.stringify({ key, reason, note, asked_at: Date.now() }));
}

export function crossOut(orderId) {
  localStorage.removeItem(place(orderId));
}

/** Asks to cancel an order. While an earlier ask for the order has no answer, it is that one which is asked again. */
export function cancel(orderId, wish) {
  if (!pendingAsk(orderId)) writeDown(orderId, crypto.randomUUID(), wish);
  return resume(orderId);
}

/**
 * Goes on with the ask of an order until there is a definite answer.
 *
 * Returns {answer, unknown, watch}: `answer` resolves to {outcome, body} with the outcomes of the API or "refused", and
 * rejects with SignedOut, the ask being kept; `watch(f)` calls f whenever `unknown` changes.
 */
export function resume(orderId) {
  const there = running.get(orderId);
  if (there) return there;
  const watchers = new Set();
  const attempt = {
    unknown: false,
    watch: (watcher) => watchers.add(watcher),
    again: () => {},
  };
  attempt.answer = settle(orderId, attempt, () => watchers.forEach((watcher) => watcher())).finally(() =>
    running.delete(orderId),
  );
  running.set(orderId, attempt);
  attempt.answer.then(
    (result) => dispatchEvent(new CustomEvent("cancel-settled", { detail: { orderId, ...result } })),
    () => {}, // signed out: the ask is kept, and whoever waits for the answer is told
  );
  return attempt;
}

async function settle(orderId, attempt, changed) {
  const { key, reason, note } = pendingAsk(orderId);
  for (let tries = 0; ; tries++) {
    try {
      const body = await call("POST", orderRoute(orderId, "/cancel"), { key, body: wishBody({ reason, note }) });
      crossOut(orderId);
      return { outcome: body.outcome, body };
    } catch (error) {
      if (error instanceof SignedOut) throw error;
      if (error instanceof Refused) {
        crossOut(orderId);
        return { outcome: "refused", body: error.problem };
      }
      attempt.unknown = true;
      changed();
      await pause(tries, error, attempt);
    }
  }
}

export function wishBody({ reason, note }) {
  return note ? { reason, note } : { reason };
}

/** Waits before asking again: longer each time, shorter when the network is back or a person is impatient. */
export function pause(tries, error, attempt = {}) {
  const seconds = Math.max(
    PAUSES[Math.min(tries, PAUSES.length - 1)],
    error instanceof NoAnswer ? error.retryAfter : 0,
  );
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

// A person who signs in as another seller on the same computer does not find the asks of the first.
const place = (orderId) => `cancel/${who()?.seller_id}/${orderId}`;
