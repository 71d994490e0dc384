/**
 * What the service says about one order, in sentences with the seller's own times. They are made from its data (code,
 * centers, moments), never from its prose; of a code that is not known here, its own sentence is shown.
 */

import { clock, spoken } from "./times.js";
import { marketplaceName, reasonName } from "./words.js";

/** @import { Because, Cancellation, Order, Problem } from "./types.js" */

/** @type {Record<string, string>} */
const ENDS = {
  order_picked_packed: ".",
  order_shipped: ", and it has been shipped.",
  order_delivered: ", and it has been delivered.",
};

/**
 * "LAX1", "LAX1 and EWR2", "LAX1, EWR2 and ONT8"
 * @param {string[]} names
 */
const listed = (names) => [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" and ");

/**
 * "EWR2’s part", "EWR2’s and ONT8’s parts"
 * @param {string[]} fcIds
 */
export const partsOf = (fcIds) => `${listed(fcIds.map((fcId) => `${fcId}’s`))} part${fcIds.length === 1 ? "" : "s"}`;

/**
 * "LAX1 picked and packed it on Nov 23, 6:01 AM PST.", or null where the data does not say. Of a split order it is said
 * of the part: another one may be anywhere.
 * @param {Because | Problem} because
 */
function whatWon({ code, packed = [], still_cancellable: left = [] }, split = left.length + packed.length > 1) {
  const end = Object.hasOwn(ENDS, code) && ENDS[code];
  if (!packed.length || !end) return null;
  if (!split)
    return packed.slice(0, 1).map(({ fc_id, at }) => `${fc_id} picked and packed it on ${spoken(at)}${end}`)[0];
  return `${listed(packed.map(({ fc_id, at }) => `${fc_id} picked and packed its part on ${spoken(at)}`))}.`;
}

/** @param {string[]} left those of whose parts something can still be done */
const canStill = (left) => (left.length ? ` ${partsOf(left)} can still be cancelled.` : "");

/**
 * Why an order was not, or cannot be, cancelled.
 * @param {string} orderId
 * @param {Because | Problem} because
 * @param {Cancellation} [cancellation] of the order, if it is cancelled
 */
export function whyNot(orderId, because, cancellation) {
  if (because.code === "order_cancelled" && cancellation) return cancelledBefore(orderId, cancellation);
  const won = whatWon(because);
  const left = because.still_cancellable ?? [];
  if (!won) return because.detail;
  const whole = left.length ? " as a whole" : "";
  return `Order ${orderId} can no longer be cancelled${whole}: fulfillment center ${won}${canStill(left)}`;
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
 * @returns {{look: "ok" | "part" | "bad" | "done", verdict: string, detail: string}}
 */
export function verdict(order, readAt) {
  const { cancellation, not_cancellable_because: because } = order;
  if (cancellation) {
    const detail = how(cancellation).trim();
    return { look: "done", verdict: "Cancelled", detail: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}` };
  }
  const ended = order.fulfillment_centers.filter((center) => center.cancellation).map(({ fc_id }) => fc_id);
  const gone = ended.length ? ` ${partsOf(ended)} ${ended.length === 1 ? "is" : "are"} cancelled.` : "";
  const asOf = `As of ${clock(readAt)}`;
  if (because) {
    const left = because.still_cancellable ?? [];
    const won = whatWon(because, order.fulfillment_centers.length > 1) ?? because.detail;
    if (!left.length) return { look: "bad", verdict: "Can no longer be cancelled", detail: `${won}${gone}` };
    return {
      look: "part",
      verdict: "Can be cancelled in part",
      detail: `${asOf}, ${partsOf(left)} can still be cancelled. ${won}${gone}`,
    };
  }
  const said = ended.length ? "The rest can still be cancelled" : "Can still be cancelled";
  return { look: "ok", verdict: said, detail: `${asOf}.${gone}` };
}

/**
 * What a cancel left cancelled, in short.
 * @param {string} orderId
 * @param {string[]} [fcIds] whose parts
 */
export const isCancelledNow = (orderId, fcIds) =>
  fcIds
    ? `${partsOf(fcIds)} of order ${orderId} ${fcIds.length === 1 ? "is" : "are"} cancelled.`
    : `Order ${orderId} is cancelled.`;

/**
 * What is to be done in the marketplace about an order of which something is cancelled here.
 * @param {Order} order
 */
export function toDoInMarketplace({ marketplace, marketplace_order_id: id, partially_cancelled: inPart }) {
  return `${inPart ? "correct the quantity of" : "cancel"} ${id} in ${marketplaceName(marketplace)}`;
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
