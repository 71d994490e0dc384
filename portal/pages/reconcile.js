/** What the marketplace says, compared with what is here: from its export file to the two lists that differ. */

import { call, needed, orderPage } from "../api.js";
import { announce, fill, h, ICONS, icon, plural } from "../dom.js";
import { emit, on } from "../events.js";
import { columnsOf, MOST_STATES, ordersOf, statesOf, tableOf } from "../export-orders.js";
import { decode, unreadable } from "../export-table.js";
import { markAll } from "../marking.js";
import { whyNot } from "../sentences.js";
import { badge, empty, notice, orderLink, table } from "../views.js";
import { marketplaceName, marketplaces } from "../words.js";

/** @import { LeftOut, Orders, State } from "../export-orders.js" */
/** @import { Table } from "../export-table.js" */
/** @import { Meaning } from "../export-words.js" */
/** @import { Child, Compared, MarketplaceCancellation, Reconciliation, View } from "../types.js" */

/** @typedef {{column: string, orders: Orders}} Wanted the orders by one of the columns that look like ids */
/** @typedef {{marketplace: string, column: string, others: string[], total: number, found: Reconciliation}} Answer */

const MOST_ROWS = 1000; // of one request
const MOST_BYTES = 200_000; // well under what the service takes
const LARGEST_FILE = 20_000_000;
const MOST_SHOWN = 100;
const MOST_LEFT_OUT = 20;
const LOOKED_AT = 5; // pages of orders, for the names of their marketplaces
const FEW = 0.1; // of the orders known here: then something is wrong with the question

const ANOTHER = "another";
const TRY_ALL = "all";
const MARKETPLACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @type {Record<string, [title: string, text: string]>} */
const UNREADABLE = {
  workbook: ["That is a workbook or an archive, not a table of text.", "Open it, and save it as CSV."],
  document: ["That is no table of text.", "Export the orders as CSV or as a tab-separated text file."],
  empty: ["There are no orders in this file.", "It needs a row with the columns’ names, and a row for each order."],
};

/** @param {View} view */
export async function open(view) {
  const below = h("div", null);
  const input = h("input", {
    type: "file",
    id: "file",
    accept: ".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain",
    onchange: () => {
      take(input.files?.[0]);
    },
  });
  const zone = h(
    "div",
    { class: "drop" },
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
  const known = new Set(marketplaces());
  lookForMarketplaces(known, view.signal);

  /** @param {File | undefined} file */
  const take = (file) => {
    if (!file) return;
    view.run(async () => {
      fill(below);
      /** @param {string} kind */
      const cannot = (kind) => {
        const [title = "", text] = UNREADABLE[kind] ?? [];
        fill(below, notice("bad", `${file.name}: ${title}`, h("p", null, text)));
      };
      if (file.size > LARGEST_FILE) {
        return fill(below, notice("bad", `${file.name} is too large.`, h("p", null, "Export a shorter period.")));
      }
      const bytes = new Uint8Array(await file.arrayBuffer());
      const kind = unreadable(bytes);
      if (kind) return cannot(kind);
      const sheet = tableOf(decode(bytes));
      if (!sheet.rows.length) return cannot("empty");
      fill(below, questions(file.name, sheet, known, view));
      announce(`${file.name} has ${plural(sheet.rows.length, "row")}.`);
    });
  };

  // A file that is dropped beside the box would otherwise be opened, and the page left for it.
  const { signal } = view;
  addEventListener(
    "dragover",
    (event) => {
      event.preventDefault();
      zone.classList.add("over");
    },
    { signal },
  );
  addEventListener("dragleave", (event) => event.relatedTarget ?? zone.classList.remove("over"), { signal });
  addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      take(event.dataTransfer?.files[0]);
    },
    { signal },
  );

  view.show(
    "Reconcile",
    h("h1", null, "Reconcile with a marketplace"),
    h("p", { class: "lead" }, "See which orders are cancelled there and not here, or here and not there."),
    h("div", { class: "card" }, zone),
    below,
    h(
      "p",
      { class: "hint space" },
      "Nothing is synchronized with any marketplace, in either direction. This page only compares, until you press a button.",
    ),
  );
}

