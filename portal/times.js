/**
 * Times as the seller's people read them: in the time zone that the seller is registered with, which is named, so that
 * the portal, the reply to a customer and the mail speak of one moment alike. The service speaks UTC.
 */

import { h } from "./dom.js";

/** @type {string | undefined} */
let zone; // until it is known, and where the browser does not know it: the browser's own
/** @type {Record<string, Intl.DateTimeFormat>} */
let formats = make();

/** @param {string | null | undefined} name as IANA writes it */
export function useZone(name) {
  zone = name ?? undefined;
  try {
    formats = make();
  } catch {
    zone = undefined;
    formats = make();
  }
}

/** @returns {Record<string, Intl.DateTimeFormat>} */
function make() {
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { month: "short", day: "numeric", timeZone: zone };
  /** @type {Intl.DateTimeFormatOptions} */
  const clock = { hour: "numeric", minute: "2-digit", timeZoneName: "short", timeZone: zone };
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) => new Intl.DateTimeFormat(undefined, options);
  return {
    clock: format(clock),
    day: format(day),
    moment: format({ ...day, ...clock }),
    dayOfYear: format({ ...day, year: "numeric" }),
    momentOfYear: format({ ...day, ...clock, year: "numeric" }),
    year: format({ year: "numeric", timeZone: zone }),
  };
}

/**
 * @param {string} name
 * @param {string | number} stamp
 */
const written = (name, stamp) => formats[name]?.format(new Date(stamp)) ?? "";

/** @param {string | number} stamp */
const isOfThisYear = (stamp) => written("year", stamp) === written("year", Date.now());

/**
 * "Nov 23, 6:01 AM PST"; with the year, where it is another.
 * @param {string | number} stamp
 */
export const spoken = (stamp) => written(isOfThisYear(stamp) ? "moment" : "momentOfYear", stamp);

/**
 * "6:01 AM PST"
 * @param {string | number} stamp
 */
export const clock = (stamp) => written("clock", stamp);

/** @param {string} stamp */
export const time = (stamp) => h("time", { datetime: stamp }, spoken(stamp));

/** @param {string} stamp */
export const day = (stamp) =>
  h("time", { datetime: stamp, title: spoken(stamp) }, written(isOfThisYear(stamp) ? "day" : "dayOfYear", stamp));
