/** Times as a person reads them here and now. The service speaks UTC; only the portal and the mail show local time. */

import { h } from "./dom.js";

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const ZONED = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** A <time> element for a time stamp of the service; the full moment with its zone is in its title. */
export function time(stamp, format = MOMENT) {
  return h("time", { datetime: stamp, title: ZONED.format(new Date(stamp)) }, format.format(new Date(stamp)));
}

// How the service writes a moment into a sentence, e.g. 23 Nov 2026 at 14:01 UTC.
const IN_SENTENCE = /(\d{1,2} [A-Z][a-z]{2} \d{4}) at (\d\d:\d\d) UTC/g;

/** A sentence of the service with its times as the reader's own. */
export function localised(sentence) {
  const parts = sentence.split(IN_SENTENCE);
  return parts.map((part, index) => {
    if (index % 3 === 0) return part;
    return index % 3 === 1 ? time(new Date(`${part} ${parts[index + 1]} UTC`).toISOString()) : null;
  });
}

export const day = (stamp) => time(stamp, DAY);
export const spoken = (stamp) => MOMENT.format(new Date(stamp));
