/** One order: what it is, where it is, and Cancel Order at the top right. */

import { get, orderRoute } from "../api.js";
import { cancel, crossOut, isFresh, pendingAsk, resume } from "../cancels.js";
import { confirmCancel, stepList, tell } from "../dialogs.js";
import { announce, fill, h, ICONS, icon, toast } from "../dom.js";
import { mark } from "../ledger.js";
import { day, localised, spoken, time } from "../times.js";
import { badge, notice, table } from "../views.js";
import { marketplaceName, reasonName, statusName } from "../words.js";

const STEPS = ["allocated", "picking", "picked_packed", "shipped", "delivered"];
const STALE = 10_000;

export async function open(view) {
  let order = await get(orderRoute(view.id), {}, view.signal);
  let readAt = Date.now();
  let attempt = null; // a cancel whose answer is not here yet
  let leftBehind = null; // one that was asked for long ago, and not carried out

  const draw = () =>
    view.show(
      `Order ${order.order_id}`,
      head(order, attempt, () => view.run(askAndCancel)),
      attempt?.unknown ? checking(attempt) : null,
      leftBehind && notCarriedOut(leftBehind),
      order.cancellation ? cancelled(order, view, draw) : null,
      !order.cancellation && !order.cancellable ? tooLate(order) : null,
      h(
        "div",
        { class: "columns" },
        h("div", null, lines(order), centers(order)),
        h("div", null, timeline(order), reply(order)),
      ),
    );

  const read = async () => {
    order = await get(orderRoute(view.id), {}, view.signal);
    readAt = Date.now();
  };

  async function askAndCancel() {
    if (attempt || document.querySelector("dialog")) return;
    const wish = await confirmCancel([order.order_id]);
    if (!wish || attempt || view.signal.aborted) return;
    leftBehind = null;
    await follow(cancel(order.order_id, wish));
  }

  /** Shows a cancel until its answer is here, then shows the answer. */
  async function follow(started) {
    attempt = started;
    attempt.watch(() => {
      draw();
      announce("We do not know yet whether the order is cancelled. We are checking.");
    });
    draw();
    try {
      const result = await started.answer;
      attempt = null;
      if (view.signal.aborted) return;
      order = after(order, result); // holds even if the order cannot be read again just now
      await view.run(read);
      draw();
      await report(result, order, view, draw);
      document.getElementById("cancel")?.focus();
    } finally {
      attempt = null;
    }
  }

  const ask = pendingAsk(order.order_id);
  if (ask && !isFresh(ask) && order.cancellable) {
    crossOut(order.order_id);
    leftBehind = ask;
  }
  draw();
  if (pendingAsk(order.order_id)) view.run(() => follow(resume(order.order_id)));

  // Back at this tab: what it shows may be old.
  const refresh = () => {
    if (document.hidden || attempt || document.querySelector("dialog") || Date.now() - readAt < STALE) return;
    view.run(async () => {
      await read();
      draw();
    });
  };
  document.addEventListener("visibilitychange", refresh, { signal: view.signal });
  addEventListener("focus", refresh, { signal: view.signal });
}

// ------------------------------------------------------------------------------------------------------------ the head

function head(order, attempt, askAndCancel) {
  const why = order.cancellable ? null : order.not_cancellable_because;
  return h(
    "div",
    { class: "order-head" },
    h(
      "div",
      null,
      h(
        "nav",
        { class: "crumbs", "aria-label": "Where you are" },
        h("a", { href: "#/orders" }, "Orders"),
        " / ",
        order.order_id,
      ),
      h("h1", null, `Order ${order.order_id}`),
      h(
        "p",
        { class: "facts" },
        badge(order.status),
        h(
          "span",
          null,
          marketplaceName(order.marketplace),
          " ",
          h("span", { class: "id" }, order.marketplace_order_id),
        ),
        h("span", null, "to ", order.destination_country),
        h("span", null, "placed ", day(order.placed_at)),
      ),
    ),
    h(
      "div",
      { class: "order-action" },
      h(
        "button",
        {
          type: "button",
          id: "cancel",
          class: "danger",
          disabled: Boolean(why || attempt),
          "aria-describedby": why || attempt ? "why-not" : null,
          onclick: askAndCancel,
        },
        attempt ? (attempt.unknown ? "Checking…" : "Cancelling…") : "Cancel Order",
      ),
      why && h("p", { id: "why-not", class: "why-not" }, localised(why.detail)),
      attempt && h("p", { id: "why-not", class: "why-not" }, "You have asked to cancel this order."),
    ),
  );
}

