/**
 * What the service says about one order, in sentences with the reader's own times. They are made from its data (code,
 * centers, moments), never from its prose; of a code that is not known here, its own sentence is shown.
 */

import { time } from "./times.js";
import { reasonName } from "./words.js";

/** @import { Because, Cancellation, Child, Problem } from "./types.js" */

/** @type {Record<string, string>} */
const ENDS = {
  order_picked_packed: ".",
  order_shipped: ", and it has been shipped.",
  order_delivered: ", and it has been delivered.",
};

/**
 * Why an order was not, or cannot be, cancelled.
 * @param {string} orderId
 * @param {Because | Problem} because
 * @param {Cancellation} [cancellation] of the order, if it is cancelled
 * @returns {Child[]}
 */
export function whyNot(orderId, because, cancellation) {
  if (because.code === "order_cancelled" && cancellation) return cancelledBefore(orderId, cancellation);
  const first = because.packed?.[0];
  const end = Object.hasOwn(ENDS, because.code) && ENDS[because.code];
  if (!first || !end) return [because.detail];
  const who = `fulfillment center ${first.fc_id}`;
  return [`Order ${orderId} can no longer be cancelled: ${who} picked and packed it on `, time(first.at), end];
}

/**
 * That an order is cancelled already, and how that came about.
 * @param {string} orderId
 * @param {Cancellation} cancellation
 * @returns {Child[]}
 */
export function cancelledBefore(orderId, { kind, reason, cancelled_at: at, actor }) {
  const by = actor?.name ? ` by ${actor.name}` : "";
  if (kind === "seller") return [`Order ${orderId} was cancelled${by} on `, time(at), "."];
  return [`Order ${orderId} was cancelled automatically on `, time(at), `: ${reasonName(reason).toLowerCase()}.`];
}
