/** The list of orders: tabs, pages, what a search found, and many cancelled at once. */

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { find, idsBetweenBlanks } from "../lookup.js";
import { selection } from "../selection.js";
import { selectionBar } from "../selection-bar.js";
import { ticks } from "../ticks.js";
import { time } from "../times.js";
import { asOf, badge, empty, orderLink, table, theirLink } from "../views.js";

/** @import { Order, OrderPage, View } from "../types.js" */

/** @typedef {{tab: string, search: string, limit: string, trail: string[]}} State what the address says */

const SIZES = ["25", "50", "100"];
const USUAL_SIZE = "25";
const MOST_REQUESTS = 5; // to the first order of a page

/** @type {{name: string, text: string, asks: Record<string, string>, none: [title: string, text: string]}[]} */
const TABS = [
  {
    name: "cancellable",
    text: "Can be cancelled",
    asks: { cancellable: "true" },
    none: ["No order can be cancelled now.", "New ones appear here as soon as the network has placed them."],
  },
  {
    name: "too-late",
    text: "Too late",
    asks: { status: "picked_packed,shipped,delivered" },
    none: ["No order is packed yet.", "What a fulfillment center has packed appears here."],
  },
  {
    name: "cancelled",
    text: "Cancelled",
    asks: { status: "cancelled" },
    none: ["No order is cancelled.", "What you or the network cancel appears here."],
  },
  {
    name: "all",
    text: "All",
    asks: {},
    none: ["There are no orders yet.", "They appear here as soon as the network has placed them."],
  },
];

/** @param {View} view */
export async function open(view) {
  /** @type {State} */
  const state = {
    tab: view.query.get("tab") ?? "cancellable",
    search: view.query.get("search") ?? "",
    limit: view.query.get("limit") ?? USUAL_SIZE,
    // The cursors of all pages up to this one, so that going back needs no memory but the address.
    trail: view.query.get("trail")?.split(".") ?? [],
  };
  if (state.search) return searched(state.search, view);
  const read = () => page(state, view.signal);
  let { orders, cursor } = await read();
  let readAt = Date.now();
  const bar = selectionBar(view, () => draw());
  const renew = async () => {
    ({ orders, cursor } = await read());
    readAt = Date.now();
    draw();
  };
  const draw = () => {
    bar.draw();
    view.show(
      "Orders",
      h(
        "div",
        { class: "heading" },
        h("h1", null, "Orders"),
        asOf(readAt, () => view.run(renew)),
      ),
      h("p", { class: "lead" }, "Check here before you answer a customer or cancel in the marketplace."),
      tabs(state),
      h("div", { class: "card list compact" }, orders.length ? orderTable(orders, bar.draw) : nothing(state, cursor)),
      pages(state, cursor),
      bar.element,
    );
  };
  draw();
  view.onReturn(renew);
}

/** @param {State} state */
const tabOf = ({ tab }) => /** @type {typeof TABS[0]} */ (TABS.find(({ name }) => name === tab) ?? TABS.at(-1));

/**
 * @param {State} state
 * @param {AbortSignal} signal
 * @returns {Promise<OrderPage>}
 */
async function page(state, signal) {
  const { asks } = tabOf(state);
  /** @type {string | null | undefined} */
  let cursor = state.trail.at(-1);
  for (let asked = 1; ; asked++) {
    /** @type {OrderPage} */
    const found = await get("/orders", { ...asks, limit: state.limit, cursor }, signal);
    if (found.orders.length || !found.cursor || asked === MOST_REQUESTS) return found;
    cursor = found.cursor;
  }
}

/**
 * What a search found. One order opens itself; what may have been several ids is looked at as such.
 * @param {string} text
 * @param {View} view
 */
