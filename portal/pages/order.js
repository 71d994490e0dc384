/** One order: whether it can be cancelled first, Cancel Order at the top right, the reply to the customer beside it. */

import { get, orderRoute } from "../api.js";
import { cancel, crossOut, isFresh, pendingAsk, resume } from "../cancels.js";
import { confirmCancel, notInStep, stepList, tell } from "../dialogs.js";
import { announce, copyButton, h, ICONS, icon } from "../dom.js";
import { mark } from "../marking.js";
import { cancelledBefore, partsOf, toDoInMarketplace, verdict, whyNot } from "../sentences.js";
import { who } from "../session.js";
import { day, spoken, time } from "../times.js";
import { badge, notice, table } from "../views.js";
import { marketplaceName, reasonName, remedy, statusName, steps } from "../words.js";

/** @import { Attempt } from "../cancels.js" */
/** @import { Button } from "../dialogs.js" */
/** @import { Ask, Because, Cancellation, Cancelled, MarkedOrder, MarketplaceCancellation, NextStep, Order, Problem, Result, View } from "../types.js" */

const SLOW = 4000; // milliseconds after which a person wonders

/** @param {View} view */
export async function open(view) {
  const ask = () => get(orderRoute(view.id), { time_zone: who()?.time_zone }, view.signal);
  /** @type {Order} */
  let order = await ask();
  let readAt = Date.now();
  /** @type {Attempt | null} */
  let attempt = null; // a cancel whose answer is not here yet
  let slow = false; // and has not been for a while
  /** @type {Ask | null} */
  let leftBehind = null; // one that was asked for long ago, and not carried out

  const draw = () =>
    view.show(
      `Order ${order.marketplace_order_id}`,
      h(
        "div",
        { class: "order" },
        head(order, attempt, readAt),
        action(order, attempt, () => view.run(pressed)),
        h(
          "div",
          { class: "order-main" },
          attempt && (attempt.unknown ? checking(attempt) : slow && stillAsking()),
          leftBehind && notCarriedOut(leftBehind),
          isMarked(order) && inTheMarketplace(order, view, draw),
          !order.cancellation && !order.cancellable && tooLate(order, cancelParts),
          cancellationsOf(order).map(whyCancelled),
          lines(order),
          centers(order, attempt ? null : cancelParts),
        ),
        h("div", { class: "order-side" }, timeline(order)),
      ),
    );

  const read = async () => {
    order = await ask();
    readAt = Date.now();
  };

  /** Cancel Order: asks and does it, or says why it cannot be done. */
  async function pressed() {
    if (attempt || document.querySelector("dialog")) return;
    if (order.not_cancellable_because) {
      const because = order.not_cancellable_because;
      if (await sayWhyNot(order, because)) await askAndCancel(because.still_cancellable);
      return;
    }
    await askAndCancel();
  }

  /** @param {string[]} [parts] fulfillment centers, of which alone */
  async function askAndCancel(parts) {
    const wish = await confirmCancel([order], linesInShort(order, parts), parts);
    if (!wish || attempt || view.signal.aborted) return;
    leftBehind = null;
    await follow(cancel(order.order_id, wish));
  }

  /** @param {string[]} parts */
  function cancelParts(parts) {
    view.run(async () => {
      if (!attempt && !document.querySelector("dialog")) await askAndCancel(parts);
    });
  }

  /**
   * Shows a cancel until its answer is here, then shows the answer.
   * @param {Attempt} started
   */
  async function follow(started) {
    attempt = started;
    started.watch(() => {
      draw();
      announce("We do not know yet whether the order is cancelled. We are checking.");
    });
    slow = false;
    const timer = setTimeout(() => {
      slow = true;
      if (attempt && !view.signal.aborted) draw();
    }, SLOW);
    draw();
    try {
      const result = await started.answer;
      attempt = null;
      if (view.signal.aborted) return;
      order = after(order, result); // holds even if the order cannot be read again just now
      await view.run(read);
      draw();
      const rest = await report(result, order, view, draw);
      document.getElementById("cancel")?.focus();
      if (rest) cancelParts(rest);
    } finally {
      clearTimeout(timer);
      attempt = null;
    }
  }

  const asked = pendingAsk(order.order_id);
  if (asked && !isFresh(asked) && order.cancellable) {
    crossOut(order.order_id);
    leftBehind = asked;
  }
  draw();
  const open = pendingAsk(order.order_id);
  if (open) view.run(() => follow(resume(order.order_id, open)));

  view.onReturn(async () => {
    if (attempt || document.querySelector("dialog")) return;
    await read();
    draw();
  });
}

