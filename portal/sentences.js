/**
 * What the service says about one order, in sentences with the seller's own times. They are made from its data (code,
 * centers, moments), never from its prose; of a code that is not known here, its own sentence is shown.
 */

import { clock, spoken } from "./times.js";
import { marketplaceName, reasonName } from "./words.js";

/** @import { Because, Cancellation, Order, Packed, Problem } from "./types.js" */

/** @type {Record<string, string>} */
const ENDS = {
  order_picked_packed: ".",
  order_shipped: ", and it has been shipped.",
  order_delivered: ", and it has been delivered.",
};

/**
 * "LAX1 picked and packed it on Nov 23, 6:01 AM PST.", or null where the data does not say.
 * @param {{code: string, packed?: Packed[]}} because
 */
function whatWon({ code, packed }) {
  const first = packed?.[0];
  const end = Object.hasOwn(ENDS, code) && ENDS[code];
  return first && end ? `${first.fc_id} picked and packed it on ${spoken(first.at)}${end}` : null;
}

/**
 * Why an order was not, or cannot be, cancelled.
 * @param {string} orderId
 * @param {Because | Problem} because
 * @param {Cancellation} [cancellation] of the order, if it is cancelled
 */
export function whyNot(orderId, because, cancellation) {
  if (because.code === "order_cancelled" && cancellation) return cancelledBefore(orderId, cancellation);
  const won = whatWon(because);
  return won ? `Order ${orderId} can no longer be cancelled: fulfillment center ${won}` : because.detail;
}

/**
 * That an order is cancelled already, and how that came about.
 * @param {string} orderId
 * @param {Cancellation} cancellation
 */
export const cancelledBefore = (orderId, cancellation) => `Order ${orderId} was cancelled${how(cancellation)}`;

/** @param {Cancellation} cancellation */
function how({ kind, reason, cancelled_at: at, actor }) {
  if (kind === "auto") return ` automatically on ${spoken(at)}: ${reasonName(reason).toLowerCase()}.`;
  return `${actor?.name ? ` by ${actor.name}` : ""} on ${spoken(at)}.`;
}

/**
 * The first thing to say of an order: whether it can be cancelled, and as of when, or why not.
 * @param {Order} order
 * @param {number} readAt when the service said so
 * @returns {{look: "ok" | "bad" | "done", verdict: string, detail: string}}
 */
export function verdict(order, readAt) {
  const { cancellation, not_cancellable_because: because } = order;
  if (cancellation) {
    const detail = how(cancellation).trim();
    return { look: "done", verdict: "Cancelled", detail: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}` };
  }
  if (because) {
    const detail = whatWon(because) ?? because.detail;
    return { look: "bad", verdict: "Can no longer be cancelled", detail };
  }
  return { look: "ok", verdict: "Can still be cancelled", detail: `As of ${clock(readAt)}.` };
}

/** @typedef {{order_id: string, marketplace: string, marketplace_order_id: string}} Named */

/**
 * "Shopify #403959505": an order as a person knows it.
 * @param {Named} order
 */
export const orderName = ({ marketplace, marketplace_order_id: id }) => `${marketplaceName(marketplace)} ${id}`;

/**
 * "40 Amazon, 30 Shopify, 15 Walmart"; the most first.
 * @param {Named[]} orders
 */
export function byMarketplace(orders) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { marketplace } of orders) {
    const name = marketplaceName(marketplace);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${count.toLocaleString()} ${name}`)
    .join(", ");
}
