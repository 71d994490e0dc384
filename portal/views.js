/** Pieces that several pages show. */

import { h, ICONS, icon } from "./dom.js";
import { clock } from "./times.js";
import { marketplaceName, statusName } from "./words.js";

/** @import { Named } from "./sentences.js" */
/** @import { Child } from "./types.js" */

/** @param {string} status */
export const badge = (status) => h("span", { class: `badge ${status.replace(/\W/g, "")}` }, statusName(status));

/** @param {string} orderId */
export const orderLink = (orderId) => h("a", { href: `#/orders/${encodeURIComponent(orderId)}` }, orderId);

/**
 * An order's page, by the name that a customer knows it by.
 * @param {Named} order
 */
export const theirLink = (order) => h("a", { href: orderLink(order.order_id).hash }, marketplaceOrder(order));

/**
 * As of when a list is true, and a button that asks again.
 * @param {number} readAt
 * @param {() => void} renew
 */
export const asOf = (readAt, renew) =>
  h(
    "p",
    { class: "as-of" },
    `As of ${clock(readAt)} `,
    h("button", { type: "button", id: "refresh", class: "quiet", onclick: renew }, icon(ICONS.again), "Refresh"),
  );

/**
 * "Amazon 113-2201": a marketplace and its id of an order.
 * @param {{marketplace: string, marketplace_order_id: string}} order
 */
export function marketplaceOrder({ marketplace, marketplace_order_id: id }) {
  return h("span", { class: "marketplace" }, marketplaceName(marketplace), " ", h("span", { class: "id" }, id));
}

/**
 * A box in the page that says how something stands.
 * @param {"ok" | "warn" | "bad"} kind
 * @param {Child} title
 * @param {...Child} children
 */
export function notice(kind, title, ...children) {
  return h(
    "div",
    { class: `notice ${kind}`, role: kind === "bad" ? "alert" : null },
    icon(kind === "ok" ? ICONS.check : ICONS.warn),
    h("div", null, h("p", { class: "notice-title" }, title), children),
  );
}

/** @typedef {{title: string, class?: string, unseen?: boolean, head?: Node}} Column */

/**
 * A table that turns into cards on a narrow screen. The roles are spelled out because a row that is displayed as a
 * block is no row to a screen reader any more.
 * @param {string} caption
 * @param {Column[]} columns
 * @param {Child[][]} rows their cells
 */
export function table(caption, columns, rows) {
  return h(
    "table",
    { role: "table" },
    h("caption", { class: "unseen" }, caption),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        columns.map((column) =>
          h(
            "th",
            { role: "columnheader", scope: "col", class: column.class },
            column.head ?? h("span", { class: column.unseen ? "unseen" : null }, column.title),
          ),
        ),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      rows.map((cells) =>
        h(
          "tr",
          { role: "row" },
          columns.map((column, index) =>
            h("td", { role: "cell", "data-title": column.title, class: column.class }, cells[index]),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {string} title
 * @param {...Child} children
 */
export const empty = (title, ...children) =>
  h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), children);