/**
 * @param {Order} order
 * @returns {order is MarkedOrder}
 */
const isMarked = (order) => order.marketplace_cancellation !== undefined;

/**
 * All cancellations of an order and its parts, each once.
 * @param {Order} order
 */
function cancellationsOf({ cancellation, fulfillment_centers: centers }) {
  const all = [...centers.map((center) => center.cancellation), cancellation].filter((each) => each !== undefined);
  return [...new Map(all.map((each) => [each.cancellation_id, each])).values()];
}

// ------------------------------------------------------------------------------------------------------------ the head

/** @type {Record<string, string>} */
const SIGNS = { ok: ICONS.check, part: ICONS.half, bad: ICONS.cross, done: ICONS.stop, wait: ICONS.clock };

/**
 * @param {Order} order
 * @param {Attempt | null} attempt
 * @param {number} readAt
 */
function head(order, attempt, readAt) {
  const {
    look,
    verdict: said,
    detail,
  } = attempt
    ? { look: "wait", verdict: attempt.unknown ? "Not known yet" : "Cancelling…", detail: "Wait for the answer." }
    : verdict(order, readAt);
  const { order_id: id, marketplace_order_id: theirs } = order;
  return h(
    "div",
    { class: "order-head" },
    h("nav", { class: "crumbs", "aria-label": "Where you are" }, h("a", { href: "#/orders" }, "Orders"), ` / ${id}`),
    h(
      "div",
      { class: `verdict ${look}`, id: "verdict" },
      icon(SIGNS[look] ?? ICONS.warn),
      h("div", null, h("p", { class: "said" }, said), h("p", { class: "detail" }, detail)),
    ),
    h(
      "div",
      { class: "title" },
      h("h1", null, `${marketplaceName(order.marketplace)} `, h("span", { class: "id" }, theirs)),
      copyButton(theirs, { label: `Copy ${theirs}`, done: `${theirs} is copied.` }),
    ),
    h(
      "p",
      { class: "facts" },
      h("span", null, "Order ", h("strong", { class: "id" }, id)),
      badge(order.status),
      h("span", null, "to ", order.destination_country),
      h("span", null, "placed ", day(order.placed_at)),
    ),
  );
}

/**
 * @param {Order} order
 * @param {Attempt | null} attempt
 * @param {() => void} pressed
 */
function action(order, attempt, pressed) {
  const barred = Boolean(order.not_cancellable_because || attempt);
  return h(
    "div",
    { class: "order-action" },
    h(
      "button",
      {
        type: "button",
        id: "cancel",
        class: "primary",
        // Not `disabled`: it stays within reach of the keyboard, and says why when it is pressed.
        "aria-disabled": barred && "true",
        "aria-describedby": barred ? "verdict" : "in-step",
        onclick: pressed,
      },
      attempt ? (attempt.unknown ? "Checking…" : "Cancelling…") : "Cancel Order",
    ),
    !barred && h("p", { id: "in-step", class: "hint" }, notInStep(marketplaceName(order.marketplace))),
    attempt
      ? h(
          "section",
          { class: "card" },
          h("h2", null, "Reply to the customer"),
          h("p", { class: "hint" }, "There is one as soon as we know whether the order is cancelled."),
        )
      : order.safe_reply &&
          h("section", { class: "card" }, h("h2", null, "Reply to the customer"), reply(order.safe_reply)),
  );
}

/**
 * What can be sent to the customer now. Until a cancel has its answer, nothing can.
 * @param {string} sentence
 */
const reply = (sentence) => [
  h("p", { class: "reply" }, sentence),
  h(
    "div",
    { class: "buttons start" },
    copyButton(sentence, { text: "Copy the reply", label: null, done: "The reply is copied." }),
    h("p", { class: "hint" }, "It stays true whatever happens next."),
  ),
];

