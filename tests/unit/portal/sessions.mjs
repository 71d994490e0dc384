// Sessions of the portal, with a Cognito that answers when it is told to.

import { config } from "../../../portal/config.js";

const ID_TOKEN = `e30.${btoa(JSON.stringify({ "custom:seller_id": "acme", email: "ops@acme.example" }))}.c2ln`;
const OURS = { id_token: ID_TOKEN, refresh_token: "refresh-1", expires_at: 0, seller_id: "acme", email: "ops@acme.example" };

/** A browser's tab in which somebody is signed in, whose ID token has to be renewed. */
async function tab() {
  const store = new Map([["session", JSON.stringify(OURS)]]);
  const asked = [];
  globalThis.sessionStorage = {
    getItem: (name) => store.get(name) ?? null,
    setItem: (name, value) => store.set(name, value),
    removeItem: (name) => store.delete(name),
  };
  globalThis.fetch = (_url, { body, headers, keepalive }) =>
    new Promise((resolve) => {
      const action = headers["X-Amz-Target"].split(".")[1];
      const answer = (status, document) => resolve(new Response(JSON.stringify(document), { status }));
      asked.push({ action, body: JSON.parse(body), keepalive, answer });
    });
  Object.assign(config, { client_id: "portal", cognito_url: "https://cognito.test/" });
  const session = await import(`../../../portal/session.js?${crypto.randomUUID()}`);
  return { session, store, asked };
}

const RENEWED = { AuthenticationResult: { IdToken: ID_TOKEN, ExpiresIn: 900 } };
const REFUSED = { __type: "NotAuthorizedException", message: "Refresh Token has been revoked" };

/** What is left after signing out; `when`: what was under way. */
export async function signedOut(when) {
  const { session, store, asked } = await tab();
  const renewal = when === "at rest" ? null : session.idToken().catch(() => {});
  session.signOut();
  if (renewal) {
    asked[0].answer(...(when.endsWith("refused") ? [400, REFUSED] : [200, RENEWED]));
    await renewal;
  }
  const revoked = asked.filter(({ action }) => action === "RevokeToken");
  return {
    revoked: revoked.map(({ body, keepalive }) => ({ ...body, keepalive })),
    kept: store.get("session") ?? null,
    who: session.who(),
  };
}

/** Who is signed in when somebody signed in while a renewal of the session before was under way, and was refused. */
export async function signedInAgain() {
  const { session, asked } = await tab();
  const renewal = session.idToken().catch(() => {});
  session.signOut();
  const begun = session.signIn("second@acme.example", "password");
  const claims = btoa(JSON.stringify({ "custom:seller_id": "acme", email: "second@acme.example" }));
  const result = { IdToken: `e30.${claims}.c2ln`, RefreshToken: "refresh-2", ExpiresIn: 900 };
  asked.at(-1).answer(200, { AuthenticationResult: result });
  await begun;
  asked[0].answer(400, REFUSED);
  await renewal;
  return session.who();
}
