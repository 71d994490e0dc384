/** What is cancelled here and still to be cancelled in the marketplace. */

import { list } from "../api.js";
import { announce, h, plural } from "../dom.js";
import { mark } from "../ledger.js";
import { time } from "../times.js";
import { empty, orderLink, table } from "../views.js";
import { marketplaceName, reasonName } from "../words.js";

const MOST = 200;
const TABS = [
  ["to_do", "To do"],
  ["done", "Done"],
  ["not_needed", "Not needed"],
];
const NOTHING = {
  to_do: "Nothing to do in any marketplace.",
  done: "No order was marked as done.",
  not_needed: "No order was marked as not needed.",
};

export async function open(view) {
  const state = TABS.find(([name]) => name === view.query.get("state"))?.[0] ?? "to_do";
  const { entries, more } = await list("/orders", { marketplace_cancellation: state }, "orders", {
    most: MOST,
    requests: 20,
    signal: view.signal,
  });
  const draw = () => {
    const shown = entries.filter((order) => order.marketplace_cancellation === state);
    view.show(
      "To do",
      h("h1", null, "To do in the marketplace"),
      h(
        "p",
        { class: "lead" },
        "These orders are cancelled here. The marketplace does not know it: cancel them there, then say so.",
      ),
      h(
        "nav",
        { class: "tabs", "aria-label": "State in the marketplace" },
        TABS.map(([name, text]) =>
          h(
            "a",
            {
              href: name === "to_do" ? "#/to-do" : `#/to-do?state=${name}`,
              "aria-current": name === state ? "page" : null,
            },
            text,
          ),
        ),
      ),
      h("div", { class: "card list" }, shown.length ? orderTable(shown, state, view, draw) : empty(NOTHING[state])),
      h(
        "p",
        { class: "hint" },
        shown.length > 0 && `${plural(shown.length, "order")}${more ? ", and more: these come first." : "."}`,
      ),
    );
  };
  draw();
}

function orderTable(orders, state, view, draw) {
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
  const choices = {
    to_do: [
      ["done", "Done"],
      ["not_needed", "Not needed"],
    ],
    done: [["to_do", "Undo"]],
    not_needed: [["to_do", "Undo"]],
  }[state];
  return table(
    "Cancelled orders",
    [
      { title: "In the marketplace", class: "first" },
      { title: "Order" },
      { title: "Cancelled" },
      { title: "Reason" },
      { title: "Mark as", class: "actions", unseen: true },
    ],
    orders.map((order) => ({
      cells: [
        h(
          "span",
          null,
          marketplaceName(order.marketplace),
          " ",
          h("strong", { class: "id" }, order.marketplace_order_id),
        ),
        orderLink(order.order_id),
        time(order.cancellation.cancelled_at),
        reasonName(order.cancellation.reason),
        h(
          "div",
          { class: "buttons" },
          choices.map(([next, text]) => to(order, next, text)),
        ),
      ],
    })),
  );
}