/**
 * Adds the marketplaces of the seller's own orders. Without an answer those that everybody knows are left.
 * @param {Set<string>} known
 * @param {AbortSignal} signal
 */
async function lookForMarketplaces(known, signal) {
  /** @type {string | null} */
  let cursor = null;
  try {
    for (let asked = 0; asked < LOOKED_AT; asked++) {
      const page = await orderPage({}, cursor, signal);
      for (const order of page.orders) {
        const same = [...known].some((code) => code.toLowerCase() === order.marketplace.toLowerCase());
        if (!same) known.add(order.marketplace);
      }
      cursor = page.cursor;
      if (cursor === null) break;
    }
  } catch {
    return; // any other can be typed
  }
  emit("marketplaces-known", null);
}

// ------------------------------------------------------------------------------------------------ what the file means

/**
 * What has to be known of the file: recognized where that is certain, and for a person to decide where not.
 * @param {string} fileName
 * @param {Table} sheet
 * @param {Set<string>} known codes of marketplaces
 * @param {View} view
 */
function questions(fileName, sheet, known, view) {
  const now = Date.now();
  const guess = columnsOf(sheet, now);
  /** @param {number} column */
  const nameOf = (column) => sheet.headers[column] || `Column ${column + 1}`;
  /** @type {[string, string][]} */
  const columns = sheet.headers.map((_, column) => [String(column), nameOf(column)]);

  const marketplace = h("select", { id: "marketplace" });
  const another = h("input", { id: "another", autocomplete: "off", spellcheck: "false", maxlength: 64 });
  const anotherField = field("Its name, as your orders have it", another);
  const named = () => (marketplace.value === ANOTHER ? another.value.trim() : marketplace.value);
  const fillMarketplaces = () => {
    const chosen = marketplace.value || guessed(known, guess.marketplace, fileName);
    const codes = [...known].sort((a, b) => marketplaceName(a).localeCompare(marketplaceName(b)));
    /** @type {[string, string][]} */
    const options = [["", "Choose…"], ...codes.map(both), [ANOTHER, "Another…"]];
    fill(marketplace, optionsOf(options, chosen));
  };

  const tried = guess.ids.length > 1 ? `Try ${guess.ids.map((column) => `“${nameOf(column)}”`).join(" and ")}` : "";
  const id = h(
    "select",
    { id: "id-column" },
    optionsOf([tried ? [TRY_ALL, tried] : ["", "Choose…"], ...columns], tried ? TRY_ALL : String(guess.ids[0] ?? "")),
  );
  const state = h(
    "select",
    { id: "state-column" },
    optionsOf(
      [
        ["", "Choose…"],
        ...columns,
        ["cancelled", "None: every row is cancelled there"],
        ["open", "None: every row is still open there"],
      ],
      String(guess.state ?? ""),
    ),
  );

  const decisions = h("div", { class: "states" });
  const about = h("div", { role: "status" });
  const result = h("div", { id: "result" });
  const compare = h("button", { type: "submit", class: "primary" }, "Compare");
  /** @type {Map<string, Meaning>} */
  let decided = new Map();

  const idColumns = () => (id.value === TRY_ALL ? guess.ids : id.value === "" ? [] : [Number(id.value)]);
  const stateColumn = () => (/^\d+$/.test(state.value) ? Number(state.value) : null);
  /** @type {Map<string, ReturnType<typeof statesOf>>} */
  const read = new Map(); // a large file takes a moment
  const states = () => {
    const column = stateColumn();
    if (column === null) return null;
    const id = idColumns()[0] ?? null;
    const found = read.get(`${id}/${column}`) ?? statesOf(sheet, { id, state: column }, now);
    read.set(`${id}/${column}`, found);
    return found;
  };

  /** The orders by each column that may have the ids; empty until all is decided. */
  const wanted = () => {
    const column = stateColumn();
    const of = states();
    const every = /** @type {Meaning} */ (state.value);
    return idColumns().map((idColumn) => ({
      column: nameOf(idColumn),
      orders: ordersOf(
        sheet,
        { id: idColumn, state: column },
        (row) => {
          if (column === null) return every;
          const key = of?.keyOf(row) ?? "";
          return key === "" ? null : (decided.get(key) ?? null);
        },
        decided.get(""),
      ),
    }));
  };

  /** @param {{keep: boolean}} what whether what was decided holds on: the states are of the same column */
  const drawDecisions = ({ keep }) => {
    const of = states();
    const before = decided;
    decided = new Map();
    for (const state of of?.list ?? []) {
      const meaning = (keep && before.get(state.key)) || state.meaning;
      if (meaning) decided.set(state.key, meaning);
    }
    /**
     * @param {string} key
     * @param {Meaning} meaning
     */
    const decide = (key, meaning) => {
      decided.set(key, meaning);
      drawAbout();
    };
    fill(decisions, of && stateList(of.list, decided, decide));
    drawAbout();
  };

  /** What is still missing before anything can be compared. */
  const missing = () => {
    if (named() === "") return "Choose the marketplace.";
    if (!MARKETPLACE.test(named())) return "A marketplace’s name is of letters, digits, dots, hyphens and underscores.";
    if (!idColumns().length) return "Choose the column with the marketplace’s order id.";
    if (state.value === "") return "Choose the column with the state, or what holds for every row.";
    const column = stateColumn();
    const of = states();
    if (column !== null && !of) {
      return `“${nameOf(column)}” has more than ${MOST_STATES} different values, so it is not the state. Choose another column.`;
    }
    const open = of?.list.filter(({ key }) => !decided.has(key)).length ?? 0;
    return open
      ? `Decide what ${open === 1 ? "the state" : `the ${open} states`} above ${open === 1 ? "means" : "mean"}.`
      : "";
  };

  const drawAbout = () => {
    fill(result);
    anotherField.hidden = marketplace.value !== ANOTHER;
    const lack = missing();
    const [first] = lack ? [] : wanted();
    const { cancelled, open } = first?.orders ?? { cancelled: [], open: [] };
    compare.disabled = cancelled.length + open.length === 0;
    fill(about, lack ? h("p", { class: "hint" }, lack) : first && summary(fileName, first.orders));
  };

  fillMarketplaces();
  /** The list grew: what was chosen stays, and a guess that had to wait for it is made now. */
  const more = () => {
    const before = marketplace.value;
    fillMarketplaces();
    if (marketplace.value !== before) drawAbout();
  };
  on("marketplaces-known", more, { signal: view.signal });
  marketplace.addEventListener("change", drawAbout);
  another.addEventListener("input", drawAbout);
  id.addEventListener("change", () => drawDecisions({ keep: true }));
  state.addEventListener("change", () => drawDecisions({ keep: false }));
  drawDecisions({ keep: false });

  const form = h(
    "form",
    {
      class: "card",
      onsubmit: (event) => {
        event.preventDefault();
        if (compare.disabled) return;
        compare.disabled = true;
        view
          .run(() => ask(named(), wanted(), view, result))
          .finally(() => {
            compare.disabled = false;
          });
      },
    },
    h("h2", null, "What is in the file"),
    h(
      "div",
      { class: "fields" },
      field("Marketplace", marketplace),
      anotherField,
      field("Column with its order id", id),
      field("Column with the state", state),
    ),
    decisions,
    about,
    h("div", { class: "buttons start" }, compare),
  );
  return [form, result];
}

