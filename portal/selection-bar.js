/** The bar under a list that says how many orders are ticked, and cancels them. */

import { needed } from "./api.js";
import { fill, h, plural } from "./dom.js";
import { selection } from "./selection.js";

/** @import { View } from "./types.js" */

/**
 * @param {View} view
 * @param {() => void} cleared
 */
export function selectionBar(view, cleared) {
  const element = h("div", { class: "selection", role: "region", "aria-label": "Selected orders" });
  const clear = () => {
    selection.clear();
    cleared();
  };
  const cancelAll = () =>
    view.run(async () => {
      const { confirmAndStart } = await needed(() => import("./pages/batch.js"));
      if (await confirmAndStart(selection.all())) selection.clear();
    });
  const draw = () => {
    if (!selection.size) return fill(element);
    const many = plural(selection.size, "order");
    fill(
      element,
      h("p", null, h("strong", null, many), " selected"),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", id: "clear", class: "plain", onclick: clear }, "Clear"),
        h("button", { type: "button", id: "cancel-selected", class: "primary", onclick: cancelAll }, `Cancel ${many}`),
      ),
    );
  };
  return { element, draw };
}
