/**
 * What a marketplace's export says about its orders: which columns have their ids and their states, what each state
 * means, and which orders are cancelled there. Pure: from a table to two lists of ids, and all that was left out.
 */

import { read } from "./export-table.js";
import {
  answerOf,
  groupOf,
  idRank,
  isMoment,
  isToCome,
  meaningOf,
  saysCancelled,
  saysCancelledAt,
  stateRank,
} from "./export-words.js";

/** @import { Row, Table } from "./export-table.js" */
/** @import { Meaning } from "./export-words.js" */

/**
 * Where the ids and the states are: columns by index. There may be several that look like ids, or none.
 * @typedef {{ids: number[], state: number | null, marketplace: string | null}} Columns
 */

/**
 * A state of the file, or several alike; `meaning` is null where a person has to decide. Its key is "" where the cell is
 * empty.
 * @typedef {{key: string, label: string, rows: number, meaning: Meaning | null}} State
 */

/** @typedef {{list: State[], keyOf: (row: Row) => string}} States */

/** @typedef {{row: number, value: string, why: string}} LeftOut */

/**
 * @typedef {object} Orders
 * @property {string[]} cancelled ids
 * @property {string[]} open ids
 * @property {string[]} mixed ids of those with rows that are cancelled and rows that are not: they count as cancelled
 * @property {LeftOut[]} leftOut
 * @property {number[]} uneven numbers of the rows that have another number of cells than the header, and were read
 */

export const MOST_STATES = 30;
const MOST_ID_COLUMNS = 3;

/** @type {[marketplace: string, headers: RegExp[]][]} */
const SIGNS = [
  ["amazon", [/^amazonorderid$/]],
  ["walmart", [/^(po|pono|customerorderid|purchaseorderid)$/]],
  ["shopify", [/^name$/, /^financialstatus$/]],
  ["ebay", [/^(salesrecordnumber|verkaufsprotokollnummer)$/]],
  ["etsy", [/^(receiptid|saledate)$/]],
  ["tiktok", [/^(ordersubstatus|cancell?ationreturntype)$/]],
];

/**
 * A file's text as a table.
 * @param {string} text
 */
export function tableOf(text) {
  const table = read(text, (cell) => !/[,;|\t]/.test(cell) && (idRank(cell) !== null || stateRank(cell) !== null));
  const header = table.headers.join("\n");
  table.rows = table.rows.filter(({ cells }) => cells.slice(0, table.headers.length).join("\n") !== header); // said again
  return table;
}

/**
 * What the headers and the values say about the columns.
 * @param {Table} table
 * @param {number} now in milliseconds
 * @returns {Columns}
 */
export function columnsOf(table, now) {
  const { headers } = table;
  const names = headers.map((header) => header.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""));
  const marketplace =
    SIGNS.find(([, signs]) => signs.every((sign) => names.some((name) => sign.test(name))))?.[0] ?? null;
  const ids = ranked(headers, idRank).filter((column) => values(table, column).some((value) => value !== ""));
  // Shopify calls its order's id "Name".
  const name = marketplace === "shopify" ? names.indexOf("name") : -1;
  const found = (name >= 0 ? [name, ...ids] : ids).slice(0, MOST_ID_COLUMNS);
  const states = ranked(headers, stateRank).filter((column) => !found.includes(column));
  const at = found[0] ?? null;
  /** @param {number} state */
  const tells = (state) =>
    statesOf(table, { id: at, state }, now)?.list.some(({ meaning }) => meaning === "cancelled") ?? false;
  const telling = states.filter(tells);
  const moments = states.filter((state) => isCancelledAt(table, { id: at, state }, now));
  return {
    ids: found,
    // The moment of the cancel says it best, where there is one.
    state: moments.find(tells) ?? telling[0] ?? moments[0] ?? states[0] ?? null,
    marketplace,
  };
}

/**
 * The columns that a rank is given, best first.
 * @param {string[]} headers
 * @param {(header: string) => number | null} rank
 */
