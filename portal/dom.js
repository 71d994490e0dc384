/**
 * Elements from data. Every text becomes a text node: nothing in the portal parses HTML, so what a marketplace, a
 * planner or a fulfillment center wrote can only ever be read, never run.
 */

/** @import { Child } from "./types.js" */

/**
 * Attributes (null and false leave one out), and what to do on an event.
 * @typedef {{[Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name]) => unknown}
 *   & {[attribute: string]: unknown}} Props
 */

/**
 * h("a", {class: "x", href: "#/", onclick: f}, "text", node, [more], null)
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Props | null} props
 * @param {...Child} children
 */
export function h(name, props, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), (event) => value(event));
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A decorative icon of 24 × 24 units, drawn with lines; the text beside it says what it means.
 * @param {string} path
 */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

export const ICONS = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  warn: "M12 8v5M12 16.5v.5M12 3.5L2.5 20h19z",
  stop: "M5 12h14",
  half: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  clock: "M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16M12 8v4l3 2",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  again: "M19 12a7 7 0 1 1-2.05-4.95L19 9M19 4v5h-5",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l4.5 4.5",
  upload: "M12 16V5M7.5 9.5L12 5l4.5 4.5M4 19h16",
};

/**
 * Replaces what is in an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return nodes(child);
    if (child === null || child === undefined || child === false) return [];
    return [typeof child === "number" ? String(child) : child];
  });
}

/**
 * An element of index.html.
 * @param {string} id
 */
export function part(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no ${id}`);
  return element;
}

/**
 * Says something to a screen reader without moving its place.
 * @param {string} text
 */
export function announce(text) {
  const region = part("announcements");
  region.textContent = "";
  // A region is only read when it changes, also when the same is said twice.
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

/**
 * A message in the corner that disappears after a while; errors stay until they are dismissed.
 * @param {Child} text
 * @param {"ok" | "warn" | "bad"} kind
 * @param {HTMLElement | null} link
 * @param {{text: string, act: () => unknown} | null} action
 */
export function toast(text, kind = "ok", link = null, action = null) {
  const undo = () => {
    box.remove();
    action?.act();
  };
  const box = h(
    "div",
    { class: `toast ${kind}` },
    icon(kind === "ok" ? ICONS.check : ICONS.warn),
    h("p", null, text, link && " ", link),
    action && h("button", { type: "button", class: "link", onclick: undo }, action.text),
    h(
      "button",
      { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => void box.remove() },
      icon(ICONS.cross),
    ),
  );
  part("toasts").append(box);
  announce(box.querySelector("p")?.textContent ?? "");
  if (kind === "ok") setTimeout(() => box.remove(), action ? 20_000 : 8000);
}

/**
 * @param {string} value
 * @param {string} done what is said then
 */
export async function copyText(value, done) {
  try {
    await navigator.clipboard.writeText(value);
    toast(done);
  } catch {
    toast(["Your browser does not let us copy. Select it here: ", value], "warn");
  }
}

/**
 * A button that copies; where the browser does not let us, what could not be copied is shown.
 * @param {string} value
 * @param {{text?: string, label: string | null, done: string}} words `label` where there is no `text`
 */
export function copyButton(value, { text, label, done }) {
  const copy = () => copyText(value, done);
  const props = { type: "button", class: text ? "plain" : "quiet copy", "aria-label": label, title: label };
  return h("button", { ...props, onclick: copy }, icon(ICONS.copy), text);
}

/**
 * @param {number} count
 * @param {string} one
 */
export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
