/** What a seller says about orders in their marketplaces: still to do, done, or not needed. */

import { call, orderRoute } from "./api.js";
import { plural, toast } from "./dom.js";
import { emit } from "./events.js";

/** @import { Compared, MarketplaceCancellation, MarkResult, Order } from "./types.js" */

const AT_ONCE = 100; // of one request

/** @type {Record<MarketplaceCancellation, string>} */
const MARKED = { to_do: "put back on the to-do list", done: "marked as done", not_needed: "marked as not needed" };

/**
 * Notes it at the service, and in the order at hand.
 * @param {Order | Compared} order
 * @param {MarketplaceCancellation} state
 */
export async function mark(order, state) {
  const route = orderRoute(order.order_id, "/marketplace-cancellation");
  /** @type {{marketplace_cancellation: MarketplaceCancellation}} */
  const body = await call("PUT", route, { body: { state } });
  note(order, body.marketplace_cancellation);
}

/**
 * The same about many orders, in few requests; says how it went, and takes it back where that is asked for.
 * @param {(Order | Compared)[]} orders
 * @param {MarketplaceCancellation} state
 * @param {() => void} drawn draws what is noted in the orders
 * @param {(work: () => Promise<void>) => unknown} run does what may fail, and says so
 */
export async function markAll(orders, state, drawn, run) {
  const before = new Map(orders.map((order) => [order, order.marketplace_cancellation ?? "to_do"]));
  /** @type {(Order | Compared)[]} */
  const marked = [];
  let refused = 0;
  try {
    for (let from = 0; from < orders.length; from += AT_ONCE) {
      const some = orders.slice(from, from + AT_ONCE);
      const body = { orders: some.map(({ order_id }) => ({ order_id, state })) };
      /** @type {{results: MarkResult[]}} */
      const { results } = await call("POST", "/marketplace-cancellations", { body });
      const by = new Map(results.map((result) => [result.order_id, result]));
      for (const order of some) {
        const result = by.get(order.order_id);
        if (result?.outcome !== "recorded") refused += 1;
        else {
          note(order, result.marketplace_cancellation);
          marked.push(order);
        }
      }
    }
  } finally {
    drawn();
  }
  if (refused) toast(`${plural(refused, "order")} could not be marked. Try again.`, "bad");
  if (!marked.length) return;
  const back = async () => {
    for (const earlier of /** @type {MarketplaceCancellation[]} */ (["to_do", "done", "not_needed"])) {
      const some = marked.filter((order) => before.get(order) === earlier);
      if (some.length) await markAll(some, earlier, drawn, run);
    }
  };
  toast(`${plural(marked.length, "order")} ${MARKED[state]}.`, "ok", null, {
    text: "Undo",
    act: () => run(back),
  });
}

/**
 * @param {Order | Compared} order
 * @param {MarketplaceCancellation} now
 */
function note(order, now) {
  const by = Number(now === "to_do") - Number(order.marketplace_cancellation === "to_do");
  order.marketplace_cancellation = now;
  emit("marked", { by });
}
