/** The API. An answer is definite, or it is NoAnswer: nothing in between is made up. */

import { config } from "./config.js";
import { end, idToken, SignedOut } from "./session.js";

/** @import { OrderPage, Problem } from "./types.js" */

export { SignedOut };

/** The API said no (RFC 9457), and nothing was done. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {Problem} problem
   */
  constructor(status, problem) {
    super(problem.detail);
    this.status = status;
    this.problem = problem;
  }
}

/** Whether a request was carried out is not known: the answer was lost, late, or says so itself. */
export class NoAnswer extends Error {
  constructor(retryAfter = 0) {
    super("We did not get an answer.");
    this.retryAfter = retryAfter;
  }
}

/** Nothing came back from where the request was sent. */
export class NoConnection extends NoAnswer {}

// API Gateway gives up after 29 s; an answer that is not here by then never comes.
const PATIENCE = 35_000;

/** @typedef {{body?: unknown, key?: string, signal?: AbortSignal}} Options */

/**
 * Resolves to the JSON answer, which is as the contract says. Throws Refused, NoAnswer or SignedOut; an AbortError if
 * `signal` says so.
 * @template Answer
 * @param {string} method
 * @param {string} route
 * @param {Options} options
 * @returns {Promise<Answer>}
 */
export async function call(method, route, { body, key, signal } = {}) {
  /** @param {boolean} fresh */
  const ask = async (fresh) => {
    const token = await idToken({ fresh });
    return send(method, route, token, body, key, signal);
  };
  try {
    let response = await ask(false);
    if (response.status === 401) response = await ask(true); // revoked, or this computer's clock is wrong
    return await read(response);
  } catch (error) {
    if (signal?.aborted || error instanceof SignedOut || error instanceof Refused) throw error;
    if (error instanceof NoAnswer) throw error;
    throw error instanceof TypeError ? new NoConnection() : new NoAnswer(); // fetch throws a TypeError when it gets nothing
  }
}

/**
 * @template Answer
 * @param {string} route
 * @param {Record<string, string | number | null | undefined>} query what is null or empty is left out
 * @param {AbortSignal} [signal]
 * @returns {Promise<Answer>}
 */
export const get = (route, query = {}, signal = undefined) => {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value || value === 0) given.set(name, String(value));
  return call("GET", given.size ? `${route}?${given}` : route, { signal });
};

/** @param {string} orderId */
export const orderRoute = (orderId, rest = "") => `/orders/${encodeURIComponent(orderId)}${rest}`;

/**
 * A file of the portal that is fetched when it is needed, which may fail like a request to the service.
 * @template Module
 * @param {() => Promise<Module>} load
 */
export async function needed(load) {
  try {
    return await load();
  } catch (error) {
    throw error instanceof TypeError ? new NoConnection() : error; // as import() throws it
  }
}

/**
 * The page of a list of orders behind `cursor`, or its first; its own cursor is null when it is the last. It may be
 * short, or empty, before the end.
 * @param {Record<string, string>} query
 * @param {string | null} cursor
 * @param {AbortSignal} [signal]
 * @returns {Promise<OrderPage>}
 */
export const orderPage = (query, cursor, signal) => get("/orders", { ...query, limit: 100, cursor }, signal);

/**
 * @param {string} method
 * @param {string} route
 * @param {string} token
 * @param {unknown} body
 * @param {string} [key]
 * @param {AbortSignal} [signal]
 */
function send(method, route, token, body, key, signal) {
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return fetch(config.api_url + route, {
    method,
    headers,
    body: text,
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    // A cancel that was sent is not taken back by closing the page. Browsers keep up to 64 KiB alive.
    keepalive: method !== "GET" && (text?.length ?? 0) < 32_768,
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]),
  });
}

/** @param {Response} response */
async function read(response) {
  if (response.status === 401) {
    end();
    throw new SignedOut();
  }
  const document = await response.json(); // what is no JSON came from somewhere in between: no answer
  if (response.ok) return document;
  if (response.status >= 500 || response.status === 429)
    throw new NoAnswer(Number(response.headers.get("Retry-After")));
  throw new Refused(response.status, document);
}
