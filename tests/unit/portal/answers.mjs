// What the portal makes of the service's answers to cancels: a tab in which somebody is signed in, and a service that
// gives the answers it is told to. Pauses are skipped.

import { config } from "../../../portal/config.js";
import { windowOf } from "./marking.mjs";

const CLAIMS = { "custom:seller_id": "acme", email: "ops@acme.example" };
const token = (name) => `e30.${btoa(JSON.stringify({ ...CLAIMS, name }))}.c2ln`;
const ID_TOKEN = token("first");
const RENEWED = { AuthenticationResult: { IdToken: token("renewed"), ExpiresIn: 900 } };
const SESSION = { id_token: ID_TOKEN, refresh_token: "r", expires_at: 9e15, seller_id: "acme", email: "ops@acme.example" };

/** A place in the browser where things are kept; its names can be listed, as those of localStorage. */
function storage(kept = {}) {
  const methods = {
    getItem: (name) => store[name] ?? null,
    setItem: (name, value) => (store[name] = value),
    removeItem: (name) => delete store[name],
  };
  const store = Object.create(methods);
  return Object.assign(store, kept);
}

/**
 * `answers`: for each request [status, document, headers], or "lost", or "not JSON", or "renewed" (Cognito's). Returns
 * what was asked, and the modules of a portal of its own.
 */
async function portal(answers) {
  const asked = [];
  const window = new EventTarget();
  const unknown = [];
  Object.assign(globalThis, {
    localStorage: storage(),
    sessionStorage: storage({ session: JSON.stringify(SESSION) }),
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
    dispatchEvent: window.dispatchEvent.bind(window),
    fetch: async (url, { method, headers, body, keepalive }) => {
      const route = url.replace("https://api.test", "");
      const kept = Object.keys(globalThis.localStorage).length;
      const asks = { method, route, key: headers["Idempotency-Key"], body: body && JSON.parse(body), keepalive, kept };
      asked.push({ ...asks, type: headers["Content-Type"], token: headers.Authorization });
      if (asked.length > 100) process.exit(1); // whoever asks for ever has to be stopped
      const answer = answers.shift() ?? [500, {}];
      if (answer === "lost") throw new TypeError("fetch failed");
      if (answer === "not JSON") return new Response("<html>", { status: 200 });
      if (answer === "renewed") return Response.json(RENEWED);
      const [status, document, more] = answer;
      return new Response(JSON.stringify(document), { status, headers: more });
    },
  });
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (go, ms) => {
    if (ms < 1000) return wait(go, ms);
    if (pauses.push(ms / 1000) > 100) process.exit(1); // nor may anybody wait for ever
    return wait(go, 0);
  };
  const pauses = [];
  Object.assign(config, { api_url: "https://api.test", client_id: "portal", cognito_url: "https://cognito.test/" });
  const session = await import("../../../portal/session.js");
  session.adopt({ ...SESSION });
  const cancels = await import("../../../portal/cancels.js");
  window.addEventListener("cancels-unknown", () => unknown.push(cancels.unknownOrders().length));
  return { asked, pauses, unknown, cancels, session };
}

/** What comes with each event of this name from now on. */
function heard(name) {
  const details = [];
  globalThis.addEventListener(name, ({ detail }) => details.push(detail));
  return details;
}

/** A page of orders, or what went wrong; and who is signed in then. */
export async function page({ query = {}, cursor = null, answers }) {
  const { asked, session } = await portal(answers);
  const { orderPage } = await import("../../../portal/api.js");
  const result = await orderPage(query, cursor).catch((error) => error.constructor.name);
  const tokens = { [`Bearer ${ID_TOKEN}`]: "first", [`Bearer ${token("renewed")}`]: "renewed" };
  return {
    result,
    asked: asked.map(({ route, token: sent }) => [route, tokens[sent] ?? null]),
    types: asked.map(({ type }) => type ?? null),
    signedIn: Boolean(session.who() && globalThis.sessionStorage.getItem("session")),
  };
}

/** What is asked for with this query. */
export async function asking(query) {
  const { asked } = await portal([[200, {}]]);
  const { get } = await import("../../../portal/api.js");
  await get("/orders", query);
  return asked[0].route;
}

/** What is made of a file of the portal that fails to load with this error, or, without one, of a file that loads. */
export async function needed(error) {
  const api = await import("../../../portal/api.js");
  const load = async () => {
    if (error) throw new globalThis[error]("no file");
    return "loaded";
  };
  return api.needed(load).catch((caught) => caught.constructor.name);
}

/** Whether what was asked for so many minutes ago is asked again without a person's word. */
export async function fresh(minutes) {
  const { cancels } = await portal([]);
  return cancels.isFresh({ asked_at: Date.now() - minutes * 60_000 });
}

/** One cancel, with these answers. */
export async function cancel({ orderId, answers, reload = false, wishes = {} }) {
  const { asked, pauses, unknown, cancels } = await portal(answers);
  const wish = { reason: "other", note: "Moved.", ...wishes };
  const settled = heard("cancel-settled");
  let result;
  try {
    if (reload) {
      cancels.writeDown(orderId, "key-before", wish);
      result = await cancels.cancel(orderId, { reason: "wrong_address", note: "" }).answer;
    } else result = await cancels.cancel(orderId, wish).answer;
  } catch (error) {
    result = { error: error.constructor.name };
  }
  await new Promise((go) => setTimeout(go, 0)); // the others are told after the one who asked
  return { result, asked, pauses, unknown, settled, pending: cancels.pendingOrders() };
}

const named = (order_id) => ({ order_id, marketplace: "amazon", marketplace_order_id: `113-${order_id}` });

