/** What a seller says of a cancelled order: still to be cancelled in the marketplace, done, or not needed. */

import { call, orderRoute } from "./api.js";

/** Notes it at the service, and in the order at hand. */
export async function mark(order, state) {
  const body = await call("PUT", orderRoute(order.order_id, "/marketplace-cancellation"), { body: { state } });
  order.marketplace_cancellation = body.marketplace_cancellation;
}
