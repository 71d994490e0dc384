/**
 * The service's documents, as docs/openapi.yaml describes them and as far as the portal reads them, and what the
 * portal's own pieces hand to each other. For the type checker alone: no page loads this file.
 */

// -------------------------------------------------------------------------------------------------------- the service

/** @typedef {"cancelled" | "already_cancelled" | "refused"} Outcome */
/** @typedef {"to_do" | "done" | "not_needed"} MarketplaceCancellation */

/**
 * A fulfillment center that has packed its part, and when.
 * @typedef {{fc_id: string, at: string}} Packed
 */

/**
 * What to do next, said in `text`.
 * @typedef {{action: string, text: string, marketplace?: string, marketplace_order_id?: string}} NextStep
 */

/**
 * @typedef {object} Cancellation
 * @property {string} cancellation_id
 * @property {"seller" | "auto"} kind
 * @property {string} reason
 * @property {string | null} note
 * @property {string} cancelled_at
 * @property {{kind: string, id: string, name: string | null} | null} actor who did it, where that was noted
 * @property {string[]} [fulfillment_centers] where it is of their parts alone
 * @property {string | null} [detail] only of an automatic one
 * @property {string[]} [skus] likewise
 */

/**
 * Why an order cannot be cancelled: what a cancel would be told, and which parts can be.
 * @typedef {{code: string, detail: string, packed?: Packed[], still_cancellable?: string[]}} Because
 */

/**
 * @typedef {object} Center
 * @property {string} fc_id
 * @property {string} status
 * @property {string | null} at
 * @property {{event: string, at: string}[]} events
 * @property {boolean} cancellable whether its part can be
 * @property {Cancellation} [cancellation] of its part, or of the whole order
 */

/**
 * @typedef {object} Order
 * @property {string} order_id
 * @property {string} status
 * @property {boolean} cancellable
 * @property {string} marketplace
 * @property {string} marketplace_order_id
 * @property {string} destination_country
 * @property {string} placed_at
 * @property {boolean} partially_cancelled
 * @property {{sku: string, quantity: number, fulfillment_center?: string}[]} lines
 * @property {Center[]} fulfillment_centers
 * @property {{fc_id: string, at: string}[]} [moved_fulfillment_centers] those that had a part before
 * @property {Cancellation} [cancellation]
 * @property {MarketplaceCancellation} [marketplace_cancellation]
 * @property {Because} [not_cancellable_because]
 * @property {NextStep[]} [next_steps]
 * @property {string} [safe_reply] only where one order was asked for
 */

/** @typedef {Order & {marketplace_cancellation: MarketplaceCancellation}} MarkedOrder of which something is cancelled */

/**
 * `count` of what is to do comes with the first page of that list; there are `more` where it stopped counting.
 * @typedef {{orders: Order[], cursor: string | null, count?: number, more?: boolean}} OrderPage
 */

/** @typedef {{order_id: string, outcome: "recorded", marketplace_cancellation: MarketplaceCancellation}} Recorded */

/** @typedef {Recorded | (Problem & {order_id: string, outcome: "refused"})} MarkResult */

/**
 * The answer to a cancel that left the order, or the parts that were named, cancelled.
 * @typedef {object} Cancelled
 * @property {string} order_id
 * @property {"cancelled"} [status] of a whole one
 * @property {string} [order_status] of parts
 * @property {string[]} [cancelled_fulfillment_centers] likewise
 * @property {"cancelled" | "already_cancelled"} outcome
 * @property {string} message
 * @property {Cancellation} cancellation
 * @property {NextStep[]} next_steps
 */

/**
 * A refusal (RFC 9457); `status` is HTTP's.
 * @typedef {object} Problem
 * @property {string} title
 * @property {number} status
 * @property {string} code
 * @property {string} detail
 * @property {string} [order_id]
 * @property {string} [order_status]
 * @property {Packed[]} [packed]
 * @property {string[]} [still_cancellable]
 * @property {NextStep[]} [next_steps]
 */

/** @typedef {Cancelled | (Problem & {order_id: string, outcome: "refused"})} BatchEntry */

/** @typedef {{results: BatchEntry[]}} BatchResult */

/**
 * @typedef {object} Compared an order of a reconciliation
 * @property {string} order_id
 * @property {string} marketplace_order_id
 * @property {string} status
 * @property {boolean} cancellable
 * @property {Because} [not_cancellable_because]
 * @property {MarketplaceCancellation} [marketplace_cancellation]
 */

/**
 * @typedef {object} Reconciliation
 * @property {Compared[]} cancelled_there_live_here
 * @property {Compared[]} cancelled_here_live_there
 * @property {Compared[]} agreed
 * @property {{marketplace_order_id: string}[]} unknown
 */

/**
 * @typedef {object} Summary
 * @property {string} summary_id
 * @property {string} status
 * @property {string | null} email
 * @property {string | null} created_at
 * @property {string | null} sent_at
 * @property {string[]} orders
 */

/**
 * @typedef {object} Contact
 * @property {string} email
 * @property {string} time_zone
 * @property {string} summaries
 * @property {{kind: string, at: string} | null} mail_problem
 */

/**
 * `mail` only where it was asked for.
 * @typedef {{summaries: Summary[], cursor: string | null, contact: Contact | null, mail?: Mail | null}} SummaryPage
 */

/** @typedef {{summary_id: string, subject: string, html: string, text: string}} Mail */

/**
 * What /config.json says: where the service is, and the words that the portal has from it.
 * @typedef {object} Config
 * @property {string} api_url
 * @property {string} cognito_url
 * @property {string} client_id
 * @property {Catalog} catalog
 */

/**
 * @typedef {object} Catalog
 * @property {string[]} statuses in their order
 * @property {string[]} steps those that a fulfillment center reports
 * @property {Record<string, string>} marketplaces names by code
 * @property {Record<string, string>} order_pages where an order is in its marketplace, with {id} for its id
 * @property {{code: string, kind: "seller" | "auto", title: string, what_to_do: string}[]} reasons
 */

// --------------------------------------------------------------------------------------------------- the portal itself

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * What a person says about a cancel.
 * @typedef {{reason: string, note: string | null, fulfillment_centers?: string[]}} Wish
 */

/** @typedef {Wish & {key: string, asked_at: number}} Ask a cancel that was asked for, as the browser keeps it */

/** @typedef {{outcome: Cancelled["outcome"], body: Cancelled} | {outcome: "refused", body: Problem}} Result */

/**
 * What the frame gives to a page.
 * @typedef {object} View
 * @property {string} id the order's, on an order's page
 * @property {URLSearchParams} query
 * @property {AbortSignal} signal ends with the page
 * @property {(title: string, ...children: Child[]) => void} show
 * @property {<T>(work: () => Promise<T>) => Promise<T | undefined>} run does what may fail, and says so in the corner
 * @property {(renew: () => Promise<void>) => void} onReturn renews what may be old, when the person is back at this tab
 */

export {};