function ranked(headers, rank) {
  return headers
    .map((header, column) => ({ column, rank: rank(header) ?? -1 }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .map(({ column }) => column);
}

/**
 * @param {Table} table
 * @param {number} column
 */
const values = (table, column) => table.rows.map(({ cells }) => cells[column] ?? "");

/** @typedef {{id: number | null, state: number}} Places the columns of the ids, if it is known, and of the states */

/**
 * Whether a column has the moments at which orders were cancelled, so that an order without one is not.
 * @param {Table} table
 * @param {Places} columns
 * @param {number} now
 */
function isCancelledAt(table, columns, now) {
  if (!saysCancelledAt(table.headers[columns.state] ?? "")) return false;
  return rowsOf(table, columns).found.every(({ row }) => {
    const value = row.cells[columns.state] ?? "";
    return value === "" || (isMoment(value) && !isToCome(value, now));
  });
}

/**
 * The states of a column, the undecided first; null where there are too many for it to be one of states. An empty cell
 * inherits from its order's other rows: it is a state only where an order has no other.
 * @param {Table} table
 * @param {Places} columns
 * @param {number} now in milliseconds
 * @returns {States | null}
 */
export function statesOf(table, columns, now) {
  const { id: idColumn, state: column } = columns;
  const { found } = rowsOf(table, columns);
  const moments = isCancelledAt(table, columns, now);
  const meaning = saysCancelled(table.headers[column] ?? "") ? answerOf : meaningOf;
  /** @type {Map<string, string>} */
  const keys = new Map();
  const many = new Set(found.map(({ row }) => row.cells[column] ?? "")).size > MOST_STATES;
  /** @param {string} value */
  const group = (value) => (moments && value !== "" ? "moment" : groupOf(value, many));
  /** @type {Map<string, Map<string, number>>} */
  const groups = new Map();
  for (const { row } of found) {
    const value = row.cells[column] ?? "";
    const key = keys.get(value) ?? group(value);
    keys.set(value, key);
    const counts = groups.get(key) ?? new Map();
    counts.set(value, (counts.get(value) ?? 0) + 1);
    groups.set(key, counts);
    if (groups.size > MOST_STATES) return null;
  }
  if (idColumn !== null && !hasSilentOrders(found, column)) groups.delete("");
  const list = [...groups].map(([key, counts]) => {
    const raw = [...counts.keys()];
    const meant = raw.map(moments ? (value) => (value === "" ? "open" : "cancelled") : meaning);
    return {
      key,
      label: labelOf(key, raw, moments),
      rows: [...counts.values()].reduce((sum, rows) => sum + rows, 0),
      meaning: meant.every((each) => each === meant[0]) ? /** @type {Meaning | null} */ (meant[0] ?? null) : null,
    };
  });
  list.sort((a, b) => Number(a.meaning !== null) - Number(b.meaning !== null) || a.label.localeCompare(b.label));
  return { list, keyOf: ({ cells }) => keys.get(cells[column] ?? "") ?? "" };
}

/**
 * @param {string} key
 * @param {string[]} raw the values of the group
 * @param {boolean} moments
 */
function labelOf(key, raw, moments) {
  if (raw.every((value) => value === "")) return "";
  if (moments) return "a date or time";
  return new Set(raw.map((value) => value.toLowerCase())).size === 1 ? (raw[0] ?? "") : key || "a date or time";
}

/**
 * The rows that are of orders, and those that are not, or that cannot be read.
 * @param {Table} table
 * @param {{id: number | null, state: number | null}} columns
 */
function rowsOf(table, { id: idColumn, state }) {
  /** @type {LeftOut[]} */
  const leftOut = [];
  /** @type {{id: string, row: Row}[]} */
  const found = [];
  if (idColumn === null) return { found: table.rows.map((row) => ({ id: "", row })), leftOut };
  const width = table.headers.length;
  const needed = Math.max(idColumn, state ?? 0) + 1;
  const shapes = shapesOf(table, idColumn);
  for (const row of table.rows) {
    const id = idOf(row.cells[idColumn] ?? "");
    /** @param {string} why */
    const leave = (why) => leftOut.push({ row: row.number, value: id || row.cells.filter(Boolean).join(", "), why });
    const refusal = refused(id);
    if (isNote(row, table, id, shapes)) leave("not an order, but a note");
    else if (row.cells.slice(width).some(Boolean)) leave("more cells than the header has");
    else if (row.cells.length < needed) leave("fewer cells than the header has");
    else if (id === "") leave("no order id");
    else if (isRounded(id)) leave("a spreadsheet made a number of its id");
    else if (refusal) leave(refusal);
    else found.push({ id, row });
  }
  return { found, leftOut };
}

/**
 * One state per order. Any cancelled row cancels; a row that says nothing (null) inherits from the order's other rows,
 * and an order of such rows alone is as `silent` says.
 * @param {Table} table
 * @param {{id: number, state: number | null}} columns
 * @param {(row: Row) => Meaning | null} meaning
 * @param {Meaning} silent
 * @returns {Orders}
 */
export function ordersOf(table, columns, meaning, silent = "open") {
  const { found, leftOut } = rowsOf(table, columns);
  /** @type {Map<string, {cancelled: boolean, open: boolean}>} */
  const orders = new Map();
  for (const { id, row } of found) {
    const order = orders.get(id) ?? { cancelled: false, open: false };
    const says = meaning(row);
    if (says) order[says] = true;
    orders.set(id, order);
  }
  for (const order of orders.values()) if (!order.cancelled && !order.open) order[silent] = true;
  /** @param {(order: {cancelled: boolean, open: boolean}) => boolean} is */
  const those = (is) => [...orders].filter(([, order]) => is(order)).map(([id]) => id);
  return {
    cancelled: those(({ cancelled }) => cancelled),
    open: those(({ cancelled }) => !cancelled),
    mixed: those(({ cancelled, open }) => cancelled && open),
    leftOut,
    uneven: found.filter(({ row }) => row.cells.length !== table.width).map(({ row }) => row.number),
  };
}

/**
 * Whether there is an order none of whose rows says anything.
 * @param {{id: string, row: Row}[]} found
 * @param {number} state the column
 */
function hasSilentOrders(found, state) {
  /** @type {Map<string, boolean>} */
  const says = new Map();
  for (const { id, row } of found) says.set(id, says.get(id) || (row.cells[state] ?? "") !== "");
  return [...says.values()].some((says) => !says);
}

// ------------------------------------------------------------------------------------------------------------ the ids

/**
 * A cell's id: without blanks around it, seen and unseen, and without what makes a spreadsheet keep it a text.
 * @param {string} cell
 */
export function idOf(cell) {
  let text = stripped(cell);
  const formula = /^=\s*"([^"]*)"$/.exec(text);
  if (formula) text = stripped(formula[1] ?? "");
  return text.startsWith("'") ? stripped(text.slice(1)) : text;
}

