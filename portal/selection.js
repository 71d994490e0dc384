/** The orders that were ticked, kept while the person turns pages and filters, with what names them to a person. */

/** @typedef {{order_id: string, marketplace: string, marketplace_order_id: string}} Named */

/** @type {Map<string, Named>} */
const chosen = new Map();

export const selection = {
  /** @param {string} orderId */
  has: (orderId) => chosen.has(orderId),
  /**
   * @param {Named} order
   * @param {boolean} on
   */
  set({ order_id, marketplace, marketplace_order_id }, on) {
    if (on) chosen.set(order_id, { order_id, marketplace, marketplace_order_id });
    else chosen.delete(order_id);
  },
  clear: () => chosen.clear(),
  all: () => [...chosen.values()],
  get size() {
    return chosen.size;
  },
};
