/** Tick boxes of a list: one for each row, one for all, and with Shift for the rows in between. */

import { h } from "./dom.js";

/**
 * @template {{order_id: string}} Row
 * @param {Row[]} rows those that can be ticked
 * @param {{has: (orderId: string) => boolean, set: (row: Row, on: boolean) => void}} chosen
 * @param {() => void} changed
 * @param {string} what is selected by the box for all
 */
export function ticks(rows, chosen, changed, what) {
  /** @type {Map<Row, HTMLInputElement>} */
  const boxes = new Map();
  let last = -1; // where a range begins
  let shift = false;

  /** @type {HTMLInputElement} */
  const all = h("input", {
    type: "checkbox",
    "aria-label": `Select ${what}`,
    disabled: !rows.length,
    onchange: () => put(rows, all.checked),
  });
  const drawAll = () => {
    const count = rows.filter((row) => chosen.has(row.order_id)).length;
    all.checked = rows.length > 0 && count === rows.length;
    all.indeterminate = count > 0 && count < rows.length;
  };
  /**
   * @param {Row[]} some
   * @param {boolean} on
   */
  const put = (some, on) => {
    for (const row of some) {
      chosen.set(row, on);
      const box = boxes.get(row);
      if (box) box.checked = on;
    }
    drawAll();
    changed();
  };
  drawAll();

  /**
   * @param {Row} row
   * @param {string} name
   */
  const box = (row, name) => {
    const at = rows.indexOf(row);
    const input = h("input", {
      type: "checkbox",
      id: `tick-${row.order_id}`, // the keyboard stays on it when the list is drawn anew
      "aria-label": `Select ${name}`,
      checked: chosen.has(row.order_id),
      onclick: (event) => {
        shift = event.shiftKey;
      },
      onchange: () => {
        const from = shift && last >= 0 ? last : at;
        put(rows.slice(Math.min(from, at), Math.max(from, at) + 1), input.checked);
        last = at;
      },
    });
    boxes.set(row, input);
    return input;
  };
  return { all, box };
}
