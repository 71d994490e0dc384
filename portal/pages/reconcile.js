// @ts-nocheck
/** What the marketplace says, compared with what is here: from its export file to the two lists that differ. */

import { call } from "../api.js";
import { startBatch } from "../batch.js";
import { decode, fold, holdsMoments, meansCancelled, parse, recognize } from "../csv.js";
import { confirmCancel } from "../dialogs.js";
import { announce, fill, h, ICONS, icon, plural, toast } from "../dom.js";
import { mark } from "../marking.js";
import { whyNot } from "../sentences.js";
import { badge, empty, notice, orderLink, table } from "../views.js";
import { marketplaceName, marketplaces } from "../words.js";

const MOST_ROWS = 1000; // of one request
const MOST_BYTES = 200_000; // well under what the service takes
const SIDE_BY_SIDE = 6; // what a browser opens to one host anyway
const LARGEST_FILE = 20_000_000;
const MOST_WORDS = 30;
const MOST_SHOWN = 100;

export async function open(view) {
  const below = h("div", null);
  const input = h("input", {
    type: "file",
    id: "file",
    accept: ".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain",
    onchange: () => input.files[0] && take(input.files[0]),
  });
  const zone = h(
    "div",
    {
      class: "drop",
      ondragover: (event) => {
        event.preventDefault();
        zone.classList.add("over");
      },
      ondragleave: () => zone.classList.remove("over"),
      ondrop: (event) => {
        event.preventDefault();
        zone.classList.remove("over");
        if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
      },
    },
    icon(ICONS.upload),
    h(
      "div",
      null,
      h("label", { for: "file" }, "The marketplace’s order export (CSV)"),
      h(
        "p",
        { class: "hint" },
        "Drop the file here, or choose it. It is read in your browser; only order ids and states are sent.",
      ),
    ),
    input,
  );
  const take = (file) =>
    view.run(async () => {
      fill(below);
      if (file.size > LARGEST_FILE)
        return fill(below, notice("bad", "The file is too large.", h("p", null, "Export a shorter period.")));
      const rows = parse(decode(new Uint8Array(await file.arrayBuffer())));
      if (rows.length < 2)
        return fill(
          below,
          notice(
            "bad",
            `${file.name} has no orders in it.`,
            h("p", null, "The first row must have the columns’ names."),
          ),
        );
      fill(below, columns(file.name, rows, view));
      announce(`${file.name} has ${plural(rows.length - 1, "row")}.`);
    });
  view.show(
    "Reconcile",
    h("h1", null, "Reconcile with a marketplace"),
    h("p", { class: "lead" }, "See which orders are cancelled there and not here, or here and not there."),
    h("div", { class: "card" }, zone),
    below,
    h(
      "p",
      { class: "hint space" },
      "Nothing is synchronized with any marketplace, in either direction: this page only compares, and does what you press.",
    ),
  );
}

