/** The summaries of auto-cancelled orders that were mailed, and whether they arrive. */

import { get } from "../api.js";
import { tell } from "../dialogs.js";
import { fill, h, plural } from "../dom.js";
import { spoken, time } from "../times.js";
import { empty, notice, orderLink, table } from "../views.js";

/** @import { Contact, Summary, SummaryPage, View } from "../types.js" */

/** @type {Record<string, [text: string, look: string]>} */
const STATES = {
  pending: ["On its way", ""],
  sent: ["Sent", ""],
  delivered: ["Delivered", "ok"],
  bounced: ["Came back", "bad"],
  parked: ["Not sent: we are looking into it", "warn"],
};
/** @type {Record<string, string>} */
const PREFERENCES = {
  each_batch: "You get one e-mail soon after orders were cancelled automatically.",
  daily: "You get one e-mail a day, if orders were cancelled automatically.",
  off: "You get no e-mail. Orders that were cancelled automatically are in your to-do list.",
};
const SHOWN = 5;

/** @param {View} view */
export async function open(view) {
  /** @type {SummaryPage} */
  const first = await get("/summaries", { limit: 25 }, view.signal);
  const summaries = first.summaries;
  let cursor = first.cursor;
  const card = h("div", { class: "card list" });
  const draw = () =>
    fill(
      card,
      summaries.length
        ? summaryTable(summaries, (summary) => view.run(() => showMail(summary, view.signal)))
        : empty("No summary was sent yet.", h("p", null, "You get one when the network had to cancel orders itself.")),
    );
  const more = h(
    "button",
    {
      type: "button",
      class: "plain",
      hidden: !cursor,
      onclick: () =>
        view.run(async () => {
          /** @type {SummaryPage} */
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
    h("p", { class: "lead" }, "What the network itself cancelled, as it was mailed to you."),
    contact(first.contact),
    card,
    h("div", { class: "buttons start" }, more),
  );
}

/** @param {Contact | null} contact */
function contact(contact) {
  if (!contact)
    return notice(
      "warn",
      "The network does not have your e-mail address.",
      h("p", null, "Ask the network to register one. Until then no summary can be sent."),
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

/**
 * The mail as it was written, in a frame that has no origin and runs nothing; its links open elsewhere.
 * @param {Summary} summary
 * @param {AbortSignal} signal
 */
async function showMail({ summary_id }, signal) {
  /** @type {SummaryPage} */
  const { mail } = await get("/summaries", { limit: 1, mail_of: summary_id }, signal);
  if (!mail) {
    await tell("There is no mail to show.", "bad", [h("p", null, "Its orders cannot be read any more.")]);
    return;
  }
  // Its one style sheet adapts it to mail programs; the portal's policy would refuse it, and say so.
  const page = mail.html.replace(/<style[\s\S]*?<\/style>/g, "").replace("<head>", '<head><base target="_blank">');
  const address = URL.createObjectURL(new Blob([page], { type: "text/html; charset=utf-8" }));
  const frame = h("iframe", {
    class: "mail",
    src: address,
    title: mail.subject,
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
    referrerpolicy: "no-referrer",
  });
  await tell(mail.subject, null, [frame]);
  URL.revokeObjectURL(address);
}

/**
 * @param {Summary[]} summaries
 * @param {(summary: Summary) => unknown} show
 */
function summaryTable(summaries, show) {
  return table(
    "Summaries",
    [
      { title: "Made", class: "first" },
      { title: "State" },
      { title: "Orders" },
      { title: "Number", class: "number-of" },
      { title: "Mail", class: "actions", unseen: true },
    ],
    summaries.map((summary) => {
      const [text, look] = STATES[summary.status] ?? [summary.status, ""];
      return [
        summary.created_at ? time(summary.created_at) : "",
        h(
          "span",
          null,
          h("span", { class: `badge ${look}` }, text),
          summary.sent_at && h("span", { class: "muted" }, " ", time(summary.sent_at)),
        ),
        orderLinks(summary.orders),
        h("span", { class: "id small" }, summary.summary_id),
        h(
          "button",
          {
            type: "button",
            id: `mail-${summary.summary_id}`,
            class: "plain small",
            "aria-label": `Show the mail about ${plural(summary.orders.length, "order")}, ${summary.summary_id}`,
            onclick: () => show(summary),
          },
          "Show the mail",
        ),
      ];
    }),
  );
}

/**
 * The first few, and the rest behind a button.
 * @param {string[]} orderIds
 */
function orderLinks(orderIds) {
  /** @param {string[]} ids */
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
