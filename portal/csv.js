// @ts-nocheck
/**
 * The export files of marketplaces, as they come: commas, semicolons or tabs, quoted fields with line breaks in them,
 * a byte order mark, UTF-8, UTF-16 or what Excel writes.
 */

const SEPARATORS = [",", ";", "\t", "|"];

// What marketplaces call the order's id and its state, best first. Headers are compared without case and punctuation.
const ID_HEADERS = [
  "amazonorderid",
  "marketplaceorderid",
  "orderid",
  "ordernumber",
  "orderno",
  "po",
  "ponumber",
  "purchaseorderid",
  "customerorderid",
  "order",
  "name",
  "receiptid",
  "id",
];
const STATE_HEADERS = [
  "orderstatus",
  "orderstate",
  "itemstatus",
  "fulfillmentstatus",
  "status",
  "state",
  "cancelledat",
  "canceledat",
  "cancelleddate",
  "canceleddate",
  "cancellationdate",
  "cancelled",
  "canceled",
];
const SIGNS = [
  ["amazon", ["amazonorderid"]],
  ["walmart", ["po", "customerorderid", "purchaseorderid"]],
  ["shopify", ["financialstatus", "name"]],
  ["ebay", ["salesrecordnumber"]],
  ["etsy", ["receiptid", "saledate"]],
];

/** A file's text, whatever its encoding. */
export function decode(bytes) {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a byte order mark
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Rows of trimmed fields, without the empty rows. */
export function parse(text) {
  const separator = separatorOf(text);
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field.trim());
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (letter === '"' && field.trim() === "") {
      quoted = true;
      field = "";
    } else if (letter === separator) endField();
    else if (letter === "\n" || letter === "\r") endRow();
    else field += letter;
  }
  endRow();
  return rows;
}

/** Which separator the first line has most of, outside quotation marks. */
function separatorOf(text) {
  const counts = new Map(SEPARATORS.map((separator) => [separator, 0]));
  let quoted = false;
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    else if (!quoted && (letter === "\n" || letter === "\r")) break;
    else if (!quoted && counts.has(letter)) counts.set(letter, counts.get(letter) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0][0];
}

/** What the headers say: {marketplace, id, state}; a column's index, or -1 for one that a person has to pick. */
export function recognize(headers) {
  const plain = headers.map((header) => header.toLowerCase().replace(/[^a-z0-9]/g, ""));
  const column = (names) => names.map((name) => plain.indexOf(name)).find((index) => index >= 0) ?? -1;
  const marketplace = SIGNS.find(([, signs]) => signs.some((sign) => plain.includes(sign)))?.[0] ?? "";
  const id = column(ID_HEADERS);
  let state = column(STATE_HEADERS);
  // Shopify has no word for it, only the moment.
  if (marketplace === "shopify") state = plain.findIndex((name) => /^cancell?edat$/.test(name));
  return { marketplace, id, state: state === id ? -1 : state };
}

/** Whether the word in a state column means that the order is cancelled there. */
export const meansCancelled = (value) =>
  /cancel|void|storn/i.test(value) && !/not cancel|pending cancel|cancel\w* (requested|denied)/i.test(value);

/** Whether the column holds moments: then an order is cancelled if there is one. */
export function holdsMoments(values) {
  const filled = values.filter((value) => value !== "");
  return filled.length > 0 && filled.every((value) => /\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/.test(value));
}

/**
 * One state per order: {cancelled: [ids], open: [ids], mixed, mangled}. An order with a line for each item is cancelled
 * when all its lines are. `mangled` are ids that a spreadsheet made numbers of: they name no order any more.
 */
export function fold(rows, idColumn, isCancelled) {
  const states = new Map();
  const mixed = new Set();
  const mangled = new Set();
  for (const row of rows) {
    const id = row[idColumn] ?? "";
    if (!id || id.length > 128 || /[\t\r\n]/.test(id)) continue;
    if (/^\d([.,]\d+)?E\+\d+$/i.test(id)) {
      mangled.add(id);
      continue;
    }
    const cancelled = isCancelled(row);
    if (states.has(id) && states.get(id) !== cancelled) mixed.add(id);
    states.set(id, cancelled && (states.get(id) ?? true));
  }
  const of = (wanted) => [...states].filter(([, cancelled]) => cancelled === wanted).map(([id]) => id);
  return { cancelled: of(true), open: of(false), mixed: [...mixed], mangled: [...mangled] };
}
