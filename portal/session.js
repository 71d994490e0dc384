/**
 * Who is signed in. Tokens live in sessionStorage: they end with the tab, and no other site's script can read them.
 * Cognito is spoken to with two plain calls; its SDK would be larger than the whole portal.
 */

import { config } from "./config.js";

const STORE = "session";

/** Nobody is signed in (any more): the person has to sign in before anything else can be asked. */
export class SignedOut extends Error {}

/** Cognito said no; `code` is its exception's name. */
export class SignInRefused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

let session = restore();
let refreshing = null;

/** {seller_id, email} of who is signed in, or null. */
export function who() {
  return session && { seller_id: session.seller_id, email: session.email };
}

/** Returns null when signed in, or a challenge to go on with: {name, session, email}. */
export async function signIn(email, password) {
  const answer = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: config.client_id,
    AuthParameters: { USERNAME: email, PASSWORD: password },
  });
  return begin(answer, email);
}

/** The first password came from the network and has to be replaced. */
export async function replacePassword(challenge, password) {
  const answer = await cognito("RespondToAuthChallenge", {
    ChallengeName: challenge.name,
    ClientId: config.client_id,
    Session: challenge.session,
    ChallengeResponses: { USERNAME: challenge.username, NEW_PASSWORD: password },
  });
  return begin(answer, challenge.email);
}

/** Sends a code to the address of the account, if there is one: Cognito does not say. */
export async function forgotPassword(email) {
  await cognito("ForgotPassword", { ClientId: config.client_id, Username: email });
}

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
  if (token) cognito("RevokeToken", { ClientId: config.client_id, Token: token }).catch(() => {});
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
  refreshing ??= refresh().finally(() => (refreshing = null));
  await refreshing;
  return session.id_token;
}

async function refresh() {
  try {
    const answer = await cognito("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: config.client_id,
      AuthParameters: { REFRESH_TOKEN: session.refresh_token },
    });
    keep(answer.AuthenticationResult, session.email, answer.AuthenticationResult.RefreshToken ?? session.refresh_token);
  } catch (error) {
    if (!(error instanceof SignInRefused) || error.code === "TooManyRequestsException") throw error;
    end();
    throw new SignedOut();
  }
}

function begin(answer, email) {
  if (answer.ChallengeName === "NEW_PASSWORD_REQUIRED") {
    const username = answer.ChallengeParameters?.USER_ID_FOR_SRP ?? email;
    return { name: answer.ChallengeName, session: answer.Session, username, email };
  }
  if (!answer.AuthenticationResult) {
    throw new SignInRefused(
      "UnknownChallenge",
      "This account needs a way of signing in that the portal does not have.",
    );
  }
  keep(answer.AuthenticationResult, email, answer.AuthenticationResult.RefreshToken);
  return null;
}

function keep(result, email, refreshToken) {
  const claims = claimsOf(result.IdToken);
  if (!claims["custom:seller_id"]) {
    throw new SignInRefused("NoSeller", "This account belongs to no seller. Ask the network to complete it.");
  }
  session = {
    id_token: result.IdToken,
    refresh_token: refreshToken,
    // By this computer's clock, which may differ from Cognito's: what counts is how long the token lasts.
    expires_at: Date.now() + result.ExpiresIn * 1000,
    seller_id: claims["custom:seller_id"],
    email: claims.email ?? email,
  };
  sessionStorage.setItem(STORE, JSON.stringify(session));
}

/** What a token says, for showing only: whether it is genuine is the API's business. */
function claimsOf(token) {
  const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0))));
}

function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE));
  } catch {
    return null;
  }
}

async function cognito(action, body) {
  const response = await fetch(config.cognito_url, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(15_000),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const code = String(answer.__type ?? "Unknown")
    .split("#")
    .pop();
  if (response.status >= 500) throw new TypeError(code);
  throw new SignInRefused(code, answer.message ?? "Signing in is not possible at the moment.");
}
