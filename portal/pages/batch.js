/** A batch of cancels: how far it is, and how it ended for each order. */

import { SignedOut } from "../api.js";
import { currentBatch, finished, goOn, run, stopBatch } from "../batch.js";
import { announce, fill, h, ICONS, icon, plural } from "../dom.js";
import { localised } from "../times.js";
import { empty, notice, orderLink, table } from "../views.js";

const STATES = {
  waiting: ["Not sent yet", "received"],
  asking: ["Cancelling…", "picking"],
  unknown: ["Checking…", "picked_packed"],
  cancelled: ["Cancelled", "delivered"],
  already_cancelled: ["Was cancelled before", "delivered"],
  refused: ["Not cancelled", "cancelled"],
};
const ORDER = ["refused", "unknown", "asking", "waiting", "already_cancelled", "cancelled"];

export async function open(view) {
  const batch = currentBatch();
  if (!batch) {
    view.show(
      "Cancel orders",
      h("h1", null, "Cancel orders"),
      empty(
        "No orders were cancelled together in this tab.",
        h("p", null, h("a", { href: "#/orders" }, "Select some")),
      ),
    );
    return;
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
      buttons(batch, done, () => draw(), work),
    );
    fill(results, resultTable(batch.rows));
    const text = done === batch.rows.length ? "All orders have an answer." : `${done} of ${batch.rows.length}`;
    if (text !== said) announce((said = text));
  };
  const work = (begin) =>
    view.run(async () => {
      try {
        await begin();
      } catch (error) {
        if (error instanceof SignedOut) stopBatch();
        throw error;
      }
      dispatchEvent(new Event("cancels-settled"));
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
  addEventListener("batch-changed", draw, { signal: view.signal });
  work(run);
}

function standing({ rows, stopped }, done) {
  const count = (...states) => rows.filter((row) => states.includes(row.state)).length;
  const [yes, no, unknown, waiting] = [
    count("cancelled", "already_cancelled"),
    count("refused"),
    count("unknown"),
    count("waiting"),
  ];
  const facts = [
    `${yes} cancelled`,
    no && `${no} not cancelled`,
    unknown && `${unknown} not known yet, checking`,
  ].filter(Boolean);
  const text = `${facts.join(" · ")}.`;
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

function buttons({ rows, stopped }, done, draw, work) {
  const waiting = rows.filter((row) => row.state === "waiting").length;
  if (!waiting) return null;
  return stopped
    ? h(
        "button",
        { type: "button", class: "danger", onclick: () => work(goOn) },
        `Go on with ${plural(waiting, "order")}`,
      )
    : h("button", { type: "button", class: "plain", onclick: () => (stopBatch(), draw()) }, "Stop");
}

function resultTable(rows) {
  const sorted = [...rows].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return table(
    "Result per order",
    [{ title: "Order", class: "first" }, { title: "Result" }, { title: "Why" }],
    sorted.map((row) => {
      const [text, look] = STATES[row.state];
      const mark = row.state === "refused" ? icon(ICONS.cross) : finished(row) ? icon(ICONS.check) : null;
      return {
        cells: [
          orderLink(row.order_id),
          h("span", { class: `badge ${look}` }, mark, text),
          row.state === "refused" ? h("span", null, localised(row.detail)) : "",
        ],
      };
    }),
  );
}
