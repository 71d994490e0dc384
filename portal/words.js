/** What the service's codes are called in the portal. A code that is not here is shown as it is. */

const STATUSES = {
  received: "Received",
  allocated: "Allocated",
  picking: "Picking",
  picked_packed: "Picked and packed",
  shipped: "Shipped",
  delivered: "Delivered",
  cancelled: "Cancelled",
};

const MARKETPLACES = { amazon: "Amazon", ebay: "eBay", etsy: "Etsy", shopify: "Shopify", walmart: "Walmart" };

const REASONS = {
  customer_request: "The customer asked for it",
  wrong_address: "Wrong address",
  duplicate_order: "Duplicate order",
  pricing_error: "Pricing error",
  other: "Other",
  stockout: "Out of stock",
  international_unfulfillable: "International order that cannot be fulfilled",
  mislinked_sku: "Mis-linked SKU",
};

const named = (names) => (code) => (Object.hasOwn(names, code) ? names[code] : code);

export const statusName = named(STATUSES);
export const reasonName = named(REASONS);
export const marketplaceName = (code) => named(MARKETPLACES)(code.toLowerCase());
export const statuses = Object.keys(STATUSES);
export const marketplaces = Object.keys(MARKETPLACES);
export const sellerReasons = ["customer_request", "wrong_address", "duplicate_order", "pricing_error", "other"];
