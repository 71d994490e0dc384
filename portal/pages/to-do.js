/** What is cancelled here and still to be done in the marketplaces: oldest first, one or many marked at once. */

import { orderPage } from "../api.js";
import { csvOf, download } from "../csv.js";
import { announce, copyText, h, plural } from "../dom.js";
import { markAll } from "../marking.js";
import { toDoInMarketplace } from "../sentences.js";
import { ticks } from "../ticks.js";
import { time } from "../times.js";
import { asOf, empty, orderLink, table } from "../views.js";
import { marketplaceName, pageInMarketplace, reasonName } from "../words.js";

/** @import { Cancellation, Child, MarketplaceCancellation, Order, View } from "../types.js" */

const MOST_REQUESTS = 5; // to the first order of a list that is filtered

/** @type {[MarketplaceCancellation, string][]} */
const TABS = [
  ["to_do", "To do"],
  ["done", "Done"],
  ["not_needed", "Not needed"],
];
/** @type {Record<MarketplaceCancellation, [title: string, text: string]>} */
const NOTHING = {
  to_do: ["Nothing to do in any marketplace.", "Orders that are cancelled here appear here, until you mark them."],
  done: ["No order was marked as done.", "What you mark as done stays here, in case you want to look it up."],
  not_needed: ["No order was marked as not needed.", "Such as one that the customer wants after all."],
};
/** @type {Record<MarketplaceCancellation, [MarketplaceCancellation, string][]>} */
const CHOICES = {
  to_do: [
    ["done", "Mark as done"],
    ["not_needed", "Not needed"],
  ],
  done: [["to_do", "Put back"]],
  not_needed: [["to_do", "Put back"]],
};

/** @param {View} view */
export async function open(view) {
  const state = TABS.find(([name]) => name === view.query.get("state"))?.[0] ?? "to_do";
  /** @type {Order[]} */
  let orders = [];
  /** @type {string | null} */
  let cursor = null;
  let readAt = Date.now();
  /** @type {Set<string>} */
  const ticked = new Set();
  const chosen = {
    has: (/** @type {string} */ orderId) => ticked.has(orderId),
    /**
     * @param {Order} order
     * @param {boolean} on
     */
    set: (order, on) => void (on ? ticked.add(order.order_id) : ticked.delete(order.order_id)),
  };

  /** @param {string | null} from */
  const read = async (from) => {
    /** @type {Order[]} */
    const found = [];
    let next = from;
    for (let asked = 0; asked < MOST_REQUESTS && !found.length; asked++) {
      const page = await orderPage({ marketplace_cancellation: state }, next, view.signal);
      found.push(...page.orders);
      next = page.cursor;
      if (next === null) break;
    }
    return { found, next };
  };
  const renew = async () => {
    const { found, next } = await read(null);
    [orders, cursor, readAt] = [found, next, Date.now()];
    draw();
  };
  const more = async () => {
    const { found, next } = await read(cursor);
    orders.push(...found);
    cursor = next;
    draw();
    announce(`${plural(orders.length, "order")} shown.`);
  };
  const shown = () => orders.filter((order) => order.marketplace_cancellation === state);
  const chosenOrders = () => shown().filter((order) => ticked.has(order.order_id));

  /**
   * @param {Order[]} some
   * @param {MarketplaceCancellation} next
   */
  const put = (some, next) =>
    view.run(() =>
      markAll(
        some,
        next,
        () => {
          for (const order of some) ticked.delete(order.order_id);
          draw();
        },
        view.run,
      ),
    );

  const bar = h("div", { class: "selection", role: "region", "aria-label": "Selected orders" });
  const drawBar = () => bar.replaceChildren(...actions(state, chosenOrders(), put));

  const draw = () => {
    const rows = shown();
    const { all } = ticks(rows, chosen, () => draw(), `all ${rows.length} orders`);
    drawBar();
    view.show(
      "To do",
      h(
        "div",
        { class: "heading" },
        h("h1", null, "To do in the marketplaces"),
        asOf(readAt, () => view.run(renew)),
      ),
      h("p", { class: "lead" }, "Cancelled here, and the marketplace does not know. Do it there, then mark it here."),
      tabs(state),
      rows.length > 0 &&
        h(
          "div",
          { class: "tools" },
          h("label", { class: "all" }, all, ` All ${plural(rows.length, "order")}${cursor ? " shown" : ""}`),
          h(
            "button",
            { type: "button", id: "csv", class: "plain small", onclick: () => download("to-do.csv", listAsCsv(rows)) },
            "CSV of the list",
          ),
        ),
      groups(rows).map(([marketplace, some]) => group(marketplace, some, chosen, drawBar)),
      !rows.length &&
        !cursor &&
        h("div", { class: "card list" }, empty(NOTHING[state][0], h("p", null, NOTHING[state][1]))),
      cursor &&
        h(
          "div",
          { class: "buttons start space" },
          h("button", { type: "button", id: "more", class: "plain", onclick: () => view.run(more) }, "Show more"),
        ),
      bar,
    );
  };
  await renew();
  view.onReturn(renew);
}

