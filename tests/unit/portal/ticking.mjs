// Ticks boxes of a list as a person clicks them; says which rows are ticked in the end.

export async function ticking({ count, clicks }) {
  globalThis.document = { createElement: element };
  const { ticks } = await import("../../../portal/ticks.js");
  const rows = Array.from({ length: count }, (_, number) => ({ order_id: `A-${number}` }));
  const chosen = new Set();
  const selection = { has: (id) => chosen.has(id), set: (row, on) => chosen[on ? "add" : "delete"](row.order_id) };
  const { box, all } = ticks(rows, selection, () => {}, "all");
  const boxes = rows.map((row) => box(row, row.order_id));
  for (const [number, shift] of clicks) {
    const clicked = number === "all" ? all : boxes[number];
    clicked.checked = !clicked.checked;
    clicked.dispatchEvent(Object.assign(new Event("click"), { shiftKey: Boolean(shift) }));
    clicked.dispatchEvent(new Event("change"));
  }
  return { chosen: [...chosen].sort(), shown: boxes.flatMap((each, number) => (each.checked ? [`A-${number}`] : [])) };
}

/** As much of an element as a tick box needs. */
function element() {
  return Object.assign(new EventTarget(), { checked: false, setAttribute: () => {}, append: () => {} });
}
