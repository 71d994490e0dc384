/** The list of orders: search, filter, pages, and many cancelled at once. */

import { get, needed, orderRoute, Refused } from "../api.js";
import { fill, h, ICONS, icon, plural } from "../dom.js";
import { selection } from "../selection.js";
import { time } from "../times.js";
import { badge, empty, marketplaceOrder, orderLink, table } from "../views.js";
import { statuses, statusName } from "../words.js";

/** @import { Order, OrderPage, View } from "../types.js" */

/** @typedef {{status: string, search: string, limit: string, trail: string[]}} State what the address says */

const ORDER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const SIZES = ["25", "50", "100"];
const USUAL_SIZE = "25";

/** @param {View} view */
export async function open(view) {
  /** @type {State} */
  const state = {
    status: view.query.get("status") ?? "",
    search: view.query.get("search") ?? "",
    limit: view.query.get("limit") ?? USUAL_SIZE,
    // The cursors of all pages up to this one, so that going back needs no memory but the address.
    trail: view.query.get("trail")?.split(".") ?? [],
  };
  const { orders, cursor } = state.search ? await found(state.search, view.signal) : await page(state, view.signal);
  const bar = h("div", { class: "selection", role: "region", "aria-label": "Selected orders" });
  const drawBar = () => fill(bar, selectionBar(view, drawAll));
  const list = h("div", { class: "card list" });
  const drawAll = () => {
    fill(list, orders.length ? orderTable(orders, drawBar) : nothing(state, cursor));
    drawBar();
  };
  drawAll();
  view.show(
    "Orders",
    h("h1", null, "Orders"),
    h("p", { class: "lead" }, "Check here before you answer a customer or cancel in the marketplace."),
    tools(state),
    list,
    pages(state, cursor),
    bar,
  );
}

/**
 * @param {State} state
 * @param {AbortSignal} signal
 * @returns {Promise<OrderPage>}
 */
function page({ status, limit, trail }, signal) {
  return get("/orders", { status, limit, cursor: trail.at(-1) }, signal);
}

/**
 * The order of that id, and the orders that fulfill a marketplace's order of that id.
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<OrderPage>}
 */
async function found(text, signal) {
  /** @type {[Order | null, OrderPage]} */
  const [ours, theirs] = await Promise.all([
    ORDER_ID.test(text) ? get(orderRoute(text), {}, signal).catch(none) : null,
    text.length <= 128
      ? get("/orders", { marketplace_order_id: text, limit: 100 }, signal)
      : { orders: [], cursor: null },
  ]);
  const others = theirs.orders.filter((order) => order.order_id !== ours?.order_id);
  return { orders: ours ? [ours, ...others] : others, cursor: null };
}

/** @param {unknown} error */
const none = (error) => {
  if (error instanceof Refused && error.status === 404) return null;
  throw error;
};

/**
 * @param {State} state
 * @param {Partial<State>} changes
 */
function address(state, changes) {
  const { status, search, limit, trail } = { ...state, trail: [], ...changes };
  const query = new URLSearchParams();
  if (status) query.set("status", status);
  if (search) query.set("search", search);
  if (limit !== USUAL_SIZE) query.set("limit", limit);
  if (trail.length) query.set("trail", trail.join("."));
  return `#/orders${query.size ? `?${query}` : ""}`;
}

/** @param {State} state */
function tools(state) {
  const text = h("input", {
    type: "search",
    id: "search",
    value: state.search,
    placeholder: "Order id or marketplace id",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 128,
  });
  const search = h(
    "form",
    {
      class: "search",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        location.hash = address(state, { search: text.value.trim(), status: "" });
      },
    },
    h("label", { for: "search", class: "unseen" }, "Search by order id or marketplace order id"),
    text,
    h("button", { type: "submit", class: "plain" }, icon(ICONS.search), "Search"),
  );
  const filter = h(
    "select",
    {
      id: "status",
      onchange: () => {
        location.hash = address(state, { status: filter.value, search: "" });
      },
    },
    h("option", { value: "" }, "All statuses"),
    statuses().map((status) => h("option", { value: status, selected: status === state.status }, statusName(status))),
  );
  return h(
    "div",
    { class: "tools" },
    search,
    h("div", { class: "filter" }, h("label", { for: "status" }, "Status"), filter),
  );
}

/**
 * @param {State} state
 * @param {string | null} cursor
 */
function nothing({ search, status }, cursor) {
  if (search) {
    return empty(
      `No order has the id “${search}”.`,
      h("p", null, "Enter the whole id, as it is written here or in the marketplace."),
      h("p", null, h("a", { href: "#/orders" }, "Show all orders")),
    );
  }
  if (cursor) return empty("None on this page.", h("p", null, "There may be more on the next."));
  return empty(status ? `No order is ${statusName(status).toLowerCase()}.` : "There are no orders yet.");
}

/**
 * @param {Order[]} orders
 * @param {() => void} changed
 */
function orderTable(orders, changed) {
  const open = orders.filter((order) => order.cancellable);
  const all = h("input", {
    type: "checkbox",
    "aria-label": "Select all orders of this page that can be cancelled",
    disabled: !open.length,
    onchange: () => {
      for (const order of open) selection.set(order.order_id, all.checked);
      for (const box of boxes) box.checked = all.checked;
      changed();
    },
  });
  /** @type {HTMLInputElement[]} */
  const boxes = [];
  /** @param {Order} order */
  const box = (order) => {
    if (!order.cancellable) return null;
    const input = h("input", {
      type: "checkbox",
      "aria-label": `Select order ${order.order_id}`,
      checked: selection.has(order.order_id),
      onchange: () => {
        selection.set(order.order_id, input.checked);
        allOrNot();
        changed();
      },
    });
    boxes.push(input);
    return input;
  };
  const allOrNot = () => {
    all.checked = open.length > 0 && open.every((order) => selection.has(order.order_id));
  };
  const rows = orders.map((order) => [
    box(order),
    orderLink(order.order_id),
    marketplaceOrder(order),
    badge(order.status),
    order.fulfillment_centers.map((center) => center.fc_id).join(", "),
    time(order.placed_at),
  ]);
  allOrNot();
  return table(
    "Orders",
    [
      { title: "Select", head: all, class: "tick" },
      { title: "Order", class: "first" },
      { title: "Marketplace" },
      { title: "Status" },
      { title: "Fulfillment center" },
      { title: "Placed" },
    ],
    rows,
  );
}

/**
 * @param {State} state
 * @param {string | null} cursor
 */
function pages(state, cursor) {
  if (state.search) return null;
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

/**
 * @param {View} view
 * @param {() => void} redraw
 */
function selectionBar(view, redraw) {
  if (!selection.size) return null;
  return [
    h("p", null, h("strong", null, plural(selection.size, "order")), " selected"),
    h(
      "div",
      { class: "buttons" },
      h(
        "button",
        {
          type: "button",
          class: "plain",
          onclick: () => {
            selection.clear();
            redraw();
          },
        },
        "Clear",
      ),
      h(
        "button",
        {
          type: "button",
          class: "danger",
          onclick: () =>
            view.run(async () => {
              const { confirmAndStart } = await needed(() => import("./batch.js"));
              if (await confirmAndStart(selection.all())) selection.clear();
            }),
        },
        `Cancel ${plural(selection.size, "order")}`,
      ),
    ),
  ];
}