function checking(attempt) {
  return notice(
    "warn",
    "We do not know yet whether the order is cancelled.",
    h(
      "p",
      null,
      "The answer was lost on its way. We are asking again, under the same key, so that nothing is done twice. " +
        "Wait for the answer before you do anything in the marketplace.",
    ),
    h("p", null, h("button", { type: "button", class: "plain", onclick: () => attempt.again() }, "Ask again now")),
  );
}

function notCarriedOut(ask) {
  return notice(
    "warn",
    "This order is not cancelled.",
    h(
      "p",
      null,
      `You asked to cancel it on ${spoken(ask.asked_at)}, but the request did not arrive. If you still want that, cancel it now.`,
    ),
  );
}

function tooLate({ next_steps: steps }) {
  return notice(
    "warn",
    "What to do now",
    steps.map((step) => h("p", null, step.text)),
  );
}

// --------------------------------------------------------------------------------------------------------- the answer

/** The order as an answer leaves it. */
function after(order, { outcome, body }) {
  if (outcome === "refused") return order;
  const { status, cancellation, message } = body;
  const state = order.marketplace_cancellation ?? "to_do";
  const because = { code: "order_cancelled", detail: message };
  return {
    ...order,
    status,
    cancellation,
    cancellable: false,
    not_cancellable_because: because,
    marketplace_cancellation: state,
  };
}

async function report({ outcome, body }, order, view, draw) {
  if (outcome === "refused") {
    await tell(body.title, "bad", [
      h("p", null, localised(body.detail)),
      body.next_steps && [h("h3", null, "What to do now"), stepList(body.next_steps)],
    ]);
    return;
  }
  const marketplace = marketplaceName(order.marketplace);
  const title = outcome === "cancelled" ? "Order cancelled" : "The order was cancelled before";
  const choice = await tell(
    title,
    "ok",
    [h("p", { class: "message" }, localised(body.message)), h("h3", null, "Next steps"), stepList(body.next_steps)],
    [
      [`I have cancelled it in ${marketplace}`, "plain", "done"],
      ["Close", "primary", null],
    ],
  );
  if (choice === "done") await view.run(() => markAndDraw(order, "done", draw));
}

// ------------------------------------------------------------------------------------- what is to do in the marketplace

async function markAndDraw(order, state, draw) {
  await mark(order, state);
  draw();
}

function cancelled(order, view, draw) {
  const { cancellation, marketplace_cancellation: state } = order;
  const marketplace = marketplaceName(order.marketplace);
  const to = (next, text) =>
    h(
      "button",
      {
        type: "button",
        id: `mark-${next}`,
        class: "plain",
        onclick: () => view.run(() => markAndDraw(order, next, draw)),
      },
      text,
    );
  const standing = {
    to_do: [
      h("p", { class: "notice-title" }, `Still to do: cancel ${order.marketplace_order_id} in ${marketplace}`),
      h(
        "p",
        null,
        `Nothing is synchronised: ${marketplace} does not know that it was cancelled here. If the customer still wants the goods, re-route the order to another fulfilment service instead.`,
      ),
      h("div", { class: "buttons start" }, to("done", `Done in ${marketplace}`), to("not_needed", "Not needed")),
    ],
    done: [
      h("p", { class: "notice-title" }, `Cancelled in ${marketplace}, too`),
      h("p", null, "You said so yourself; we cannot see it."),
      h("div", { class: "buttons start" }, to("to_do", "Back to to do")),
    ],
    not_needed: [
      h("p", { class: "notice-title" }, `Nothing to do in ${marketplace}`),
      h("p", null, "You said so yourself; we cannot see it."),
      h("div", { class: "buttons start" }, to("to_do", "Back to to do")),
    ],
  }[state];
  return h(
    "section",
    { class: `notice ${state === "to_do" ? "warn" : "ok"}`, "aria-label": "In the marketplace" },
    icon(state === "to_do" ? ICONS.warn : ICONS.check),
    h(
      "div",
      null,
      standing,
      h(
        "p",
        { class: "hint" },
        `Reason: ${reasonName(cancellation.reason)}.`,
        cancellation.note ? ` Note: ${cancellation.note}` : "",
        cancellation.detail ? ` ${cancellation.detail}` : "",
      ),
    ),
  );
}

