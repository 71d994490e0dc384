/** The orders that were ticked, kept while the person turns pages and filters. */

/** @type {Set<string>} */
const chosen = new Set();

export const selection = {
  /** @param {string} orderId */
  has: (orderId) => chosen.has(orderId),
  /**
   * @param {string} orderId
   * @param {boolean} on
   */
  set(orderId, on) {
    if (on) chosen.add(orderId);
    else chosen.delete(orderId);
  },
  clear: () => chosen.clear(),
  all: () => [...chosen],
  get size() {
    return chosen.size;
  },
};
