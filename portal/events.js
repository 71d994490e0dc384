/** What the portal's pieces tell each other, on the window: names, and what comes with each. */

/** @import { Result } from "./types.js" */

/**
 * @typedef {object} Events
 * @property {{by: number}} marked so many more (or fewer) orders are to do in a marketplace
 * @property {Result & {orderId: string}} cancel-settled one cancel was answered
 * @property {null} cancels-unknown of which cancels the outcome is not known has changed
 * @property {null} batch-changed
 * @property {null} marketplaces-known
 * @property {null} signed-in-elsewhere another tab has handed its session over
 * @property {null} signed-out-elsewhere
 */

/**
 * @template {keyof Events} Name
 * @param {Name} name
 * @param {Events[Name]} detail
 */
export function emit(name, detail) {
  dispatchEvent(new CustomEvent(name, { detail }));
}

/**
 * @template {keyof Events} Name
 * @param {Name} name
 * @param {(detail: Events[Name]) => void} listener
 * @param {AddEventListenerOptions} [options]
 */
export function on(name, listener, options) {
  addEventListener(name, (event) => listener(/** @type {CustomEvent<Events[Name]>} */ (event).detail), options);
}