const UNSEEN = /[\s\u200b-\u200f\u2060\ufeff\u00ad]/;

/** @param {string} text */
function stripped(text) {
  let [start, end] = [0, text.length];
  while (start < end && UNSEEN.test(text.charAt(start))) start++;
  while (end > start && UNSEEN.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

const MOST_LETTERS = 128;
const LINE_BREAK = /[\t\n\r\u2028\u2029]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the service refuses
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]/u;

/**
 * Why the service would refuse an id, or null. This is the service's own rule; a test holds the two together.
 * @param {string} id
 */
export function refused(id) {
  if (id.trim() === "") return "an empty id";
  if ([...id].length > MOST_LETTERS) return `an id of more than ${MOST_LETTERS} characters`;
  if (LINE_BREAK.test(id)) return "an id of more than one line";
  return CONTROL.test(id) ? "an id with characters that cannot be read" : null;
}

/**
 * Whether a spreadsheet made a number of an id: then it names no order any more.
 * @param {string} id
 */
const isRounded = (id) => /^\d([.,]\d+)?E\+?\d+$/i.test(id) || (/^\d{17,}$/.test(id) && /^0+$/.test(id.slice(15)));

// ---------------------------------------------------------------------------------------- rows that are not of orders

/**
 * How most ids of the file look.
 * @typedef {{digits: boolean, blanks: boolean, usual: Set<string>}} Shapes
 */

/** @param {string} id */
const shapeOf = (id) => id.replace(/\d+/g, "9").replace(/\p{L}+/gu, "a");

/**
 * @param {Table} table
 * @param {number} idColumn
 * @returns {Shapes}
 */
function shapesOf(table, idColumn) {
  const ids = table.rows.map(({ cells }) => idOf(cells[idColumn] ?? "")).filter(Boolean);
  /** @param {(id: string) => boolean} has */
  const most = (has) => ids.filter(has).length * 2 > ids.length;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const id of ids) counts.set(shapeOf(id), (counts.get(shapeOf(id)) ?? 0) + 1);
  const usual = [...counts].filter(([, count]) => count > 1 || ids.length <= 2).map(([shape]) => shape);
  return { digits: most((id) => /\d/.test(id)), blanks: most((id) => /\s/.test(id)), usual: new Set(usual) };
}

const NOTE = /\brecords?\b|downloaded|exported|generated|\btotals?\b|\bsumme\b|\bgesamt|end of (report|file|export)/i;
const CERTAIN_NOTE = /record\(s\)|\b(records?|rows?|orders?|entries) (downloaded|exported|found|total)\b/i;

/**
 * Whether a row says something about the file and not about an order: a footer, or a second row that explains columns.
 * @param {Row} row
 * @param {Table} table
 * @param {string} id
 * @param {Shapes} shapes
 */
function isNote(row, table, id, shapes) {
  const filled = row.cells.filter(Boolean);
  const few = filled.length <= 3;
  /** @param {RegExp} pattern */
  const says = (pattern) => few && filled.some((cell) => pattern.test(cell));
  if (says(CERTAIN_NOTE) || (says(NOTE) && table.headers.length > 3)) return true;
  if (id === "") return filled.length === 1;
  if (!/\d/.test(id) && /[\s.:]/.test(id) && (shapes.digits || !shapes.blanks)) return true;
  return table.afterBlank.has(row.number) && few && !shapes.usual.has(shapeOf(id));
}