async function searched(text, view) {
  const orders = await find(text, view.signal);
  if (view.signal.aborted) return;
  const [first] = orders;
  if (first && orders.length === 1) return location.replace(orderLink(first.order_id).href);
  const several = orders.length ? [] : idsBetweenBlanks(text);
  if (several.length) return location.replace(`#/check?ids=${encodeURIComponent(several.join("\n"))}`);
  const bar = selectionBar(view, () => draw());
  const list = h("div", { class: "card list compact" });
  const draw = () => {
    fill(list, orders.length ? orderTable(orders, bar.draw) : notFound(text));
    bar.draw();
  };
  draw();
  view.show("Search", h("h1", null, orders.length ? `Orders with the id “${text}”` : "Not found"), list, bar.element);
}

/** @param {string} text */
const notFound = (text) =>
  empty(
    `No order of yours has the id “${text}”.`,
    h(
      "p",
      null,
      "Enter the whole id, ours or the marketplace’s; blanks, “#” and small or capital letters do not matter.",
    ),
    h("p", null, "If it was just placed in the marketplace, it may not have reached the network yet."),
    h("p", null, h("a", { href: "#/orders?tab=all" }, "Show all orders")),
  );

/**
 * @param {State} state
 * @param {Partial<State>} changes
 */
function address(state, changes) {
  const { tab, limit, trail } = { ...state, trail: [], ...changes };
  const query = new URLSearchParams();
  if (tab !== TABS[0]?.name) query.set("tab", tab);
  if (limit !== USUAL_SIZE) query.set("limit", limit);
  if (trail.length) query.set("trail", trail.join("."));
  return `#/orders${query.size ? `?${query}` : ""}`;
}

/** @param {State} state */
const tabs = (state) =>
  h(
    "nav",
    { class: "tabs", "aria-label": "Which orders" },
    TABS.map((tab) =>
      h("a", { href: address(state, { tab: tab.name }), "aria-current": tab === tabOf(state) && "page" }, tab.text),
    ),
  );

/**
 * @param {State} state
 * @param {string | null} cursor
 */
function nothing(state, cursor) {
  if (cursor) return empty("None on this page.", h("p", null, "There may be more on the next."));
  const tab = tabOf(state);
  const all = h("p", null, h("a", { href: address(state, { tab: "all" }) }, "Show all orders"));
  return empty(tab.none[0], h("p", null, tab.none[1]), tab.name !== "all" && all);
}

/**
 * @param {Order[]} orders
 * @param {() => void} changed
 */
function orderTable(orders, changed) {
  const open = orders.filter((order) => order.cancellable);
  const { all, box } = ticks(open, selection, changed, "all orders of this page that can be cancelled");
  return table(
    "Orders",
    [
      { title: "Select", head: all, class: "tick" },
      { title: "In the marketplace", class: "first" },
      { title: "Order" },
      { title: "Status" },
      { title: "Fulfillment center" },
      { title: "Placed" },
    ],
    orders.map((order) => [
      order.cancellable && box(order, `order ${order.order_id}`),
      theirLink(order),
      h("span", { class: "id" }, order.order_id),
      [badge(order.status), order.partially_cancelled && [" ", h("span", { class: "badge cancelled" }, "In part")]],
      order.fulfillment_centers.map((center) => center.fc_id).join(", "),
      time(order.placed_at),
    ]),
  );
}

/**
 * @param {State} state
 * @param {string | null} cursor
 */
function pages(state, cursor) {
  const { trail } = state;
  const size = h(
    "select",
    {
      id: "limit",
      onchange: () => {
        location.hash = address(state, { limit: size.value });
      },
    },
    SIZES.map((limit) => h("option", { value: limit, selected: limit === state.limit }, limit)),
  );
  return h(
    "nav",
    { class: "pages", "aria-label": "Pages" },
    h("div", { class: "filter" }, h("label", { for: "limit" }, "Per page"), size),
    h("span", { class: "page" }, `Page ${trail.length + 1}`),
    trail.length > 0 &&
      h("a", { class: "button plain", href: address(state, { trail: trail.slice(0, -1) }) }, "Previous"),
    cursor && h("a", { class: "button plain", href: address(state, { trail: [...trail, cursor] }) }, "Next"),
  );
}
