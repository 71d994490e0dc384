/** Times as a person reads them here and now. The service speaks UTC; only the portal and the mail show local time. */

import { h } from "./dom.js";

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const ZONED = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * A <time> element for a time stamp of the service; the full moment with its zone is in its title.
 * @param {string} stamp
 */
export function time(stamp, format = MOMENT) {
  return h("time", { datetime: stamp, title: ZONED.format(new Date(stamp)) }, format.format(new Date(stamp)));
}

/** @param {string} stamp */
export const day = (stamp) => time(stamp, DAY);
/** @param {string | number} stamp */
export const spoken = (stamp) => MOMENT.format(new Date(stamp));
