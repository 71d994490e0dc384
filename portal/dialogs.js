/** The dialogs of a cancel: confirm it, read how it ended. The browser's own <dialog> keeps the focus inside. */

import { fill, h, ICONS, icon, plural } from "./dom.js";
import { byMarketplace, orderName, partsOf } from "./sentences.js";
import { marketplaceOrder } from "./views.js";
import { marketplaceName, reasonName, sellerReasons } from "./words.js";

/** @import { Named } from "./sentences.js" */
/** @import { Child, NextStep, Wish } from "./types.js" */

/** @typedef {[text: string, look: string, value: string | null]} Button */

const MAX_NOTE = 500;
const NAMED = 5; // orders of many, in the question

/**
 * Asks for reason and note. Resolves to null when the person decides against it.
 * @param {Named[]} orders
 * @param {Child} lines what is in it, of one order
 * @param {string[]} [parts] fulfillment centers, of which alone
 * @returns {Promise<Wish | null>}
 */
export async function confirmCancel(orders, lines = null, parts = undefined) {
  const [first] = orders;
  const one = orders.length === 1 && first;
  const many = plural(orders.length, "order");
  const marketplace = one ? marketplaceName(first.marketplace) : "any marketplace";
  const error = h("p", { class: "error", id: "reason-error", role: "alert" });
  const reason = h(
    "select",
    { id: "reason", name: "reason", "aria-describedby": "reason-error", onchange: () => fill(error) },
    h("option", { value: "" }, "Choose a reason…"), // none is likelier than another
    sellerReasons().map((code) => h("option", { value: code }, reasonName(code))),
  );
  const left = h("span", { class: "hint", id: "note-left" }, `Up to ${MAX_NOTE} characters.`);
  const note = h("textarea", {
    id: "note",
    name: "note",
    rows: 2,
    maxlength: MAX_NOTE,
    "aria-describedby": "note-left",
    oninput: () => {
      left.textContent = `${MAX_NOTE - note.value.length} characters left.`;
    },
  });
  const missing = () => {
    if (reason.value) return false;
    fill(error, "Choose a reason first.");
    reason.focus();
    return true;
  };
  const choice = await open(
    one ? `Cancel ${parts ? `${partsOf(parts)} of ` : ""}${orderName(first)}?` : `Cancel ${many}?`,
    [
      one ? lines : whichOrders(orders),
      h(
        "p",
        null,
        parts ? "The other parts go on. " : one ? "It will not be shipped. " : "They will not be shipped. ",
        h("strong", null, `A cancelled ${parts ? "part" : "order"} cannot be brought back.`),
      ),
      h(
        "p",
        null,
        `${notInStep(marketplace)} `,
        parts
          ? "Correct the quantity there yourself, after this part is cancelled here."
          : "Cancel there yourself, after it is cancelled here.",
      ),
      h("div", { class: "field" }, h("label", { for: "reason" }, "Reason"), reason, error),
      h("div", { class: "field" }, h("label", { for: "note" }, "Note (optional, for yourself)"), note, left),
    ],
    [
      [parts ? "Keep it" : one ? "Keep the order" : "Keep the orders", "plain", null],
      [parts ? `Cancel ${partsOf(parts)}` : one ? "Cancel the order" : `Cancel ${many}`, "primary", "cancel"],
    ],
    { hold: (value) => value === "cancel" && missing() },
  );
  if (choice !== "cancel") return null;
  return { reason: reason.value, note: note.value.trim() || null, ...(parts && { fulfillment_centers: parts }) };
}

/**
 * Which orders are about to be cancelled: the first few by name, and how many there are of each marketplace.
 * @param {Named[]} orders
 */
function whichOrders(orders) {
  const rest = orders.length - NAMED;
  return h(
    "div",
    { class: "which" },
    h("p", null, h("strong", null, `${byMarketplace(orders)}:`)),
    h(
      "ul",
      null,
      orders.slice(0, NAMED).map((order) => h("li", null, marketplaceOrder(order))),
      rest > 0 && h("li", null, `and ${rest.toLocaleString()} more`),
    ),
  );
}

/**
 * What holds for every order, said wherever somebody is about to cancel one.
 * @param {string} marketplace its name
 */
export const notInStep = (marketplace) => `Nothing is synchronized with ${marketplace}, in either direction.`;

/**
 * A pop-up to read; resolves to the value of the button that closed it.
 * @param {string} title
 * @param {"ok" | "bad" | null} kind
 * @param {Child[]} children
 * @param {Button[]} buttons
 */
export function tell(title, kind, children, buttons = [["Close", "primary", null]]) {
  return open(title, children, buttons, { kind });
}

/**
 * The steps that a success or a refusal names.
 * @param {NextStep[]} steps
 */
export function stepList(steps) {
  if (steps.length === 1) return h("p", null, steps[0]?.text);
  return h(
    "ol",
    { class: "steps" },
    steps.map((step) => h("li", null, step.text)),
  );
}

/**
 * @param {string} title
 * @param {Child[]} children
 * @param {Button[]} buttons
 * @param {{kind?: "ok" | "bad" | null, hold?: (value: string) => boolean}} options `hold` keeps it open
 * @returns {Promise<string | null>}
 */
function open(title, children, buttons, { kind, hold = () => false }) {
  const opener = document.activeElement;
  return new Promise((resolve) => {
    const heading = h("h2", { id: "dialog-title", tabindex: "-1" }, title);
    const mark = kind && h("span", { class: `mark ${kind}` }, icon(kind === "ok" ? ICONS.check : ICONS.warn));
    const form = h(
      "form",
      {
        method: "dialog",
        onsubmit: (event) => {
          event.preventDefault();
          const value = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
          if (!hold(value)) close(value);
        },
      },
      h("div", { class: "dialog-head" }, mark, heading),
      children,
      h(
        "div",
        { class: "buttons" },
        buttons.map(([text, look, value]) => h("button", { type: "submit", class: look, value: value ?? "" }, text)),
      ),
    );
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", oncancel: () => close("") }, form);
    // A double click on the last button finds the dialog closed: the first click is the one that counts.
    /** @param {string} value */
    const close = (value) => {
      dialog.close();
      dialog.remove();
      focusAgain(opener);
      resolve(value || null);
    };
    document.body.append(dialog);
    dialog.showModal();
    heading.focus();
  });
}

/**
 * Where the keyboard was before a dialog; what was drawn anew meanwhile is known by its id, or else the page's heading.
 * @param {Element | null} opener
 */
function focusAgain(opener) {
  const there = opener?.isConnected ? opener : opener?.id && document.getElementById(opener.id);
  const place = there && there !== document.body ? there : document.querySelector("main h1");
  if (place instanceof HTMLElement) place.focus({ preventScroll: true });
}