const stillAsking = () =>
  notice("warn", "The answer takes longer than usual.", h("p", null, "We are still asking. You need not press again."));

/** @param {Attempt} attempt */
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

/** @param {Ask} ask */
function notCarriedOut(ask) {
  const when = `You asked to cancel it on ${spoken(ask.asked_at)}, but the request did not arrive.`;
  return notice("warn", "This order is not cancelled.", h("p", null, `${when} If you still want that, cancel it now.`));
}

/**
 * Whether a step is one of those about what is cancelled already, which stand by themselves.
 * @param {NextStep} step
 */
const isOfMarketplace = ({ action }) => action === "correct_in_marketplace" || action === "reroute";

/**
 * @param {Order} order
 * @param {(parts: string[]) => void} cancelParts
 */
function tooLate({ next_steps: steps = [], not_cancellable_because: because }, cancelParts) {
  const left = because?.still_cancellable ?? [];
  const told = steps.filter((step) => !isOfMarketplace(step));
  if (!told.length) return null;
  return notice(
    "warn",
    "What to do now",
    told.map((step) => h("p", null, step.text)),
    left.length > 0 &&
      h(
        "div",
        { class: "buttons start" },
        h(
          "button",
          { type: "button", id: "cancel-rest", class: "plain", onclick: () => cancelParts(left) },
          `Cancel ${partsOf(left)}`,
        ),
      ),
  );
}

// --------------------------------------------------------------------------------------------------------- the answer

/**
 * The order as an answer leaves it. What could be said to the customer before holds no longer.
 * @param {Order} order
 * @param {Result} result
 * @returns {Order}
 */
function after(order, { outcome, body }) {
  const now = { ...order, cancellable: false, next_steps: body.next_steps, safe_reply: undefined };
  if (outcome === "refused") {
    if (!body.order_status) return order; // it says nothing about the order, such as a key that was used before
    return { ...now, status: body.order_status, not_cancellable_because: because(body) };
  }
  const { cancellation, message, cancelled_fulfillment_centers: parts = [], order_status: left } = body;
  if (left && left !== "cancelled") {
    const centers = order.fulfillment_centers.map((center) =>
      parts.includes(center.fc_id) ? { ...center, status: "cancelled", cancellable: false, cancellation } : center,
    );
    const mark = order.marketplace_cancellation ?? "to_do";
    const { cancellable, not_cancellable_because } = order;
    const rest = { status: left, cancellable, not_cancellable_because, fulfillment_centers: centers };
    return { ...now, ...rest, partially_cancelled: true, marketplace_cancellation: mark };
  }
  return {
    ...now,
    status: "cancelled",
    partially_cancelled: false,
    cancellation,
    not_cancellable_because: { code: "order_cancelled", detail: message },
    marketplace_cancellation: order.marketplace_cancellation ?? "to_do",
  };
}

/**
 * @param {Problem} problem
 * @returns {Because}
 */
const because = ({ code, detail, packed, still_cancellable }) => ({ code, detail, packed, still_cancellable });

/**
 * Resolves to whether the rest is to be cancelled.
 * @param {Order} order
 * @param {Because} because
 */
async function sayWhyNot(order, because) {
  const title = order.cancellation ? "The order is cancelled already" : "The order can no longer be cancelled";
  const said = [
    h("p", null, whyNot(order.order_id, because, order.cancellation)),
    order.next_steps && [h("h3", null, "What to do now"), stepList(order.next_steps)],
  ];
  return (await tell(title, order.cancellation ? "ok" : "bad", said, offer(because.still_cancellable))) === "rest";
}

/**
 * The buttons below a refusal: where parts can still be cancelled, they are offered.
 * @param {string[]} left
 * @returns {Button[]}
 */
const offer = (left = []) =>
  left.length
    ? [
        ["Close", "plain", null],
        [`Cancel ${partsOf(left)}`, "primary", "rest"],
      ]
    : [["Close", "primary", null]];

/**
 * Resolves to the fulfillment centers whose parts are to be cancelled instead.
 * @param {Result} result
 * @param {Order} order
 * @param {View} view
 * @param {() => void} draw
 */
