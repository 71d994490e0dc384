/** The orders that were ticked, kept while the person turns pages and filters. */

const chosen = new Set();

export const selection = {
  has: (orderId) => chosen.has(orderId),
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
