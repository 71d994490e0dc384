/**
 * What the service's codes are called in the portal. Reasons and marketplaces have their names from the service itself;
 * a code that is not known is shown as it is.
 */

import { config } from "./config.js";

/** @type {Record<string, string>} */
const STATUSES = {
  received: "Received",
  allocated: "Allocated",
  picking: "Picking",
  picked_packed: "Picked and packed",
  shipped: "Shipped",
  delivered: "Delivered",
  cancelled: "Cancelled",
};

/**
 * @param {Record<string, string>} names
 * @param {string} code
 */
const named = (names, code) => (Object.hasOwn(names, code) ? /** @type {string} */ (names[code]) : code);

/** @param {string} code */
export const statusName = (code) => named(STATUSES, code);
/** @param {string} code */
export const reasonName = (code) => config.catalog.reasons.find((reason) => reason.code === code)?.title ?? code;
/**
 * What a seller can do about an automatic cancellation.
 * @param {string} code
 */
export const remedy = (code) => config.catalog.reasons.find((reason) => reason.code === code)?.what_to_do ?? "";
/** @param {string} code */
export const marketplaceName = (code) => {
  const name = named(config.catalog.marketplaces, code.toLowerCase());
  return name === code.toLowerCase() ? code : name;
};
/**
 * Where an order is in its marketplace, if that is known.
 * @param {{marketplace: string, marketplace_order_id: string}} order
 */
export function pageInMarketplace({ marketplace, marketplace_order_id: id }) {
  const code = marketplace.toLowerCase();
  const pages = config.catalog.order_pages ?? {};
  return Object.hasOwn(pages, code) ? pages[code]?.replace("{id}", encodeURIComponent(id)) : undefined;
}
export const statuses = () => config.catalog.statuses;
export const steps = () => config.catalog.steps;
export const marketplaces = () => Object.keys(config.catalog.marketplaces);
export const sellerReasons = () =>
  config.catalog.reasons.filter(({ kind }) => kind === "seller").map(({ code }) => code);