async function report({ outcome, body }, order, view, draw) {
  if (outcome === "refused") {
    const steps = body.next_steps && [h("h3", null, "What to do now"), stepList(body.next_steps)];
    const said = [h("p", null, whyNot(order.order_id, body)), steps];
    const choice = await tell(body.title, "bad", said, offer(body.still_cancellable));
    return choice === "rest" ? body.still_cancellable : undefined;
  }
  const parts = body.cancelled_fulfillment_centers;
  const what = parts ? partsOf(parts) : "Order";
  const choice = await tell(
    outcome === "cancelled" ? `${what} cancelled` : `${parts ? "It" : "The order"} was cancelled before`,
    "ok",
    [
      h("p", { class: "message" }, message(body)),
      h("h3", null, "Next steps"),
      stepList(body.next_steps),
      order.safe_reply && [h("h3", null, "Reply to the customer"), reply(order.safe_reply)],
    ],
    [
      [
        `I have ${order.partially_cancelled ? "corrected" : "cancelled"} it in ${marketplaceName(order.marketplace)}`,
        "plain",
        "done",
      ],
      ["Close", "primary", null],
    ],
  );
  if (choice === "done") await view.run(() => markAndDraw(order, "done", draw));
  return undefined;
}

/** @param {Cancelled} body */
const message = (body) =>
  body.outcome === "cancelled" || body.cancelled_fulfillment_centers
    ? body.message
    : cancelledBefore(body.order_id, body.cancellation);

// ------------------------------------------------------------------------------------- what is to do in the marketplace

/**
 * @param {Order} order
 * @param {MarketplaceCancellation} state
 * @param {() => void} draw
 */
async function markAndDraw(order, state, draw) {
  await mark(order, state);
  draw();
}

/**
 * @param {MarkedOrder} order
 * @param {View} view
 * @param {() => void} draw
 */
function inTheMarketplace(order, view, draw) {
  const { marketplace_cancellation: state, partially_cancelled: inPart } = order;
  const marketplace = marketplaceName(order.marketplace);
  /**
   * @param {MarketplaceCancellation} next
   * @param {string} text
   */
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
  const again = h("div", { class: "buttons start" }, to("to_do", "Put it back on the to-do list"));
  const said = h("p", null, "You told us so. We cannot look into the marketplace.");
  const standing = {
    to_do: [
      h("p", { class: "notice-title" }, `Still to do: ${toDoInMarketplace(order)}`),
      inPart
        ? order.next_steps?.filter(isOfMarketplace).map((step) => h("p", null, step.text))
        : h(
            "p",
            null,
            `${notInStep(marketplace)} It does not know that the order was cancelled here. If the customer still wants ` +
              "the goods, re-route the order to another fulfillment service instead.",
          ),
      h("div", { class: "buttons start" }, to("done", `Done in ${marketplace}`), to("not_needed", "Not needed")),
    ],
    done: [
      h("p", { class: "notice-title" }, `${inPart ? "Corrected" : "Cancelled"} in ${marketplace}, too`),
      said,
      again,
    ],
    not_needed: [h("p", { class: "notice-title" }, `Nothing to do in ${marketplace}`), said, again],
  }[state];
  return h(
    "section",
    { class: `notice ${state === "to_do" ? "warn" : "ok"}`, "aria-label": "In the marketplace" },
    icon(state === "to_do" ? ICONS.warn : ICONS.check),
    h("div", null, standing),
  );
}

/**
 * Why it was cancelled; of an automatic cancellation also what it is about, and what can be done.
 * @param {Cancellation} cancellation
 */
function whyCancelled({ kind, reason, note, detail, skus = [], fulfillment_centers: parts }) {
  const help = kind === "auto" && remedy(reason);
  return h(
    "section",
    { class: "card" },
    h("h2", null, `Why ${parts ? partsOf(parts) : "it"} ${parts && parts.length > 1 ? "were" : "was"} cancelled`),
    h("p", null, reasonName(reason), ".", detail ? ` The network’s note: ${detail}` : ""),
    note && h("p", null, "Note: ", note),
    skus.length > 0 && h("p", null, skus.length === 1 ? "SKU " : "SKUs ", listOf(skus)),
    help && [h("h3", null, "What you can do"), h("p", null, help)],
  );
}

