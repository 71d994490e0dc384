// Marks orders in many at once, as the service answers; says what was asked, counted and told.

import { on } from "../../../portal/events.js";

const later = globalThis.setTimeout;

export async function marking({ orders, state, refuse = [], fail = [], undo = false }) {
  const store = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  const said = [];
  Object.assign(globalThis, { sessionStorage: store, ...windowOf(said) });
  const { adopt } = await import("../../../portal/session.js");
  const { markAll } = await import("../../../portal/marking.js");
  adopt({ id_token: "t", refresh_token: "r", expires_at: Date.now() + 3_600_000, seller_id: "acme", email: "a@b.example" });
  const requests = [];
  globalThis.fetch = async (_address, { body }) => {
    const asked = JSON.parse(body).orders;
    requests.push(asked.length);
    if (fail.includes(requests.length)) throw new TypeError("no network");
    const result = ({ order_id, state }) =>
      refuse.includes(order_id)
        ? { order_id, outcome: "refused", status: 409, code: "order_conflict", detail: "no" }
        : { order_id, outcome: "recorded", marketplace_cancellation: state };
    return Response.json({ results: asked.map(result) });
  };
  let counted = 0;
  on("marked", ({ by }) => {
    counted += by;
  });
  const run = (work) => work().catch((error) => said.push(error.constructor.name));
  let drawn = 0;
  await run(() => markAll(orders, state, () => (drawn += 1), run));
  if (undo) await said.find((entry) => entry.undo).undo();
  return {
    requests,
    counted,
    drawn,
    said: said.filter((entry) => !entry.undo),
    states: orders.map((order) => order.marketplace_cancellation ?? null),
  };
}

/** As much of a browser as the corner's messages need: each is kept as its text, and its button. */
export function windowOf(said) {
  const target = new EventTarget();
  const element = () => {
    const own = new EventTarget();
    return Object.assign(own, {
      children: [],
      setAttribute: () => {},
      remove: () => {},
      querySelector: () => null,
      append: (...parts) => own.children.push(...parts),
      click: () => own.dispatchEvent(new Event("click")),
    });
  };
  const toasts = {
    append: (box) => {
      const [, text, button] = box.children;
      said.push(text.children.join(""));
      if (button.children[0] === "Undo") said.push({ undo: () => (button.click(), new Promise((go) => setTimeout(go, 20))) });
    },
  };
  return {
    addEventListener: target.addEventListener.bind(target),
    dispatchEvent: target.dispatchEvent.bind(target),
    setTimeout: (work, after) => (after > 1000 ? 0 : later(work, after)), // a message that stays keeps no test waiting
    document: {
      createElement: element,
      createElementNS: element,
      getElementById: (id) => (id === "toasts" ? toasts : Object.assign(element(), { textContent: "" })),
    },
  };
}