/**
 * @param {string} code
 * @returns {[string, string]}
 */
const both = (code) => [code, marketplaceName(code)];

/**
 * The marketplace that the headers, or else the file's name, speak of.
 * @param {Set<string>} known
 * @param {string | null} sign
 * @param {string} fileName
 */
function guessed(known, sign, fileName) {
  /** @param {string} text */
  const plain = (text) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const bySign = [...known].filter((code) => sign && plain(code).includes(sign));
  const byName = [...known].filter((code) => plain(fileName).includes(plain(code)));
  return (bySign.length ? bySign : byName.length === 1 ? byName : [])[0] ?? "";
}

/**
 * @param {[value: string, text: string][]} options
 * @param {string} chosen
 */
const optionsOf = (options, chosen) =>
  options.map(([value, text]) => h("option", { value, selected: value === chosen }, text));

/**
 * @param {string} label
 * @param {HTMLElement} control
 */
const field = (label, control) => h("div", { class: "field" }, h("label", { for: control.id }, label), control);

/**
 * What each state means, to look at and to correct; where it is not certain, nothing is chosen.
 * @param {State[]} states
 * @param {Map<string, Meaning>} decided
 * @param {(key: string, meaning: Meaning) => void} decide
 */
function stateList(states, decided, decide) {
  return [
    h("h3", null, "What the states mean"),
    states.map(({ key, label, rows, meaning }, index) => {
      /**
       * @param {Meaning} value
       * @param {string} text
       */
      const choice = (value, text) =>
        h(
          "label",
          null,
          h("input", {
            type: "radio",
            name: `state-${index}`,
            value,
            checked: decided.get(key) === value,
            onchange: () => decide(key, value),
          }),
          text,
        );
      return h(
        "fieldset",
        { class: meaning ? null : "undecided" },
        h("legend", null, label || h("em", null, "nothing")),
        h("span", { class: "hint" }, plural(rows, "row")),
        choice("cancelled", "Cancelled there"),
        choice("open", "Not cancelled there"),
      );
    }),
  ];
}