/** The batch of this tab as a reload would find it. */
const saved = () => JSON.parse(globalThis.sessionStorage.getItem("batch/acme"));
const savedStates = () => saved().rows.map(({ state }) => state);

/** The states that are saved whenever a batch says that it has changed, from now on. */
function changes() {
  const states = [];
  globalThis.addEventListener("batch-changed", () => states.push(savedStates()));
  return states;
}

const said = (rows) =>
  Object.fromEntries(rows.map(({ order_id, state, because }) => [order_id, [state, because?.code ?? null]]));

/** A batch of these orders, with these answers: what its rows say in the end, what was asked, and told meanwhile. */
export async function batch({ orderIds, answers }) {
  const { asked, pauses, unknown, cancels } = await portal(answers);
  const batches = await import("../../../portal/batch.js");
  const [changed, marked] = [changes(), heard("marked")];
  batches.startBatch(orderIds.map(named), { reason: "other", note: "" });
  const begun = savedStates();
  await batches.run(batches.currentBatch());
  const { rows } = batches.currentBatch();
  return {
    rows: said(rows),
    finished: rows.every(batches.finished),
    asked: asked.map(({ route, key, body }) => ({ route, key, ids: body.orders.map(({ order_id }) => order_id) })),
    kept: asked.map(({ kept }) => kept),
    pauses,
    unknown,
    begun,
    changed,
    marked: marked.map(({ by }) => by),
    pending: cancels.pendingOrders(),
  };
}

/** A batch that is stopped at once, and gone on with: how many requests went out before, and after. */
export async function stopped({ orderIds, answers }) {
  const { asked } = await portal(answers);
  const batches = await import("../../../portal/batch.js");
  batches.startBatch(orderIds.map(named), { reason: "other", note: "" });
  const batch = batches.currentBatch();
  batches.stopBatch(batch);
  const kept = saved().stopped;
  await batches.run(batch);
  const before = asked.length;
  await batches.goOn(batch);
  return { kept, before, after: asked.length, rows: said(batch.rows) };
}

/** A batch that a reload left in these states, gone on with; `pending`: the keys of its asks that are written down. */
export async function reloaded({ states, pending, answers }) {
  const { asked, cancels } = await portal(answers);
  const rows = Object.entries(states).map(([order_id, state]) => ({ ...named(order_id), state }));
  const left = { key: "key-of-batch", reason: "other", note: "", stopped: false, rows };
  globalThis.sessionStorage.setItem("batch/acme", JSON.stringify(left));
  const wish = { reason: "wrong_address", note: "" };
  for (const [orderId, key] of Object.entries(pending)) cancels.writeDown(orderId, key, wish);
  const batches = await import(`../../../portal/batch.js?${crypto.randomUUID()}`);
  const [changed, found] = [changes(), batches.currentBatch()];
  const waits = found.stopped;
  await batches.goOn(found);
  return {
    waits,
    asked: asked.map(({ route, key, body }) => [route, key, body.reason ?? body.orders.map((each) => each.order_id)]),
    kept: asked.map(({ kept }) => kept),
    rows: said(found.rows),
    saved: said(saved().rows),
    changed: changed.length,
    pending: cancels.pendingOrders(),
  };
}

/** Which of these states are an end. */
export async function finished(states) {
  await portal([]);
  const batches = await import("../../../portal/batch.js");
  return states.filter((state) => batches.finished({ state }));
}

/** What is noted in an order, and told to the page's counter, when its mark is answered. */
export async function mark({ before, state, answers }) {
  const { asked } = await portal(answers);
  const marked = heard("marked");
  const order = { order_id: "A-1", marketplace_cancellation: before };
  const marking = await import("../../../portal/marking.js");
  let error = null;
  try {
    await marking.mark(order, state);
  } catch (caught) {
    error = caught.constructor.name;
  }
  return { order: order.marketplace_cancellation, counted: marked.map(({ by }) => by), error, asked };
}

/**
 * Orders that were in these states (null: in none), all marked as `state`, by a service that refuses the ids it is told
 * to; and taken back, where that is offered.
 */
export async function markAll({ before, state, refuse = [] }) {
  await portal([]);
  const [told, wait] = [[], globalThis.setTimeout];
  Object.assign(globalThis, windowOf(told));
  const marked = heard("marked");
  const sent = [];
  globalThis.fetch = async (_url, { body }) => {
    const { orders } = JSON.parse(body);
    sent.push([orders.length, orders[0].state]);
    const result = ({ order_id, state: marketplace_cancellation }) =>
      refuse.includes(order_id)
        ? { order_id, outcome: "refused", status: 404 }
        : { order_id, outcome: "recorded", marketplace_cancellation };
    return Response.json({ results: orders.map(result) });
  };
  const orders = before.map((earlier, at) => ({ order_id: `A-${at}`, marketplace_cancellation: earlier ?? undefined }));
  const now = () => ({ states: orders.map((order) => order.marketplace_cancellation ?? null), sent: sent.splice(0) });
  const sum = () => marked.splice(0).reduce((total, { by }) => total + by, 0);
  const texts = () => told.splice(0).filter((entry) => !entry.undo);
  const marking = await import("../../../portal/marking.js");
  let work = null;
  const run = (go) => (work = go());
  await run(() => marking.markAll(orders, state, () => {}, run));
  const undo = told.find((entry) => entry.undo);
  const first = { ...now(), counted: sum(), told: texts() };
  if (undo) await undo.undo();
  await work;
  globalThis.setTimeout = wait;
  delete globalThis.document;
  return { first, undone: undo ? { ...now(), counted: sum(), told: texts() } : null };
}
