/** The summaries of auto-cancelled orders that were mailed, and whether they arrive. */

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { spoken, time } from "../times.js";
import { empty, notice, orderLink, table } from "../views.js";

const STATES = {
  pending: ["On its way", "picking"],
  sent: ["Sent", "shipped"],
  delivered: ["Delivered", "delivered"],
  bounced: ["Came back", "cancelled"],
  parked: ["Not sent: we look into it", "cancelled"],
};
const PREFERENCES = {
  each_batch: "You get one e-mail soon after orders were cancelled automatically.",
  daily: "You get one e-mail a day, if orders were cancelled automatically.",
  off: "You get no e-mail. Orders that were cancelled automatically are in your to-do list.",
};
const SHOWN = 5;

export async function open(view) {
  const first = await get("/summaries", { limit: 25 }, view.signal);
  const summaries = first.summaries;
  let cursor = first.cursor;
  const card = h("div", { class: "card list" });
  const draw = () =>
    fill(
      card,
      summaries.length
        ? summaryTable(summaries)
        : empty(
            "No summary was sent yet.",
            h("p", null, "There is one when the network had to cancel orders by itself."),
          ),
    );
  const more = h(
    "button",
    {
      type: "button",
      class: "plain",
      hidden: !cursor,
      onclick: () =>
        view.run(async () => {
          const next = await get("/summaries", { limit: 25, cursor }, view.signal);
          summaries.push(...next.summaries);
          cursor = next.cursor;
          more.hidden = !cursor;
          draw();
        }),
    },
    "Show earlier ones",
  );
  draw();
  view.show(
    "Summaries",
    h("h1", null, "Summaries"),
    h("p", { class: "lead" }, "What the network cancelled by itself, as it was mailed to you."),
    contact(first.contact),
    card,
    h("div", { class: "buttons start" }, more),
  );
}

function contact(contact) {
  if (!contact)
    return notice(
      "warn",
      "The network has no e-mail address of yours.",
      h("p", null, "Ask it to register one: until then no summary can be sent."),
    );
  const { email, summaries, mail_problem: problem } = contact;
  if (problem) {
    const what = problem.kind === "complaint" ? "was reported as unwanted mail" : "came back as undeliverable";
    return notice(
      "bad",
      `Mail to ${email} is not arriving.`,
      h("p", null, `A summary ${what} on ${spoken(problem.at)}. Ask the network to correct the address.`),
    );
  }
  return h("p", { class: "hint" }, `They go to ${email}. ${PREFERENCES[summaries] ?? ""}`);
}

function summaryTable(summaries) {
  return table(
    "Summaries",
    [
      { title: "Made", class: "first" },
      { title: "State" },
      { title: "Orders" },
      { title: "Number", class: "number-of" },
    ],
    summaries.map((summary) => {
      const [text, look] = STATES[summary.status] ?? [summary.status, "received"];
      return {
        cells: [
          summary.created_at ? time(summary.created_at) : "",
          h(
            "span",
            null,
            h("span", { class: `badge ${look}` }, text),
            summary.sent_at && h("span", { class: "muted" }, " ", time(summary.sent_at)),
          ),
          orderLinks(summary.orders),
          h("span", { class: "id small" }, summary.summary_id),
        ],
      };
    }),
  );
}

/** The first few, and the rest behind a button. */
function orderLinks(orderIds) {
  const links = (ids) => ids.flatMap((id, index) => [index > 0 && ", ", orderLink(id)]);
  if (orderIds.length <= SHOWN + 1) return h("span", null, links(orderIds));
  const all = h("span", null, links(orderIds.slice(0, SHOWN)), " ");
  all.append(
    h(
      "button",
      { type: "button", class: "link", onclick: () => fill(all, links(orderIds)) },
      `and ${orderIds.length - SHOWN} more`,
    ),
  );
  return all;
}