/**
 * @param {string} fileName
 * @param {Orders} orders
 */
function summary(fileName, { cancelled, open, mixed, leftOut, uneven }) {
  const total = plural(cancelled.length + open.length, "order");
  const parts = `${cancelled.length.toLocaleString()} cancelled, ${open.length.toLocaleString()} not.`;
  return [
    h("p", null, h("strong", null, total), ` in ${fileName}: ${parts}`),
    mixed.length > 0 &&
      notice(
        "warn",
        `${plural(mixed.length, "order has", "orders have")} rows that are cancelled and rows that are not.`,
        h("p", null, "They count as cancelled. Look at them before you cancel them here: ", listed(mixed)),
      ),
    leftOut.length > 0 && leftOutNotice(leftOut),
    uneven.length > 0 &&
      h(
        "p",
        { class: "hint" },
        `${plural(uneven.length, "row has", "rows have")} another number of cells than the header, which changes nothing: `,
        `${uneven.slice(0, MOST_LEFT_OUT).join(", ")}${uneven.length > MOST_LEFT_OUT ? ", …" : ""}.`,
      ),
  ];
}

/** @param {LeftOut[]} rows */
function leftOutNotice(rows) {
  return notice(
    "warn",
    `${plural(rows.length, "row")} left out.`,
    h(
      "ul",
      { class: "left-out" },
      rows
        .slice(0, MOST_LEFT_OUT)
        .map(({ row, value, why }) =>
          h("li", null, `Row ${row.toLocaleString()}: ${why}. `, h("span", { class: "id small" }, shortened(value))),
        ),
    ),
    rows.length > MOST_LEFT_OUT && h("p", null, `And ${rows.length - MOST_LEFT_OUT} more.`),
    rows.some(({ why }) => why.startsWith("a spreadsheet")) &&
      h("p", null, "Use the file as the marketplace wrote it."),
  );
}

/** @param {string} text */
const shortened = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** @param {string[]} ids */
const listed = (ids) =>
  h(
    "span",
    { class: "id" },
    ids.slice(0, MOST_SHOWN).join(", "),
    ids.length > MOST_SHOWN && ` and ${(ids.length - MOST_SHOWN).toLocaleString()} more`,
  );

// ------------------------------------------------------------------------------------------------------ the comparison

/**
 * Asks in requests that the service takes, and shows the answers as one. Where several columns look like ids, each is
 * tried, and the one counts by which most orders are known here.
 * @param {string} marketplace
 * @param {Wanted[]} wanted
 * @param {View} view
 * @param {HTMLElement} result
 */