/** The file's columns: recognized, and for a person to correct. */
function columns(fileName, [headers, ...rows], view) {
  const guess = recognize(headers);
  const marketplace = select(
    "marketplace",
    [["", "Choose…"], ...marketplaces().map((code) => [code, marketplaceName(code)])],
    guess.marketplace,
  );
  const named = headers.map((header, index) => [String(index), header || `Column ${index + 1}`]);
  const id = select("id-column", [["-1", "Choose…"], ...named], String(guess.id));
  const state = select("state-column", [["-1", "Choose…"], ...named], String(guess.state));
  const words = h("fieldset", { class: "words" });
  const about = h("div", null);
  const result = h("div", { id: "result" });
  const compare = h("button", { type: "submit", class: "primary" }, "Compare");
  let isCancelled = () => false;

  const valuesOf = (column) => rows.map((row) => row[column] ?? "");
  const drawWords = () => {
    words.hidden = Number(state.value) < 0;
    if (words.hidden) return drawAbout();
    const column = Number(state.value);
    const distinct = [...new Set(valuesOf(column))].sort();
    if (holdsMoments(distinct) || distinct.length > MOST_WORDS) {
      isCancelled = (row) => Boolean(row[column]);
      fill(words, h("legend", null, "Cancelled are"), h("p", null, `the rows with something in “${headers[column]}”.`));
    } else {
      const boxes = distinct.map((value) =>
        h("input", {
          type: "checkbox",
          name: "word",
          value,
          checked: meansCancelled(value),
          onchange: () => drawAbout(),
        }),
      );
      isCancelled = (row) => boxes.some((box) => box.checked && box.value === (row[column] ?? ""));
      fill(
        words,
        h("legend", null, "Cancelled are the rows with"),
        boxes.map((box) => h("label", null, box, box.value || h("em", null, "nothing"))),
      );
    }
    return drawAbout();
  };
  const folded = () => fold(rows, Number(id.value), isCancelled);
  const drawAbout = () => {
    fill(result);
    compare.disabled = Number(id.value) < 0 || Number(state.value) < 0 || !marketplace.value;
    if (Number(id.value) < 0 || Number(state.value) < 0)
      return fill(about, h("p", { class: "hint" }, "Choose the marketplace and the two columns."));
    const { cancelled, open, mixed, mangled } = folded();
    if (cancelled.length + open.length === 0) compare.disabled = true;
    return fill(
      about,
      h(
        "p",
        null,
        h("strong", null, plural(cancelled.length + open.length, "order")),
        ` in ${fileName}: ${cancelled.length.toLocaleString()} cancelled, ${open.length.toLocaleString()} not.`,
      ),
      mixed.length > 0 &&
        h(
          "p",
          { class: "hint" },
          `${plural(mixed.length, "order")} with some lines cancelled and some not: taken as not cancelled.`,
        ),
      mangled.length > 0 &&
        notice(
          "warn",
          `${plural(mangled.length, "id")} left out: a spreadsheet made numbers of them, such as ${mangled[0]}.`,
          h("p", null, "Use the file as the marketplace wrote it."),
        ),
    );
  };
  marketplace.addEventListener("change", drawAbout);
  id.addEventListener("change", drawAbout);
  state.addEventListener("change", drawWords);
  drawWords();

  const form = h(
    "form",
    {
      class: "card",
      onsubmit: (event) => {
        event.preventDefault();
        if (compare.disabled) return;
        compare.disabled = true;
        view.run(() => ask(marketplace.value, folded(), view, result)).finally(() => (compare.disabled = false));
      },
    },
    h("h2", null, "What is in the file"),
    h(
      "div",
      { class: "fields" },
      field("Marketplace", marketplace),
      field("Column with its order id", id),
      field("Column with the state", state),
    ),
    words,
    about,
    h("div", { class: "buttons start" }, compare),
  );
  return [form, result];
}