/** @param {string[]} ids */
const listOf = (ids) => ids.map((id, index) => [index > 0 && ", ", h("span", { class: "id" }, id)]);

// ---------------------------------------------------------------------------------------------------- the order itself

/** @param {Order} order */
function lines(order) {
  const split = order.lines.some((line) => line.fulfillment_center);
  return h(
    "section",
    { class: "card" },
    h("h2", null, "Lines"),
    table(
      "Lines of the order",
      [
        { title: "SKU", class: "first" },
        ...(split ? [{ title: "Fulfillment center" }] : []),
        { title: "Quantity", class: "number" },
      ],
      order.lines.map(({ sku, fulfillment_center: fcId, quantity }) => [
        h("span", { class: "id" }, sku),
        ...(split ? [fcId ?? ""] : []),
        quantity.toLocaleString(),
      ]),
    ),
  );
}

/**
 * "1 × LAMP-HEAD-01, 2 × STOVE-GAS-S", for the question; of some parts, as far as it is known.
 * @param {Order} order
 * @param {string[]} [parts]
 */
function linesInShort({ lines }, parts) {
  const some = parts ? lines.filter(({ fulfillment_center: fcId }) => fcId && parts.includes(fcId)) : lines;
  return (
    some.length > 0 &&
    h(
      "p",
      { class: "which" },
      some.map((line, index) => [
        index > 0 && ", ",
        `${line.quantity.toLocaleString()} × `,
        h("span", { class: "id" }, line.sku),
      ]),
    )
  );
}

/**
 * A card for each fulfillment center's part.
 * @param {Order} order
 * @param {((parts: string[]) => void) | null} cancelParts null while a cancel waits for its answer
 */
function centers(order, cancelParts) {
  const split = order.fulfillment_centers.length > 1;
  return order.fulfillment_centers.map((center) => {
    const { fc_id: fcId, cancellation } = center;
    const reached = steps().indexOf(center.events.at(-1)?.event ?? "");
    return h(
      "section",
      { class: "card center", "aria-label": `Fulfillment center ${fcId}` },
      h(
        "div",
        { class: "heading" },
        h("h2", null, fcId),
        h("p", null, badge(center.status), center.at && [" ", h("span", { class: "muted" }, time(center.at))]),
        split &&
          center.cancellable &&
          cancelParts &&
          h(
            "button",
            {
              type: "button",
              id: `cancel-${fcId}`,
              class: "plain small",
              "aria-label": `Cancel this part: ${fcId}`,
              onclick: () => cancelParts([fcId]),
            },
            "Cancel this part",
          ),
      ),
      h(
        "ol",
        { class: `progress ${cancellation ? "stopped" : ""}`, "aria-label": `Progress at ${fcId}` },
        steps().map((step, index) =>
          h(
            "li",
            { class: index <= reached ? "done" : null, "aria-current": index === reached ? "step" : null },
            statusName(step),
          ),
        ),
      ),
    );
  });
}

/** @param {Order} order */
function timeline(order) {
  /** @type {{at: string, text: string, end?: boolean}[]} */
  const moments = [{ at: order.placed_at, text: `Placed on ${marketplaceName(order.marketplace)}` }];
  for (const center of order.fulfillment_centers) {
    for (const { event, at } of center.events) moments.push({ at, text: `${statusName(event)} by ${center.fc_id}` });
  }
  for (const { fc_id, at } of order.moved_fulfillment_centers ?? []) {
    moments.push({ at, text: `${fc_id}’s part given to another fulfillment center` });
  }
  for (const each of cancellationsOf(order)) {
    const what = each.fulfillment_centers ? `${partsOf(each.fulfillment_centers)} cancelled` : "Cancelled";
    const text =
      each.kind === "seller"
        ? `${what} by ${each.actor?.name ?? "your account"}`
        : `${what} automatically: ${reasonName(each.reason).toLowerCase()}`;
    moments.push({ at: each.cancelled_at, text, end: true });
  }
  moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
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
