/** The README's story, through a client that was made of the contract: place, look, cancel, repeat, and too late. */

import createClient from "openapi-fetch";

import type { paths } from "./schema.d.ts";

function told(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function caller(token: string) {
  return createClient<paths>({ baseUrl: told("API_URL"), headers: { Authorization: `Bearer ${told(token)}` } });
}

function check(condition: unknown, what: unknown): asserts condition {
  if (!condition) throw new Error(JSON.stringify(what));
}

const [seller, planner, center] = [caller("SELLER"), caller("PLANNER"), caller("CENTER")];
const seller_id = told("SELLER_ID");
const orders = [told("ORDER_ID"), `${told("ORDER_ID")}-packed`] as const;

for (const order_id of orders) {
  const placed = await planner.PUT("/sellers/{seller_id}/orders/{order_id}", {
    params: { path: { seller_id, order_id } },
    body: {
      marketplace: "amazon",
      marketplace_order_id: "113-4007919-0000001",
      destination_country: "US",
      placed_at: "2026-11-22T09:00:00Z",
      lines: [{ sku: "TENT-2P-GRN", quantity: 1 }],
      fulfillment_centers: ["LAX1"],
    },
  });
  check(placed.response.status === 201 && placed.data?.cancellable, placed.error);
}

const path = { order_id: orders[0] };
const viewed = await seller.GET("/orders/{order_id}", { params: { path } });
check(viewed.data?.status === "received", viewed.error);

for (const outcome of ["cancelled", "already_cancelled"] as const) {
  const asked = await seller.POST("/orders/{order_id}/cancel", {
    params: { path },
    body: { reason: "customer_request", note: null },
  });
  check(asked.data?.outcome === outcome, asked.error ?? asked.data);
  check(asked.data.next_steps.length > 0, asked.data);
  check(asked.data.cancellation.kind === "seller" && asked.data.cancellation.actor?.kind === "person", asked.data);
}

const event = { seller_id, order_id: orders[1], event: "picked_packed", occurred_at: "2026-11-23T14:01:58Z" } as const;
const packed = await center.POST("/fulfillment-centers/{fc_id}/events", {
  params: { path: { fc_id: "LAX1" } },
  body: event,
});
check(packed.data?.order_status === "picked_packed", packed.error);

const late = await seller.POST("/orders/{order_id}/cancel", { params: { path: { order_id: orders[1] } } });
check(late.response.status === 409 && late.error && "code" in late.error, late);
check(late.error.code === "order_picked_packed" && "packed" in late.error, late.error);

const listed = await seller.GET("/orders", { params: { query: { status: ["cancelled"], limit: 100 } } });
check(listed.data?.orders.some((order) => order.order_id === orders[0]), listed.error);

console.log("told");
