/**
 * Many cancels, a chunk at a time, so that there is progress to see and a place to stop.
 *
 * One Idempotency-Key serves the whole batch (the service tells the orders apart). Before a chunk is sent, each
 * of its orders is written down like a single cancel, so that even a closed browser settles them on their own pages.
 */

import { call, NoAnswer, Refused } from "./api.js";
import { crossOut, noteUnknown, pause, pendingAsk, resume, wishBody, writeDown } from "./cancels.js";
import { emit } from "./events.js";
import { who } from "./session.js";

/** @import { Named } from "./sentences.js" */
/** @import { Ask, BatchEntry, BatchResult, Because, Outcome, Wish } from "./types.js" */

/** @typedef {"waiting" | "asking" | "unknown" | Outcome} State */
/** @typedef {Named & {state: State, because?: Because}} Row */
/** @typedef {Wish & {key: string, stopped: boolean, rows: Row[]}} Batch */

const CHUNK = { least: 5, most: 25, steps: 10 };

/** @type {Batch | null} */
let batch = null;
/** @type {Promise<void> | null} */
let going = null;

/** The batch of this tab, also after a reload. */
export function currentBatch() {
  if (batch) return batch;
  batch = stored();
  if (batch) batch.stopped = true; // what was not sent before the reload waits for a person's word
  return batch;
}

/** @returns {Batch | null} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(place()) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {Named[]} orders
 * @param {Wish} wish
 */
export function startBatch(orders, { reason, note }) {
  batch = {
    key: crypto.randomUUID(),
    reason,
    note,
    stopped: false,
    rows: orders.map((order) => ({ ...order, state: "waiting" })),
  };
  save(batch);
  run(batch);
}

/** @param {Batch} batch */
export function stopBatch(batch) {
  batch.stopped = true;
  save(batch);
}

/** @param {Batch} batch */
export function goOn(batch) {
  batch.stopped = false;
  return run(batch);
}

/**
 * Settles what was sent without an answer, then sends the rest unless stopped. Resolves when there is nothing left.
 * @param {Batch} batch
 */
export function run(batch) {
  going ??= work(batch).finally(() => {
    going = null;
  });
  return going;
}

/** @param {Row} row */
export const finished = (row) => !["waiting", "asking", "unknown"].includes(row.state);

/** @param {Batch} batch */
async function work(batch) {
  // From before a reload: each is settled as a single cancel under the same key, which is the same ask to the service.
  const open = batch.rows.filter((row) => row.state === "asking" || row.state === "unknown");
  await Promise.all(open.map((row) => settleAlone(batch, row)));
  const size = Math.max(CHUNK.least, Math.min(CHUNK.most, Math.ceil(batch.rows.length / CHUNK.steps)));
  while (!batch.stopped) {
    const chunk = batch.rows.filter((row) => row.state === "waiting").slice(0, size);
    if (!chunk.length) break;
    await send(batch, chunk);
  }
  changed(batch);
}

/**
 * @param {Batch} batch
 * @param {Row} row
 */
async function settleAlone(batch, row) {
  if (!pendingAsk(row.order_id)) writeDown(row.order_id, batch.key, batch);
  const { outcome, body } = await resume(row.order_id, /** @type {Ask} */ (pendingAsk(row.order_id))).answer;
  end(row, outcome === "refused" ? { ...body, order_id: row.order_id, outcome } : body);
  changed(batch);
}

/**
 * @param {Batch} batch
 * @param {Row[]} chunk
 */
async function send(batch, chunk) {
  for (const row of chunk) {
    writeDown(row.order_id, batch.key, batch);
    row.state = "asking";
  }
  let open = chunk;
  for (let tries = 0; open.length; tries++) {
    changed(batch);
    let problem = new NoAnswer();
    try {
      const orders = open.map(({ order_id }) => ({ order_id, ...wishBody(batch) }));
      /** @type {BatchResult} */
      const { results } = await call("POST", "/orders/cancel", { key: batch.key, body: { orders } });
      const by = new Map(results.map((result) => [result.order_id, result]));
      for (const row of open) end(row, by.get(row.order_id));
      emit("marked", { by: results.filter(({ outcome }) => outcome === "cancelled").length });
    } catch (error) {
      if (error instanceof Refused) {
        for (const row of open) end(row, { ...error.problem, order_id: row.order_id, outcome: "refused" });
      } else if (error instanceof NoAnswer) problem = error;
      else throw error;
    }
    open = open.filter((row) => !finished(row));
    for (const row of open) {
      row.state = "unknown";
      noteUnknown(row.order_id);
    }
    if (!open.length) break;
    changed(batch);
    await pause(tries, problem);
  }
  changed(batch);
}

/**
 * Notes how one order's cancel ended; a result that says it does not know is no end.
 * @param {Row} row
 * @param {BatchEntry} [result]
 */
function end(row, result) {
  if (!result || (result.outcome === "refused" && result.status >= 500)) return;
  crossOut(row.order_id);
  row.state = result.outcome;
  if (result.outcome === "refused") row.because = { code: result.code, detail: result.detail, packed: result.packed };
}

/** @param {Batch} batch */
function changed(batch) {
  save(batch);
  emit("batch-changed", null);
}

/** @param {Batch} batch */
function save(batch) {
  sessionStorage.setItem(place(), JSON.stringify(batch));
}

const place = () => `batch/${who()?.seller_id}`;
