/** The API. An answer is definite, or it is NoAnswer: nothing in between is made up. */

import { config } from "./config.js";
import { end, idToken, SignedOut } from "./session.js";

export { SignedOut };

/** The API said no (RFC 9457), and nothing was done. */
export class Refused extends Error {
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

// API Gateway gives up after 29 s; an answer that is not here by then never comes.
const PATIENCE = 35_000;

/** Resolves to the JSON answer. Throws Refused, NoAnswer or SignedOut; an AbortError if `signal` says so. */
export async function call(method, route, { body, key, signal } = {}) {
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
    throw error instanceof NoAnswer ? error : new NoAnswer();
  }
}

export const get = (route, query = {}, signal = undefined) => {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return call("GET", given.length ? `${route}?${new URLSearchParams(given)}` : route, { signal });
};

export const orderRoute = (orderId, rest = "") => `/orders/${encodeURIComponent(orderId)}${rest}`;

/** The pages of a list until there are `most` entries: {entries, more}. A page may be empty before the end. */
export async function list(route, query, name, { most, requests, signal }) {
  const entries = [];
  let cursor = null;
  for (let asked = 0; asked < requests; asked++) {
    const page = await get(route, { ...query, limit: 100, cursor }, signal);
    entries.push(...page[name]);
    cursor = page.cursor;
    if (!cursor || entries.length >= most) break;
  }
  return { entries, more: cursor !== null };
}

function send(method, route, token, body, key, signal) {
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