async function ask(marketplace, wanted, view, result) {
  const total = wanted.reduce((sum, { orders }) => sum + orders.cancelled.length + orders.open.length, 0);
  const bar = h("progress", { max: total, value: 0, "aria-label": "Orders compared" });
  fill(result, h("p", { class: "loading" }, "Comparing…"), bar);
  /** @type {Answer[]} */
  const answers = [];
  try {
    for (const { column, orders } of wanted) {
      const found = await compared(marketplace, orders, view.signal, (count) => {
        bar.value += count;
      });
      const others = wanted.map((other) => other.column).filter((other) => other !== column);
      answers.push({ marketplace, column, others, total: orders.cancelled.length + orders.open.length, found });
    }
  } catch (error) {
    fill(
      result,
      notice("bad", "The orders could not all be compared.", h("p", null, "Nothing was changed. Try again.")),
    );
    throw error;
  }
  const [best] = answers.sort((a, b) => share(b) - share(a));
  if (!best) return;
  drawResult(best, view, result);
  announce("The comparison is ready.");
  result.querySelector("h2")?.focus();
}

/** @param {Answer} answer */
const share = ({ total, found }) => (total ? 1 - found.unknown.length / total : 0);

/**
 * @param {string} marketplace
 * @param {Orders} orders
 * @param {AbortSignal} signal
 * @param {(count: number) => void} progress
 */
async function compared(marketplace, orders, signal, progress) {
  const rows = [
    ...orders.cancelled.map((id) => ({ marketplace_order_id: id, state: "cancelled" })),
    ...orders.open.map((id) => ({ marketplace_order_id: id, state: "open" })),
  ];
  /** @type {Reconciliation} */
  const found = { cancelled_there_live_here: [], cancelled_here_live_there: [], agreed: [], unknown: [] };
  for (const part of parts(rows)) {
    /** @type {Reconciliation} */
    const answer = await call("POST", "/reconciliations", { body: { marketplace, orders: part }, signal });
    found.cancelled_there_live_here.push(...answer.cancelled_there_live_here);
    found.cancelled_here_live_there.push(...answer.cancelled_here_live_there);
    found.agreed.push(...answer.agreed);
    found.unknown.push(...answer.unknown);
    progress(part.length);
  }
  return found;
}

/**
 * @template Entry
 * @param {Entry[]} rows
 */
function parts(rows) {
  /** @type {Entry[][]} */
  const all = [];
  /** @type {Entry[]} */
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

/**
 * @param {Answer} answer
 * @param {View} view
 * @param {HTMLElement} result
 */
function drawResult(answer, view, result) {
  const { marketplace, column, others, total, found } = answer;
  const name = marketplaceName(marketplace);
  const { cancelled_there_live_here: there, cancelled_here_live_there: here, agreed, unknown } = found;
  const canCancel = there.filter((row) => row.cancellable);
  const settled = agreed.filter((row) => row.marketplace_cancellation === "to_do");
  const again = () => drawResult(answer, view, result);
  fill(
    result,
    h("h2", { tabindex: "-1" }, "Where the two differ"),
    share(answer) < FEW ? hardlyAnyKnown(answer) : others.length > 0 && chosenColumn(answer),
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
            { type: "button", class: "primary", onclick: () => view.run(() => cancelAll(canCancel, marketplace)) },
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
            {
              type: "button",
              class: "plain",
              onclick: () => view.run(() => markAll(settled, "done", again, view.run)),
            },
            `Mark ${settled.length === 1 ? "it" : "them"} as done`,
          ),
        ),
      ),
    unknown.length > 0 &&
      h(
        "details",
        { class: "card" },
        h("summary", null, `${plural(unknown.length, "order")} not known here`),
        unknown.length < total &&
          h("p", { class: "hint" }, "They were never placed with this network, or belong to another marketplace."),
        h("p", { class: "hint" }, `Their ids are from the column “${column}”.`),
        h("p", null, listed(unknown.map((row) => row.marketplace_order_id))),
      ),
  );
}

