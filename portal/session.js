/**
 * Who is signed in. Tokens live in sessionStorage: they end with the tab, and no other site's script can read them; a
 * new tab takes them over from one that is open (tabs.js).
 * Cognito is spoken to with two plain calls; its SDK would be larger than the whole portal.
 */

import { config } from "./config.js";

/**
 * `time_zone` is the seller's, once it is known.
 * @typedef {{id_token: string, refresh_token: string, expires_at: number, seller_id: string, email: string,
 *   time_zone?: string}} Session
 */
/** @typedef {{name: string, session: string, username: string, email: string}} Challenge */

/**
 * Cognito's answer, as far as it is read here.
 * @typedef {object} Answer
 * @property {string} [ChallengeName]
 * @property {string} [Session]
 * @property {string} [SecretCode]
 * @property {{USER_ID_FOR_SRP?: string}} [ChallengeParameters]
 * @property {{IdToken: string, RefreshToken?: string, ExpiresIn: number}} [AuthenticationResult]
 */

const STORE = "session";
const CHALLENGES = ["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"];

/** Nobody is signed in (any more): the person has to sign in before anything else can be asked. */
export class SignedOut extends Error {}

/** Cognito said no; `code` is its exception's name. */
export class SignInRefused extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Cognito is not able to say anything at the moment. */
export class SignInUnavailable extends Error {}

/** @type {Session | null} */
let session = restore();
/** @type {Promise<void> | null} */
let refreshing = null;

/** {seller_id, email, time_zone} of who is signed in, or null. */
export function who() {
  return session && { seller_id: session.seller_id, email: session.email, time_zone: session.time_zone };
}

/** @param {string} timeZone of the seller who is signed in */
export function noteZone(timeZone) {
  if (session) store(Object.assign(session, { time_zone: timeZone })); // the same session, which a renewal under way knows
}

/** The session, for another tab of the same person. */
export const handedOver = () => session;

/** @param {Session} session of another tab */
export const adopt = (session) => store(session);

/** @param {Session} now */
function store(now) {
  session = now;
  sessionStorage.setItem(STORE, JSON.stringify(now));
}

/**
 * Returns null when signed in, or a challenge that is still to be met.
 * @param {string} email
 * @param {string} password
 */
export async function signIn(email, password) {
  const answer = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: config.client_id,
    AuthParameters: { USERNAME: email, PASSWORD: password },
  });
  return begin(answer, email);
}

/**
 * The first password came from the network and has to be replaced.
 * @param {Challenge} challenge
 * @param {string} password
 */
export async function replacePassword(challenge, password) {
  return meet(challenge, { NEW_PASSWORD: password });
}

/**
 * The second factor: the code that an authenticator app shows at the moment.
 * @param {Challenge} challenge
 * @param {string} code
 */
export async function enterCode(challenge, code) {
  return meet(challenge, { SOFTWARE_TOKEN_MFA_CODE: code });
}

/**
 * A key for an authenticator app, and the challenge that is met with the first code from it.
 * @param {Challenge} challenge
 */
export async function newKey(challenge) {
  const { SecretCode, Session } = await cognito("AssociateSoftwareToken", { Session: challenge.session });
  return { key: SecretCode ?? "", challenge: { ...challenge, session: Session ?? challenge.session } };
}

/**
 * @param {Challenge} challenge
 * @param {string} code
 */
export async function confirmKey(challenge, code) {
  const { Session } = await cognito("VerifySoftwareToken", { Session: challenge.session, UserCode: code });
  return meet({ ...challenge, session: Session ?? challenge.session }, {});
}

/**
 * @param {Challenge} challenge
 * @param {Record<string, string>} responses what this challenge asks for, beside who answers
 */
async function meet(challenge, responses) {
  const answer = await cognito("RespondToAuthChallenge", {
    ChallengeName: challenge.name,
    ClientId: config.client_id,
    Session: challenge.session,
    ChallengeResponses: { USERNAME: challenge.username, ...responses },
  });
  return begin(answer, challenge.email);
}

/**
 * Sends a code to the address of the account, if there is one: Cognito does not say.
 * @param {string} email
 */
export async function forgotPassword(email) {
  await cognito("ForgotPassword", { ClientId: config.client_id, Username: email });
}

