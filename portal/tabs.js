/**
 * The tabs of one person. A new one takes the session over from another that is signed in, so that a link in a mail
 * opens without a password; signing out ends all of them. Nothing is stored for it: no tab, no session.
 */

import { emit } from "./events.js";
import { adopt, end, handedOver } from "./session.js";

/** @import { Session } from "./session.js" */

/** @typedef {{wanted?: true, session?: Session, ended?: true}} Message */

const PATIENCE = 300; // milliseconds; another tab answers within a few, unless the browser has put it to sleep

const channel = new BroadcastChannel("order-cancellation");

/** @type {(() => void) | null} */
let taken = null;

/** @param {Message} message */
const say = (message) => channel.postMessage(message);

channel.addEventListener("message", ({ data }) => {
  /** @type {Message} */
  const { wanted, session, ended } = data;
  const own = handedOver();
  if (wanted && own) say({ session: own });
  if (session && !own) {
    adopt(session);
    if (taken) taken();
    else emit("signed-in-elsewhere", null);
  }
  if (ended && own) {
    end();
    emit("signed-out-elsewhere", null);
  }
});

/**
 * Takes over the session of another tab, if there is one.
 * @returns {Promise<void>}
 */
export function takeOver() {
  if (handedOver()) return Promise.resolve();
  return new Promise((go) => {
    const done = () => {
      clearTimeout(timer);
      taken = null;
      go();
    };
    const timer = setTimeout(done, PATIENCE);
    taken = done;
    say({ wanted: true });
  });
}

/** Somebody has signed in here: the tabs that wait for it go on. */
export function shareSession() {
  const session = handedOver();
  if (session) say({ session });
}

/** Signed out here: signed out everywhere. */
export const endOthers = () => say({ ended: true });