// ---------------------------------------------------------------------------------------------------- the order itself

function lines(order) {
  return h(
    "section",
    { class: "card" },
    h("h2", null, "Lines"),
    table(
      "Lines of the order",
      [
        { title: "SKU", class: "first" },
        { title: "Quantity", class: "number" },
      ],
      order.lines.map((line) => ({ cells: [h("span", { class: "id" }, line.sku), line.quantity.toLocaleString()] })),
    ),
  );
}

function centers(order) {
  return h(
    "section",
    { class: "card" },
    h("h2", null, order.fulfillment_centers.length > 1 ? "Fulfillment centers" : "Fulfillment center"),
    order.fulfillment_centers.map((center) => {
      const reached = STEPS.indexOf(center.status);
      return h(
        "div",
        { class: "center" },
        h(
          "p",
          null,
          h("strong", null, center.fc_id),
          " ",
          h("span", { class: "muted" }, statusName(center.status), center.at && [" · ", time(center.at)]),
        ),
        h(
          "ol",
          { class: `progress ${order.cancellation ? "stopped" : ""}`, "aria-label": `Progress at ${center.fc_id}` },
          STEPS.map((step, index) =>
            h(
              "li",
              { class: index <= reached ? "done" : null, "aria-current": index === reached ? "step" : null },
              statusName(step),
            ),
          ),
        ),
      );
    }),
  );
}

function timeline(order) {
  const moments = [{ at: order.placed_at, text: `Placed on ${marketplaceName(order.marketplace)}` }];
  for (const center of order.fulfillment_centers) {
    for (const { event, at } of center.events ?? [])
      moments.push({ at, text: `${statusName(event)} by ${center.fc_id}` });
  }
  const { cancellation } = order;
  if (cancellation) {
    const text =
      cancellation.kind === "seller"
        ? "Cancelled by you"
        : `Cancelled automatically: ${reasonName(cancellation.reason).toLowerCase()}`;
    moments.push({ at: cancellation.cancelled_at, text, end: true });
  }
  moments.sort((a, b) => new Date(a.at) - new Date(b.at));
  return h(
    "section",
    { class: "card" },
    h("h2", null, "What happened"),
    h(
      "ol",
      { class: "timeline" },
      moments.map(({ at, text, end }) => h("li", { class: end ? "end" : null }, h("span", null, text), time(at))),
    ),
  );
}

function reply(order) {
  if (!order.safe_reply) return null;
  const text = h("p", { class: "reply", id: "reply" }, order.safe_reply);
  return h(
    "section",
    { class: "card" },
    h("h2", null, "Reply to the customer"),
    h("p", { class: "hint" }, "Safe to send now: it stays true whatever happens next."),
    text,
    h(
      "div",
      { class: "buttons start" },
      h(
        "button",
        {
          type: "button",
          class: "plain",
          onclick: async () => {
            try {
              await navigator.clipboard.writeText(order.safe_reply);
              toast("The reply is copied.");
            } catch {
              getSelection().selectAllChildren(text);
              toast("Your browser does not let us copy. The reply is selected: press Ctrl+C.", "warn");
            }
          },
        },
        icon(ICONS.copy),
        "Copy the reply",
      ),
    ),
  );
}