/**
 * @param {string} email
 * @param {string} code
 * @param {string} password
 */
export async function resetPassword(email, code, password) {
  await cognito("ConfirmForgotPassword", {
    ClientId: config.client_id,
    Username: email,
    ConfirmationCode: code,
    Password: password,
  });
}

/** Ends the session here and, for its refresh token, at Cognito. */
export function signOut() {
  const token = session?.refresh_token;
  end();
  if (token) revoke(token);
}

/**
 * Outlives the page: a refresh token that is forgotten here alone would still open the account for hours.
 * @param {string} token
 */
function revoke(token) {
  cognito("RevokeToken", { ClientId: config.client_id, Token: token }, { keepalive: true }).catch(() => {});
}

/** Forgets a session that the API no longer accepts. */
export function end() {
  session = null;
  sessionStorage.removeItem(STORE);
}

/** An ID token that still holds for a minute, refreshed if need be. Throws SignedOut, or TypeError without a network. */
export async function idToken({ fresh = false } = {}) {
  if (!session) throw new SignedOut();
  if (!fresh && session.expires_at > Date.now() + 60_000) return session.id_token;
  refreshing ??= refresh(session).finally(() => {
    refreshing = null;
  });
  await refreshing;
  if (!session) throw new SignedOut(); // signed out meanwhile
  return session.id_token;
}

/** @param {Session} old */
async function refresh(old) {
  try {
    const answer = await cognito("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: config.client_id,
      AuthParameters: { REFRESH_TOKEN: old.refresh_token },
    });
    if (!answer.AuthenticationResult) throw new SignInRefused("UnknownChallenge", "The session cannot be renewed.");
    if (session !== old) return; // signed out meanwhile, which nothing may undo
    keep(answer.AuthenticationResult, old.email, old.refresh_token);
  } catch (error) {
    if (!(error instanceof SignInRefused) || error.code === "TooManyRequestsException") throw error;
    if (session === old) end();
    throw new SignedOut();
  }
}

/**
 * @param {Answer} answer
 * @param {string} email
 * @returns {Challenge | null}
 */
function begin(answer, email) {
  if (answer.ChallengeName && CHALLENGES.includes(answer.ChallengeName) && answer.Session) {
    const username = answer.ChallengeParameters?.USER_ID_FOR_SRP ?? email;
    return { name: answer.ChallengeName, session: answer.Session, username, email };
  }
  if (!answer.AuthenticationResult) {
    throw new SignInRefused(
      "UnknownChallenge",
      "This account needs a way of signing in that the portal does not have.",
    );
  }
  keep(answer.AuthenticationResult, email, "");
  return null;
}

/**
 * @param {NonNullable<Answer["AuthenticationResult"]>} result
 * @param {string} email
 * @param {string} refreshToken where the result has none of its own
 */
function keep(result, email, refreshToken) {
  const claims = claimsOf(result.IdToken);
  if (!claims["custom:seller_id"]) {
    throw new SignInRefused("NoSeller", "This account belongs to no seller. Ask the network to complete it.");
  }
  store({
    id_token: result.IdToken,
    refresh_token: result.RefreshToken ?? refreshToken,
    // By this computer's clock, which may differ from Cognito's: what counts is how long the token lasts.
    expires_at: Date.now() + result.ExpiresIn * 1000,
    seller_id: claims["custom:seller_id"],
    email: claims.email ?? email,
    time_zone: session?.time_zone,
  });
}

/**
 * What a token says, for showing only: whether it is genuine is the API's business.
 * @param {string} token
 * @returns {{"custom:seller_id"?: string, email?: string}}
 */
function claimsOf(token) {
  const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0))));
}

/** @returns {Session | null} */
function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} action
 * @param {object} body
 * @param {{keepalive?: boolean}} options
 * @returns {Promise<Answer>}
 */
async function cognito(action, body, { keepalive = false } = {}) {
  const response = await fetch(config.cognito_url, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify(body),
    cache: "no-store",
    keepalive,
    signal: AbortSignal.timeout(15_000),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const code = String(answer.__type ?? "").replace(/^.*#/, "") || "Unknown";
  if (response.status >= 500) throw new SignInUnavailable(code);
  throw new SignInRefused(code, answer.message ?? "Signing in is not possible at the moment.");
}
