/** A batch of cancels: how far it is, and how it ended for each order. */

import { SignedOut } from "../api.js";
import { currentBatch, finished, goOn, run, startBatch, stopBatch } from "../batch.js";
import { confirmCancel } from "../dialogs.js";
import { announce, fill, h, ICONS, icon, plural } from "../dom.js";
import { on } from "../events.js";
import { whyNot } from "../sentences.js";
import { empty, notice, orderLink, table, theirLink } from "../views.js";

/** @import { Batch, Row, State } from "../batch.js" */
/** @import { Named } from "../sentences.js" */
/** @import { View } from "../types.js" */

/** @type {Record<State, [text: string, look: string]>} */
const STATES = {
  refused: ["Not cancelled", "bad"],
  unknown: ["Checking…", "warn"],
  asking: ["Cancelling…", ""],
  waiting: ["Not sent yet", ""],
  already_cancelled: ["Was cancelled before", "ok"],
  cancelled: ["Cancelled", "ok"],
};
const ORDER = Object.keys(STATES); // what needs a person comes first

/**
 * Asks whether to cancel these orders, begins, and leads here. Resolves to whether it did.
 * @param {Named[]} orders
 */
export async function confirmAndStart(orders) {
  const wish = await confirmCancel(orders);
  if (!wish) return false;
  startBatch(orders, wish);
  location.hash = "#/batch";
  return true;
}

/** @param {View} view */
export async function open(view) {
  const batch = currentBatch();
  if (!batch) {
    const select = h("p", null, h("a", { href: "#/orders" }, "Select some"));
    const nothing = empty("No orders were cancelled together in this tab.", select);
    return view.show("Cancel orders", h("h1", null, "Cancel orders"), nothing);
  }
  const bar = h("progress", { max: batch.rows.length, "aria-label": "Orders with an answer" });
  const summary = h("div", null);
  const actions = h("div", { class: "buttons start" });
  const results = h("div", { class: "card list" });
  let said = "";
  const draw = () => {
    const done = batch.rows.filter(finished).length;
    bar.value = done;
    fill(summary, standing(batch, done));
    fill(
      actions,
      buttons(batch, draw, () => work(goOn)),
    );
    fill(results, resultTable(batch.rows));
    const text = done === batch.rows.length ? "All orders have an answer." : `${done} of ${batch.rows.length}`;
    if (text !== said) announce(text);
    said = text;
  };
  /** @param {(batch: Batch) => Promise<void>} begin */
  const work = (begin) =>
    view.run(async () => {
      try {
        await begin(batch);
      } catch (error) {
        if (error instanceof SignedOut) stopBatch(batch);
        throw error;
      }
    });
  view.show(
    "Cancel orders",
    h("nav", { class: "crumbs", "aria-label": "Where you are" }, h("a", { href: "#/orders" }, "Orders"), " / Cancel"),
    h("h1", null, `Cancel ${plural(batch.rows.length, "order")}`),
    summary,
    bar,
    actions,
    results,
  );
  draw();
  on("batch-changed", draw, { signal: view.signal });
  work(run);
}

/**
 * @param {Batch} batch
 * @param {number} done how many have an answer
 */
function standing({ rows, stopped }, done) {
  /** @param {...State} states */
  const count = (...states) => rows.filter((row) => states.includes(row.state)).length;
  const yes = count("cancelled", "already_cancelled");
  const [no, unknown, waiting] = [count("refused"), count("unknown"), count("waiting")];
  const facts = [`${yes} cancelled`, no && `${no} not cancelled`, unknown && `${unknown} not known yet, checking`];
  const text = `${facts.filter(Boolean).join(" · ")}.`;
  if (done < rows.length) {
    if (stopped && waiting && done + waiting === rows.length) {
      return notice("warn", `Stopped: ${plural(waiting, "order")} not sent.`, h("p", null, text));
    }
    return h("p", { class: "lead" }, `${done} of ${rows.length} answered. ${text}`);
  }
  return notice(
    no ? "warn" : "ok",
    no ? "Done. Some orders could not be cancelled." : "Done. All orders are cancelled.",
    h("p", null, text),
    yes > 0 &&
      h("p", null, "Now cancel them in the marketplace, too: ", h("a", { href: "#/to-do" }, "your to-do list"), "."),
  );
}

/**
 * @param {Batch} batch
 * @param {() => void} draw
 * @param {() => void} resume
 */
function buttons(batch, draw, resume) {
  const waiting = batch.rows.filter((row) => row.state === "waiting").length;
  if (!waiting) return null;
  if (batch.stopped) {
    const text = `Continue with ${plural(waiting, "order")}`;
    return h("button", { type: "button", class: "primary", onclick: resume }, text);
  }
  const stop = () => {
    stopBatch(batch);
    draw();
  };
  return h("button", { type: "button", class: "plain", onclick: stop }, "Stop");
}

/** @param {Row[]} rows */
function resultTable(rows) {
  const sorted = [...rows].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return table(
    "Result per order",
    [
      { title: "In the marketplace", class: "first" },
      { title: "Order" },
      { title: "Result" },
      { title: "Why", class: "wide-text" },
    ],
    sorted.map((row) => {
      const [text, look] = STATES[row.state];
      const mark = row.state === "refused" ? icon(ICONS.cross) : finished(row) ? icon(ICONS.check) : null;
      return [
        row.marketplace_order_id ? theirLink(row) : orderLink(row.order_id), // a row of before it was kept has none
        h("span", { class: "id" }, row.order_id),
        h("span", { class: `badge ${look}` }, mark, text),
        row.state === "refused" && row.because ? whyNot(row.order_id, row.because) : "",
      ];
    }),
  );
}