/** @param {MarketplaceCancellation} state */
const tabs = (state) =>
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
  );

/**
 * The orders of each marketplace, for whoever is there.
 * @param {Order[]} orders
 */
function groups(orders) {
  /** @type {Map<string, Order[]>} */
  const all = new Map();
  for (const order of orders) all.set(order.marketplace, [...(all.get(order.marketplace) ?? []), order]);
  return [...all].sort((a, b) => b[1].length - a[1].length);
}

/**
 * @param {string} marketplace
 * @param {Order[]} orders
 * @param {{has: (orderId: string) => boolean, set: (order: Order, on: boolean) => void}} chosen
 * @param {() => void} changed
 */
function group(marketplace, orders, chosen, changed) {
  const name = marketplaceName(marketplace);
  const { all, box } = ticks(orders, chosen, changed, `all ${orders.length} of ${name}`);
  return h(
    "section",
    { class: "card list compact" },
    h("h2", null, `${name} · ${orders.length.toLocaleString()}`),
    table(
      `Cancelled orders of ${name}`,
      [
        { title: "Select", head: all, class: "tick" },
        { title: "In the marketplace", class: "first" },
        { title: "To do" },
        { title: "Order" },
        { title: "Cancelled" },
        { title: "Reason" },
      ],
      orders.map((order) => {
        const cancellation = lastOf(order);
        return [
          box(order, `order ${order.order_id}`),
          inMarketplace(order),
          order.partially_cancelled ? h("strong", null, "Correct the quantity") : "Cancel",
          orderLink(order.order_id),
          cancellation && time(cancellation.cancelled_at),
          cancellation && reasonName(cancellation.reason),
        ];
      }),
    ),
  );
}

/**
 * The order's id, with its page in the marketplace where that is known.
 * @param {Order} order
 * @returns {Child}
 */
function inMarketplace(order) {
  const address = pageInMarketplace(order);
  const id = h("span", { class: "id" }, order.marketplace_order_id);
  return address
    ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, id, " ↗")
    : h("strong", null, id);
}

/**
 * @param {Order} order
 * @returns {Cancellation | undefined}
 */
function lastOf({ cancellation, fulfillment_centers: centers }) {
  const parts = centers.map((center) => center.cancellation).filter((each) => each !== undefined);
  return cancellation ?? parts.sort((a, b) => a.cancelled_at.localeCompare(b.cancelled_at)).at(-1);
}

/**
 * @param {MarketplaceCancellation} state
 * @param {Order[]} orders that are ticked
 * @param {(orders: Order[], next: MarketplaceCancellation) => unknown} put
 */
function actions(state, orders, put) {
  if (!orders.length) return [];
  const ids = orders.map((order) => order.marketplace_order_id).join("\n");
  const copy = () => copyText(ids, `${plural(orders.length, "id")} copied.`);
  return [
    h("p", null, h("strong", null, plural(orders.length, "order")), " selected"),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", id: "copy-ids", class: "plain", onclick: copy }, "Copy the ids"),
      CHOICES[state].map(([next, text], index) =>
        h(
          "button",
          { type: "button", id: `mark-${next}`, class: index ? "plain" : "primary", onclick: () => put(orders, next) },
          text,
        ),
      ),
    ),
  ];
}

/** @param {Order[]} orders */
function listAsCsv(orders) {
  const names = ["marketplace", "marketplace_order_id", "to_do", "order_id", "cancelled_at", "reason"];
  const rows = orders.map((order) => {
    const cancellation = lastOf(order);
    return [
      marketplaceName(order.marketplace),
      order.marketplace_order_id,
      toDoInMarketplace(order),
      order.order_id,
      cancellation?.cancelled_at ?? "",
      cancellation ? reasonName(cancellation.reason) : "",
    ];
  });
  return csvOf([names, ...rows]);
}
