// What the portal makes of the service's answers to cancels: a tab in which somebody is signed in, and a service that
// gives the answers it is told to. Pauses are skipped.

import { config } from "../../../portal/config.js";

const ID_TOKEN = `e30.${btoa(JSON.stringify({ "custom:seller_id": "acme", email: "ops@acme.example" }))}.c2ln`;
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
 * `answers`: for each request [status, document, headers], or "lost", or "not JSON". Returns what was asked, and the
 * modules of a portal of its own.
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
      asked.push({ method, route, key: headers["Idempotency-Key"], body: JSON.parse(body), keepalive, kept });
      if (asked.length > 100) process.exit(1); // whoever asks for ever has to be stopped
      const answer = answers.shift() ?? [500, {}];
      if (answer === "lost") throw new TypeError("fetch failed");
      if (answer === "not JSON") return new Response("<html>", { status: 200 });
      const [status, document, more] = answer;
      return new Response(JSON.stringify(document), { status, headers: more });
    },
  });
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (go, ms) => (ms >= 1000 ? (pauses.push(ms / 1000), wait(go, 0)) : wait(go, ms));
  const pauses = [];
  Object.assign(config, { api_url: "https://api.test", client_id: "portal", cognito_url: "https://cognito.test/" });
  const session = await import("../../../portal/session.js");
  session.adopt({ ...SESSION });
  const cancels = await import("../../../portal/cancels.js");
  window.addEventListener("cancels-unknown", () => unknown.push(cancels.unknownOrders().length));
  return { asked, pauses, unknown, cancels };
}

/** One cancel, with these answers. */
export async function cancel({ orderId, answers, reload = false, wishes = {} }) {
  const { asked, pauses, unknown, cancels } = await portal(answers);
  const wish = { reason: "other", note: "Moved.", ...wishes };
  let result;
  try {
    if (reload) {
      cancels.writeDown(orderId, "key-before", wish);
      result = await cancels.cancel(orderId, { reason: "wrong_address", note: "" }).answer;
    } else result = await cancels.cancel(orderId, wish).answer;
  } catch (error) {
    result = { error: error.constructor.name };
  }
  return { result, asked, pauses, unknown, pending: cancels.pendingOrders() };
}

/** A batch of these orders, with these answers: what its rows say in the end, and what was asked. */
export async function batch({ orderIds, answers }) {
  const { asked, pauses, cancels } = await portal(answers);
  const batches = await import("../../../portal/batch.js");
  const orders = orderIds.map((order_id) => ({ order_id, marketplace: "amazon", marketplace_order_id: `113-${order_id}` }));
  batches.startBatch(orders, { reason: "other", note: "" });
  await batches.run(batches.currentBatch());
  const { rows } = batches.currentBatch();
  return {
    rows: Object.fromEntries(rows.map(({ order_id, state, because }) => [order_id, [state, because?.code ?? null]])),
    finished: rows.every(batches.finished),
    asked: asked.map(({ route, key, body }) => ({ route, key, ids: body.orders.map(({ order_id }) => order_id) })),
    pauses,
    pending: cancels.pendingOrders(),
  };
}

/** What is noted in an order, and told to the page's counter, when its mark is answered. */
export async function mark({ before, state, answers }) {
  const { asked } = await portal(answers);
  const counted = [];
  globalThis.addEventListener("marked", ({ detail }) => counted.push(detail.by));
  const order = { order_id: "A-1", marketplace_cancellation: before };
  const marking = await import("../../../portal/marking.js");
  let error = null;
  try {
    await marking.mark(order, state);
  } catch (caught) {
    error = caught.constructor.name;
  }
  return { order: order.marketplace_cancellation, counted, error, asked };
}