/** @param {Answer} answer */
function hardlyAnyKnown({ marketplace, column, others, total, found }) {
  const known = total - found.unknown.length;
  const tried = [column, ...others].map((name) => `“${name}”`).join(" and ");
  return notice(
    "warn",
    known
      ? `Only ${known.toLocaleString()} of ${plural(total, "order")} ${known === 1 ? "is" : "are"} known here.`
      : total === 1
        ? "The order is not known here."
        : `None of the ${plural(total, "order")} is known here.`,
    h(
      "p",
      null,
      `Most likely ${tried} ${others.length ? "are not the columns" : "is not the column"} with the marketplace’s order id, ` +
        `or the file is not from ${marketplaceName(marketplace)}. Choose another above, and compare again.`,
    ),
  );
}

/** @param {Answer} answer */
function chosenColumn({ column, others, total, found }) {
  const known = (total - found.unknown.length).toLocaleString();
  const rest = others.map((name) => `“${name}”`).join(" and ");
  return h(
    "p",
    { class: "hint" },
    `Compared by the column “${column}”: ${known} of ${plural(total, "order")} are known by it, and fewer by ${rest}.`,
  );
}

/**
 * @param {number} count
 * @param {string} text
 */
const tally = (count, text) =>
  h("li", { class: count ? null : "none" }, h("strong", null, count.toLocaleString()), " ", text);

/** @param {Compared[]} rows */
function hereTable(rows) {
  return limited(rows, (shown) =>
    table(
      "Cancelled in the marketplace, live here",
      [
        { title: "Marketplace’s id", class: "first" },
        { title: "Order" },
        { title: "Status" },
        { title: "Can it be cancelled?", class: "wide-text" },
      ],
      shown.map((row) => [
        h("span", { class: "id" }, row.marketplace_order_id),
        orderLink(row.order_id),
        badge(row.status),
        row.not_cancellable_because
          ? h(
              "span",
              null,
              whyNot(row.order_id, row.not_cancellable_because),
              " Settle it with the marketplace or the customer.",
            )
          : "Yes",
      ]),
    ),
  );
}

/** @type {Record<MarketplaceCancellation, string>} */
const MARKED = {
  to_do: "On your to-do list",
  done: "You marked it as done",
  not_needed: "You marked it as not needed",
};

/** @param {Compared[]} rows */
function thereTable(rows) {
  return limited(rows, (shown) =>
    table(
      "Cancelled here, live in the marketplace",
      [{ title: "Marketplace’s id", class: "first" }, { title: "Order" }, { title: "To-do list" }],
      shown.map((row) => [
        h("span", { class: "id" }, row.marketplace_order_id),
        orderLink(row.order_id),
        MARKED[row.marketplace_cancellation ?? "to_do"],
      ]),
    ),
  );
}

/**
 * @param {Compared[]} rows
 * @param {(rows: Compared[]) => Child} draw
 */
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

/**
 * @param {Compared[]} rows
 * @param {string} marketplace
 */
async function cancelAll(rows, marketplace) {
  const { confirmAndStart } = await needed(() => import("./batch.js"));
  await confirmAndStart(
    rows.map(({ order_id, marketplace_order_id }) => ({ order_id, marketplace, marketplace_order_id })),
  );
}

/**
 * @param {Compared[]} rows
 * @param {View} view
 * @param {() => void} again
 */
function toDoAction(rows, view, again) {
  const others = rows.filter((row) => row.marketplace_cancellation !== "to_do");
  if (!others.length) {
    return h("p", { class: "hint pad" }, "All of them are on ", h("a", { href: "#/to-do" }, "your to-do list"), ".");
  }
  return h(
    "div",
    { class: "buttons start pad" },
    h(
      "button",
      { type: "button", class: "plain", onclick: () => view.run(() => markAll(others, "to_do", again, view.run)) },
      `Put ${plural(others.length, "order")} back on the to-do list`,
    ),
  );
}
