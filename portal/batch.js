/**
 * Many cancels, a chunk at a time, so that there is progress to see and a place to stop.
 *
 * One Idempotency-Key serves the whole batch (the service keeps orders apart by itself). Before a chunk is sent, each
 * of its orders is written down like a single cancel, so that even a closed browser settles them on their own pages.
 */

import { call, NoAnswer, Refused } from "./api.js";
import { crossOut, pause, pendingAsk, resume, wishBody, writeDown } from "./cancels.js";
import { who } from "./session.js";

const CHUNK = { least: 5, most: 25, steps: 10 };

let batch = null;
let going = null;

/** {key, reason, note, rows: [{order_id, state, ...}], stopped}; states: waiting, asking, unknown, and the outcomes. */
export function currentBatch() {
  if (!batch) {
    try {
      batch = JSON.parse(sessionStorage.getItem(place()));
    } catch {
      batch = null;
    }
    if (batch) batch.stopped = true; // what was not sent before the reload waits for a person's word
  }
  return batch;
}

export function startBatch(orderIds, { reason, note }) {
  batch = {
    key: crypto.randomUUID(),
    reason,
    note,
    stopped: false,
    rows: orderIds.map((order_id) => ({ order_id, state: "waiting" })),
  };
  save();
  run();
}

export function stopBatch() {
  batch.stopped = true;
  save();
}

export function goOn() {
  batch.stopped = false;
  run();
}

/** Settles what was sent without an answer, then sends the rest unless stopped. Resolves when there is nothing left. */
export function run() {
  going ??= work().finally(() => (going = null));
  return going;
}

export const finished = (row) => !["waiting", "asking", "unknown"].includes(row.state);

async function work() {
  // From before a reload: each is settled as a single cancel under the same key, which is the same ask to the service.
  const open = batch.rows.filter((row) => row.state === "asking" || row.state === "unknown");
  await Promise.all(open.map(settleAlone));
  const size = Math.max(CHUNK.least, Math.min(CHUNK.most, Math.ceil(batch.rows.length / CHUNK.steps)));
  while (!batch.stopped) {
    const chunk = batch.rows.filter((row) => row.state === "waiting").slice(0, size);
    if (!chunk.length) break;
    await send(chunk);
  }
  changed();
}

async function settleAlone(row) {
  if (!pendingAsk(row.order_id)) writeDown(row.order_id, batch.key, batch);
  const { outcome, body } = await resume(row.order_id).answer;
  end(row, { outcome, ...body });
  changed();
}

async function send(chunk) {
  for (const row of chunk) {
    writeDown(row.order_id, batch.key, batch);
    row.state = "asking";
  }
  let open = chunk;
  for (let tries = 0; open.length; tries++) {
    changed();
    let problem = new NoAnswer();
    try {
      const orders = open.map(({ order_id }) => ({ order_id, ...wishBody(batch) }));
      const { results } = await call("POST", "/orders/cancel", { key: batch.key, body: { orders } });
      const by = new Map(results.map((result) => [result.order_id, result]));
      for (const row of open) end(row, by.get(row.order_id));
    } catch (error) {
      if (error instanceof Refused) for (const row of open) end(row, { outcome: "refused", ...error.problem });
      else if (error instanceof NoAnswer) problem = error;
      else throw error;
    }
    open = open.filter((row) => !finished(row));
    for (const row of open) row.state = "unknown";
    if (!open.length) break;
    changed();
    await pause(tries, problem);
  }
  changed();
}

/** Notes how one order's cancel ended; a result that says it does not know is no end. */
function end(row, result) {
  if (!result || result.status >= 500) return;
  crossOut(row.order_id);
  row.state = result.outcome;
  row.detail = result.outcome === "refused" ? result.detail : result.message;
}

function changed() {
  save();
  dispatchEvent(new Event("batch-changed"));
}

function save() {
  sessionStorage.setItem(place(), JSON.stringify(batch));
}

const place = () => `batch/${who()?.seller_id}`;
