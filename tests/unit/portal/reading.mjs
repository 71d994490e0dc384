// Reads an export file as the reconcile page does, up to the lists that would be compared.

import { columnsOf, ordersOf, statesOf, tableOf } from "../../../portal/export-orders.js";
import { decode, unreadable } from "../../../portal/export-table.js";

/** `decisions`: what a person says of states, by label; `every`: what they say of all rows where no column has states. */
export function reading({ base64, decisions = {}, every = null, now = Date.UTC(2026, 10, 26), idColumn = null }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const kind = unreadable(bytes);
  if (kind) return { unreadable: kind };
  const table = tableOf(decode(bytes));
  const columns = columnsOf(table, now);
  const ids = idColumn === null ? columns.ids : [table.headers.indexOf(idColumn)];
  const id = ids[0] ?? null;
  const state = every ? null : columns.state;
  const states = state === null ? null : statesOf(table, { id, state }, now);
  const meanings = new Map(states?.list.map(({ key, label, meaning }) => [key, decisions[label] ?? meaning]));
  const meaning = (row) => {
    if (!states) return every;
    const key = states.keyOf(row);
    return key === "" ? null : (meanings.get(key) ?? null);
  };
  const orders = id === null ? null : ordersOf(table, { id, state }, meaning, meanings.get("") ?? "open");
  return {
    headers: table.headers,
    rows: table.rows.length,
    ids: ids.map((column) => table.headers[column]),
    marketplace: columns.marketplace,
    state: state === null ? null : table.headers[state],
    states: states && Object.fromEntries(states.list.map(({ label, meaning }) => [label, meaning])),
    undecided: states?.list.filter(({ key }) => !meanings.get(key)).map(({ label }) => label) ?? null,
    ...orders,
    leftOut: orders?.leftOut.map(({ row, value, why }) => [row, value, why]),
  };
}
