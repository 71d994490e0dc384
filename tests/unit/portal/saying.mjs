// Says what sentences.js says, with the service's words and in the seller's time zone.

import { config } from "../../../portal/config.js";
import * as sentences from "../../../portal/sentences.js";
import { useZone } from "../../../portal/times.js";

export function saying({ words, zone, name, of }) {
  Object.assign(config, words);
  useZone(zone);
  return sentences[name](...of);
}
