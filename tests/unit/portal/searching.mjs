// Searches among given orders, as the service finds them: each by its exact id, ours or the marketplace's.

import { find } from "../../../portal/lookup.js";
import { adopt } from "../../../portal/session.js";

export async function searching({ text, orders }) {
  globalThis.sessionStorage = { setItem: () => {}, getItem: () => null, removeItem: () => {} };
  adopt({ id_token: "t", refresh_token: "r", expires_at: Date.now() + 3_600_000, seller_id: "acme", email: "a@b.example" });
  const asked = [];
  globalThis.fetch = async (address) => {
    const url = new URL(address, "https://api.test");
    const id = decodeURIComponent(url.pathname.split("/")[2] ?? "");
    asked.push(id || url.searchParams.get("marketplace_order_id"));
    if (!id) {
      const found = orders.filter((order) => order.marketplace_order_id === asked.at(-1));
      return Response.json({ orders: found, cursor: null });
    }
    const found = orders.find((order) => order.order_id === id);
    return Response.json(found ?? { code: "order_not_found", detail: "none" }, { status: found ? 200 : 404 });
  };
  const found = await find(text, new AbortController().signal);
  return { found: found.map((order) => order.order_id), requests: asked.length };
}
