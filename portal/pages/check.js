/** A pasted list of ids, one by one: which of the orders can still be cancelled. Those are ticked, and can be cancelled. */

import { announce, h, plural } from "../dom.js";
import { find, idsIn, MOST_IDS } from "../lookup.js";
import { selection } from "../selection.js";
import { selectionBar } from "../selection-bar.js";
import { verdict } from "../sentences.js";
import { ticks } from "../ticks.js";
import { badge, notice, table, theirLink } from "../views.js";

/** @import { Child, Order, View } from "../types.js" */

/** @typedef {{id: string, orders: Order[] | null}} Asked null: not looked for yet */

const SIDE_BY_SIDE = 4; // ids; each is a few requests

let ticked = "";

/** @param {View} view */
export async function open(view) {
  const ids = idsIn(view.query.get("ids") ?? "");
  /** @type {Asked[]} */
  const asked = ids.slice(0, MOST_IDS).map((id) => ({ id, orders: null }));
  const bar = selectionBar(view, () => draw());
  const draw = () => {
    const open = cancellable(asked);
    const tick = ticks(open, selection, bar.draw, "all orders that can be cancelled");
    bar.draw();
    view.show(
      "Check orders",
      h("h1", null, `Check ${plural(ids.length, "order")}`),
      standing(asked),
      ids.length > asked.length &&
        notice("warn", `Only the first ${MOST_IDS} are looked at.`, h("p", null, "Paste the others afterwards.")),
      h("div", { class: "card list" }, results(asked, tick)),
      bar.element,
    );
  };
  // Back at the same list, what the person had ticked by then holds.
  const again = ids.join() === ticked;
  ticked = ids.join();
  if (!again) selection.clear();
  draw();
  const waiting = [...asked];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      next.orders = await find(next.id, view.signal);
      for (const order of next.orders) if (order.cancellable && !again) selection.set(order, true);
      draw();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  announce(`${plural(cancellable(asked).length, "order")} can still be cancelled.`);
}

/** @param {Asked[]} asked */
function cancellable(asked) {
  const found = asked.flatMap(({ orders }) => orders ?? []).filter((order) => order.cancellable);
  return [...new Map(found.map((order) => [order.order_id, order])).values()];
}

/** @param {Asked[]} asked */
function standing(asked) {
  const done = asked.filter(({ orders }) => orders);
  const found = done.flatMap(({ orders }) => orders ?? []);
  const yes = found.filter((order) => order.cancellable).length;
  const missing = done.filter(({ orders }) => !orders?.length).length;
  const facts = [`${yes} can still be cancelled`, `${found.length - yes} can not`, missing && `${missing} not found`];
  const text = `${facts.filter(Boolean).join(" · ")}.`;
  if (done.length === asked.length) return h("p", { class: "lead" }, text);
  return [
    h("p", { class: "lead" }, `${done.length} of ${asked.length} looked for. ${text}`),
    h("progress", { max: asked.length, value: done.length, "aria-label": "Orders looked for" }),
  ];
}

/** @param {Order} order */
function answer(order) {
  if (order.cancellable) return h("strong", null, "Yes, still");
  const { verdict: said, detail } = verdict(order, Date.now());
  return [h("strong", null, `${said}. `), detail];
}

/**
 * @param {Asked[]} asked
 * @param {{all: HTMLElement, box: (order: Order, name: string) => HTMLElement}} tick
 */
function results(asked, { all, box }) {
  /**
   * @param {string} id
   * @param {Child} text
   * @returns {Child[]}
   */
  const nameless = (id, text) => [null, h("span", { class: "id" }, id), "", "", text];
  const rows = asked.flatMap(({ id, orders }) => {
    if (!orders) return [nameless(id, h("span", { class: "muted" }, "Looking…"))];
    if (!orders.length) return [nameless(id, "Not found: no order of yours has this id.")];
    return orders.map(
      (order) =>
        /** @type {Child[]} */ ([
          order.cancellable && box(order, `order ${order.order_id}`),
          theirLink(order),
          h("span", { class: "id" }, order.order_id),
          badge(order.status),
          answer(order),
        ]),
    );
  });
  return table(
    "Orders that were asked for",
    [
      { title: "Select", head: all, class: "tick" },
      { title: "In the marketplace", class: "first" },
      { title: "Order" },
      { title: "Status" },
      { title: "Can it be cancelled?", class: "wide-text" },
    ],
    rows,
  );
}
