/** What is cancelled here and still to be cancelled in the marketplace. */

import { orderPage } from "../api.js";
import { announce, h, plural } from "../dom.js";
import { mark } from "../marking.js";
import { time } from "../times.js";
import { empty, orderLink, table } from "../views.js";
import { marketplaceName, reasonName } from "../words.js";

/** @import { MarketplaceCancellation, Order, View } from "../types.js" */

const ENOUGH = 200; // orders to show before a person asks for more
const REQUESTS = 20; // that are made without being asked

/** @type {[MarketplaceCancellation, string][]} */
const TABS = [
  ["to_do", "To do"],
  ["done", "Done"],
  ["not_needed", "Not needed"],
];
/** @type {Record<MarketplaceCancellation, string>} */
const NOTHING = {
  to_do: "Nothing to do in any marketplace.",
  done: "No order was marked as done.",
  not_needed: "No order was marked as not needed.",
};
/** @type {Record<MarketplaceCancellation, [MarketplaceCancellation, string][]>} */
const CHOICES = {
  to_do: [
    ["done", "Done"],
    ["not_needed", "Not needed"],
  ],
  done: [["to_do", "Undo"]],
  not_needed: [["to_do", "Undo"]],
};

/** @param {View} view */
export async function open(view) {
  const state = TABS.find(([name]) => name === view.query.get("state"))?.[0] ?? "to_do";
  /** @type {Order[]} */
  const orders = [];
  // The service looks through the seller's orders a part at a time; a part may have none for this list.
  const looked = { parts: 0, all: false, busy: false };
  /** @type {string | null} */
  let cursor = null;

  const draw = () => {
    const shown = orders.filter((order) => order.marketplace_cancellation === state);
    view.show(
      "To do",
      h("h1", null, "To do in the marketplace"),
      h(
        "p",
        { class: "lead" },
        "These orders are cancelled here, and the marketplace does not know. Cancel them there, then mark them here.",
      ),
      h(
        "nav",
        { class: "tabs", "aria-label": "State in the marketplace" },
        TABS.map(([name, text]) =>
          h(
            "a",
            { href: name === "to_do" ? "#/to-do" : `#/to-do?state=${name}`, "aria-current": name === state && "page" },
            text,
          ),
        ),
      ),
      shown.length > 0 && h("div", { class: "card list" }, orderTable(shown, state, view, draw)),
      standing(shown.length),
    );
  };

  /** @param {number} count */
  const standing = (count) => {
    if (looked.all) {
      if (!count) return h("div", { class: "card list" }, empty(NOTHING[state]));
      return h("p", { class: "hint" }, `${plural(count, "order")}. That is all.`);
    }
    const found = count ? `${plural(count, "order")} so far` : "None so far";
    const far = `${plural(looked.parts, "part")} of your orders looked through, and there are more.`;
    return h(
      "section",
      { class: "card", "aria-label": "How far we have looked" },
      h("p", null, h("strong", null, `${found}. `), far),
      looked.busy
        ? h("p", { class: "loading" }, "Looking further…")
        : h(
            "div",
            { class: "buttons start space" },
            h(
              "button",
              { type: "button", id: "further", class: "plain", onclick: () => view.run(look) },
              "Look further",
            ),
          ),
    );
  };

  /** Looks on until there is enough to show, or for a bounded number of requests. */
  const look = async () => {
    const before = orders.length;
    looked.busy = true;
    if (looked.parts) draw();
    try {
      for (let asked = 0; asked < REQUESTS && !looked.all && orders.length - before < ENOUGH; asked++) {
        const page = await orderPage({ marketplace_cancellation: state }, cursor, view.signal);
        orders.push(...page.orders);
        cursor = page.cursor;
        looked.parts += 1;
        looked.all = cursor === null;
        if (!looked.all) draw();
      }
    } finally {
      looked.busy = false;
    }
    draw();
    announce(looked.all ? "All orders were looked through." : "There may be more.");
  };
  await look();
}

/**
 * @param {Order[]} orders
 * @param {MarketplaceCancellation} state
 * @param {View} view
 * @param {() => void} draw
 */
function orderTable(orders, state, view, draw) {
  /**
   * @param {Order} order
   * @param {MarketplaceCancellation} next
   * @param {string} text
   */
  const to = (order, next, text) =>
    h(
      "button",
      {
        type: "button",
        class: "plain small",
        "aria-label": `${text}: order ${order.order_id}`,
        onclick: () =>
          view.run(async () => {
            await mark(order, next);
            draw();
            announce(`Order ${order.order_id} was moved.`);
          }),
      },
      text,
    );
  return table(
    "Cancelled orders",
    [
      { title: "In the marketplace", class: "first" },
      { title: "Order" },
      { title: "Cancelled" },
      { title: "Reason" },
      { title: "Mark as", class: "actions", unseen: true },
    ],
    orders.map((order) => [
      h(
        "span",
        null,
        marketplaceName(order.marketplace),
        " ",
        h("strong", { class: "id" }, order.marketplace_order_id),
      ),
      orderLink(order.order_id),
      order.cancellation ? time(order.cancellation.cancelled_at) : "",
      order.cancellation ? reasonName(order.cancellation.reason) : "",
      h(
        "div",
        { class: "buttons" },
        CHOICES[state].map(([next, text]) => to(order, next, text)),
      ),
    ]),
  );
}
