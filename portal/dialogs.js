/** The dialogs of a cancel: confirm it, read how it ended. The browser's own <dialog> keeps the focus inside. */

import { h, ICONS, icon, plural } from "./dom.js";
import { reasonName, sellerReasons } from "./words.js";

/** @import { Child, NextStep, Wish } from "./types.js" */

/** @typedef {[text: string, look: string, value: string | null]} Button */

const MAX_NOTE = 500;

/**
 * Asks for reason and note. Resolves to null when the person decides against it.
 * @param {string[]} orderIds
 * @param {string} [marketplace] the name of the one that they are sold on
 * @returns {Promise<Wish | null>}
 */
export function confirmCancel(orderIds, marketplace = "the marketplace") {
  const one = orderIds.length === 1;
  const title = one ? `Cancel order ${orderIds[0]}?` : `Cancel ${plural(orderIds.length, "order")}?`;
  const reason = h(
    "select",
    { id: "reason", name: "reason" },
    sellerReasons().map((code) => h("option", { value: code }, reasonName(code))),
  );
  const left = h("span", { class: "hint", id: "note-left" }, `Up to ${MAX_NOTE} characters.`);
  const note = h("textarea", {
    id: "note",
    name: "note",
    rows: 3,
    maxlength: MAX_NOTE,
    "aria-describedby": "note-left",
    oninput: () => {
      left.textContent = `${MAX_NOTE - note.value.length} characters left.`;
    },
  });
  return open(
    title,
    [
      h(
        "p",
        null,
        one ? "It will not be shipped. " : "They will not be shipped. ",
        h("strong", null, "A cancelled order cannot be brought back."),
      ),
      h("p", null, `${notInStep(marketplace)} Cancel there yourself, after it is cancelled here.`),
      h("div", { class: "field" }, h("label", { for: "reason" }, "Reason"), reason),
      h("div", { class: "field" }, h("label", { for: "note" }, "Note (optional, for yourself)"), note, left),
    ],
    [
      [one ? "Keep the order" : "Keep the orders", "plain", null],
      [one ? "Cancel the order" : `Cancel ${plural(orderIds.length, "order")}`, "danger", "cancel"],
    ],
  ).then((choice) => (choice === "cancel" ? { reason: reason.value, note: note.value.trim() || null } : null));
}

/**
 * What holds for every order, said wherever somebody is about to cancel one.
 * @param {string} marketplace its name
 */
export const notInStep = (marketplace) => `Nothing is synchronized with ${marketplace}, in either direction.`;

/**
 * A pop-up to read; resolves to the value of the button that closed it.
 * @param {string} title
 * @param {"ok" | "bad"} kind
 * @param {Child[]} children
 * @param {Button[]} buttons
 */
export function tell(title, kind, children, buttons = [["Close", "primary", null]]) {
  return open(title, children, buttons, kind);
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
 * @param {"ok" | "bad" | null} kind
 * @returns {Promise<string | null>}
 */
function open(title, children, buttons, kind = null) {
  return new Promise((resolve) => {
    const heading = h("h2", { id: "dialog-title", tabindex: "-1" }, title);
    const mark = kind && h("span", { class: `mark ${kind}` }, icon(kind === "ok" ? ICONS.check : ICONS.warn));
    const form = h(
      "form",
      {
        method: "dialog",
        onsubmit: (event) => {
          event.preventDefault();
          close(event.submitter instanceof HTMLButtonElement ? event.submitter.value : "");
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
      resolve(value || null);
      dialog.close();
      dialog.remove();
    };
    document.body.append(dialog);
    dialog.showModal();
    heading.focus();
  });
}