function select(id, options, chosen) {
  return h(
    "select",
    { id },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
}

const field = (label, control) => h("div", { class: "field" }, h("label", { for: control.id }, label), control);

/** Asks in requests that the service takes, and shows the answers as one. */
async function ask(marketplace, { cancelled, open }, view, result) {
  const rows = [
    ...cancelled.map((id) => ({ marketplace_order_id: id, state: "cancelled" })),
    ...open.map((id) => ({ marketplace_order_id: id, state: "open" })),
  ];
  const found = { cancelled_there_live_here: [], cancelled_here_live_there: [], agreed: [], unknown: [] };
  const bar = h("progress", { max: rows.length, value: 0, "aria-label": "Orders compared" });
  fill(result, h("p", { class: "loading" }, "Comparing…"), bar);
  try {
    for (const part of parts(rows)) {
      const answer = await call("POST", "/reconciliations", {
        body: { marketplace, orders: part },
        signal: view.signal,
      });
      for (const name of Object.keys(found)) found[name].push(...answer[name]);
      bar.value += part.length;
    }
  } catch (error) {
    fill(
      result,
      notice("bad", "The orders could not all be compared.", h("p", null, "Nothing was changed. Try again.")),
    );
    throw error;
  }
  drawResult(marketplace, found, view, result);
  announce("The comparison is ready.");
  result.querySelector("h2")?.focus();
}

function parts(rows) {
  const all = [];
  let part = [];
  let size = 0;
  const encoder = new TextEncoder();
  for (const row of rows) {
    const bytes = encoder.encode(JSON.stringify(row)).length + 1;
    if (part.length === MOST_ROWS || size + bytes > MOST_BYTES) {
      all.push(part);
      part = [];
      size = 0;
    }
    part.push(row);
    size += bytes;
  }
  return part.length ? [...all, part] : all;
}

function drawResult(marketplace, found, view, result) {
  const name = marketplaceName(marketplace);
  const { cancelled_there_live_here: there, cancelled_here_live_there: here, agreed, unknown } = found;
  const canCancel = there.filter((row) => row.cancellable);
  const settled = agreed.filter((row) => row.marketplace_cancellation === "to_do");
  const again = () => drawResult(marketplace, found, view, result);
  fill(
    result,
    h("h2", { tabindex: "-1" }, "Where the two differ"),
    h(
      "ul",
      { class: "tally" },
      tally(there.length, `cancelled in ${name}, live here`),
      tally(here.length, `cancelled here, live in ${name}`),
      tally(agreed.length, "the same in both"),
      tally(unknown.length, "not known here"),
    ),
    h(
      "section",
      { class: "card list" },
      h("h3", null, `Cancelled in ${name}, live here`),
      there.length ? hereTable(there) : empty("None."),
      canCancel.length > 0 &&
        h(
          "div",
          { class: "buttons start pad" },
          h(
            "button",
            { type: "button", class: "danger", onclick: () => cancelAll(canCancel) },
            `Cancel ${plural(canCancel.length, "order")} here`,
          ),
        ),
    ),
    h(
      "section",
      { class: "card list" },
      h("h3", null, `Cancelled here, live in ${name}`),
      here.length ? thereTable(here) : empty("None."),
      here.length > 0 && toDoAction(here, view, again),
    ),
    settled.length > 0 &&
      h(
        "section",
        { class: "card" },
        h(
          "h3",
          null,
          `${plural(settled.length, "order")} on your to-do list ${settled.length === 1 ? "is" : "are"} cancelled in ${name}, too`,
        ),
        h(
          "div",
          { class: "buttons start" },
          h(
            "button",
            { type: "button", class: "plain", onclick: () => markAll(settled, "done", view, again) },
            `Mark ${settled.length === 1 ? "it" : "them"} as done`,
          ),
        ),
      ),
    unknown.length > 0 &&
      h(
        "details",
        { class: "card" },
        h("summary", null, `${plural(unknown.length, "order")} not known here`),
        h("p", { class: "hint" }, "They were never placed with this network, or belong to another marketplace."),
        h(
          "p",
          { class: "id" },
          unknown
            .slice(0, MOST_SHOWN)
            .map((row) => row.marketplace_order_id)
            .join(", "),
          unknown.length > MOST_SHOWN && ` and ${unknown.length - MOST_SHOWN} more`,
        ),
      ),
  );
}

const tally = (count, text) =>
  h("li", { class: count ? null : "none" }, h("strong", null, count.toLocaleString()), " ", text);

function hereTable(rows) {
  return limited(rows, (shown) =>
    table(
      "Cancelled in the marketplace, live here",
      [
        { title: "Marketplace’s id", class: "first" },
        { title: "Order" },
        { title: "Status" },
        { title: "Can it be cancelled?" },
      ],
      shown.map((row) => [
        h("span", { class: "id" }, row.marketplace_order_id),
        orderLink(row.order_id),
        badge(row.status),
        row.cancellable
          ? "Yes"
          : h(
              "span",
              null,
              whyNot(row.order_id, row.not_cancellable_because),
              " Settle it with the marketplace or the customer.",
            ),
      ]),
    ),
  );
}

function thereTable(rows) {
  const states = {
    to_do: "On your to-do list",
    done: "You marked it as done",
    not_needed: "You marked it as not needed",
  };
  return limited(rows, (shown) =>
    table(
      "Cancelled here, live in the marketplace",
      [{ title: "Marketplace’s id", class: "first" }, { title: "Order" }, { title: "To-do list" }],
      shown.map((row) => [
        h("span", { class: "id" }, row.marketplace_order_id),
        orderLink(row.order_id),
        states[row.marketplace_cancellation],
      ]),
    ),
  );
}

function limited(rows, draw) {
  if (rows.length <= MOST_SHOWN) return draw(rows);
  const place = h("div", null, draw(rows.slice(0, MOST_SHOWN)));
  const all = h(
    "button",
    { type: "button", class: "link", onclick: () => fill(place, draw(rows)) },
    `Show all ${rows.length.toLocaleString()}`,
  );
  place.append(h("p", { class: "pad" }, all));
  return place;
}

async function cancelAll(rows) {
  const orderIds = rows.map((row) => row.order_id);
  const wish = await confirmCancel(orderIds);
  if (!wish) return;
  startBatch(orderIds, wish);
  location.hash = "#/batch";
}

function toDoAction(rows, view, again) {
  const others = rows.filter((row) => row.marketplace_cancellation !== "to_do");
  if (!others.length)
    return h("p", { class: "hint pad" }, "All of them are on ", h("a", { href: "#/to-do" }, "your to-do list"), ".");
  return h(
    "div",
    { class: "buttons start pad" },
    h(
      "button",
      { type: "button", class: "plain", onclick: () => markAll(others, "to_do", view, again) },
      `Put ${plural(others.length, "order")} back on the to-do list`,
    ),
  );
}

function markAll(rows, state, view, again) {
  return view.run(async () => {
    const waiting = [...rows];
    const work = async () => {
      while (waiting.length) await mark(waiting.shift(), state);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    again();
    toast(
      state === "done"
        ? `${plural(rows.length, "order")} marked as done.`
        : `${plural(rows.length, "order")} put on your to-do list.`,
    );
  });
}
