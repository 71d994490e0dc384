/** The search in the header of every page: an id opens its order, a pasted list of ids is checked. */

import { h, ICONS, icon } from "./dom.js";
import { idsIn } from "./lookup.js";

export function searchForm() {
  const input = h("input", {
    type: "search",
    id: "search",
    placeholder: "Find an order",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-keyshortcuts": "/",
    enterkeyhint: "search",
    // A field of one line loses the line breaks of what is pasted, and with them where one id ends.
    onpaste: (event) => {
      const text = event.clipboardData?.getData("text") ?? "";
      if (idsIn(text).length < 2) return;
      event.preventDefault();
      go(text);
    },
  });
  /** @param {string} text */
  const go = (text) => {
    const ids = idsIn(text);
    if (!ids.length) return;
    const address =
      ids.length > 1
        ? `#/check?ids=${encodeURIComponent(ids.join("\n"))}`
        : `#/orders?search=${encodeURIComponent(text.trim())}`;
    input.value = "";
    input.blur();
    if (location.hash === address)
      dispatchEvent(new HashChangeEvent("hashchange")); // asked again
    else location.hash = address;
  };
  return h(
    "form",
    {
      class: "search",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        go(input.value);
      },
    },
    icon(ICONS.search),
    h(
      "label",
      { for: "search", class: "unseen" },
      "Find an order by its id, ours or the marketplace’s, or paste a list",
    ),
    input,
    h("kbd", { "aria-hidden": "true" }, "/"),
  );
}
