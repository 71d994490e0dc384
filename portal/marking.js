/** What a seller says about cancelling an order in the marketplace: still to do, done, or not needed. */

import { call, orderRoute } from "./api.js";
import { emit } from "./events.js";

/** @import { Compared, MarketplaceCancellation, Order } from "./types.js" */

/**
 * Notes it at the service, and in the order at hand.
 * @param {Order | Compared} order
 * @param {MarketplaceCancellation} state
 */
export async function mark(order, state) {
  const before = order.marketplace_cancellation;
  const route = orderRoute(order.order_id, "/marketplace-cancellation");
  /** @type {{marketplace_cancellation: MarketplaceCancellation}} */
  const body = await call("PUT", route, { body: { state } });
  order.marketplace_cancellation = body.marketplace_cancellation;
  const by = Number(body.marketplace_cancellation === "to_do") - Number(before === "to_do");
  emit("marked", { by });
}
