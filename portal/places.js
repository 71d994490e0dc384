/**
 * Where a person was on a page: Back leads to the same place, with the same link under the keyboard. Each entry of the
 * browser's history has a number of its own, which a page that is opened anew does not have yet.
 */

/** @typedef {{top: number, focus: string | null}} Place */

/** @type {Map<number, Place>} */
const places = new Map();
let last = 0;
let entry = numbered();

/** The number of the history's entry in view, which is given one where it has none. */
function numbered() {
  const known = history.state?.entry;
  if (typeof known === "number") return known;
  last = Math.max(last + 1, Date.now()); // no number of before a reload comes again
  history.replaceState({ entry: last }, "");
  return last;
}

/**
 * Notes where the person is, before another page is shown in `main`.
 * @param {HTMLElement} main
 */
export function leavePlace(main) {
  const focused = main.contains(document.activeElement) ? document.activeElement : null;
  const focus = focused?.id ? `#${CSS.escape(focused.id)}` : hrefOf(focused);
  places.set(entry, { top: scrollY, focus });
  entry = numbered();
}

/** @param {Element | null} element */
function hrefOf(element) {
  const href = element?.getAttribute("href");
  return href ? `[href="${CSS.escape(href)}"]` : null;
}

/**
 * Goes to where the person was on this page, or to its top. Returns whether the keyboard has its place.
 * @param {HTMLElement} main
 */
export function arriveAt(main) {
  const place = places.get(entry);
  scrollTo(0, place?.top ?? 0);
  const focused = place?.focus ? main.querySelector(place.focus) : null;
  if (!(focused instanceof HTMLElement)) return false;
  focused.focus({ preventScroll: true });
  return true;
}
