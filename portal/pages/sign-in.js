/**
 * Signing in: e-mail and password, and the code of an authenticator app where the network asks for one. The first
 * password has to be replaced, a forgotten one can be.
 */

import { fill, h } from "../dom.js";
import {
  confirmKey,
  enterCode,
  forgotPassword,
  newKey,
  replacePassword,
  resetPassword,
  SignInRefused,
  SignInUnavailable,
  signIn,
} from "../session.js";
import { notice } from "../views.js";

/** @import { Challenge } from "../session.js" */
/** @import { Child } from "../types.js" */

/** @typedef {Record<string, string>} Values what was entered, by field */

/**
 * @typedef {object} Form
 * @property {string} [text]
 * @property {HTMLElement[]} fields
 * @property {string} button
 * @property {(values: Values) => Promise<void>} submit
 * @property {Record<string, string>} [refused] sentences of this form's own, by Cognito's exception
 * @property {[string, (values: Values) => void]} [other] what else can be done
 */

const PASSWORD_RULE = "At least 12 characters, with a capital letter, a small letter and a number.";

/** @type {Record<string, string>} */
const SENTENCES = {
  NotAuthorizedException: "The e-mail address or the password is not right.",
  UserNotFoundException: "The e-mail address or the password is not right.",
  InvalidPasswordException: PASSWORD_RULE,
  CodeMismatchException: "That is not the code from the e-mail.",
  ExpiredCodeException: "The code is no longer valid. Ask for a new one.",
  LimitExceededException: "Too many tries. Wait a while.",
  TooManyRequestsException: "Too many tries at once. Wait a moment.",
  PasswordResetRequiredException: "The network asks you to choose a new password: use “Forgot password?”.",
};

/** @type {Record<string, string>} */
const OF_THE_APP = {
  CodeMismatchException: "That is not the code that the app shows now.",
  EnableSoftwareTokenMFAException: "That is not the code that the app shows now.",
  ExpiredCodeException: "The app shows another code by now.",
  NotAuthorizedException: "That took too long. Go back and sign in again.",
};

/** @param {{show: (title: string, ...children: Child[]) => void, ended: boolean, done: () => void}} frame */
export function open({ show, ended, done }) {
  const card = h("div", { class: "card" });
  show(
    "Sign in",
    h(
      "div",
      { class: "sign-in" },
      h("img", { src: "/icon.svg", alt: "", width: 44, height: 44 }),
      h("h1", null, "Order cancellation"),
      h("p", { class: "lead" }, "Cancel an order until it is picked and packed."),
      ended &&
        notice(
          "warn",
          "Your session has ended.",
          h("p", null, "Sign in and you are back where you were. What you had asked for is not lost."),
        ),
      card,
    ),
  );
  password(card, done);
}

/**
 * @param {HTMLElement} card
 * @param {() => void} done
 */
function password(card, done, email = "") {
  draw(card, {
    fields: [
      field("email", "E-mail address", { type: "email", autocomplete: "username", value: email }),
      field("password", "Password", { type: "password", autocomplete: "current-password" }),
    ],
    button: "Sign in",
    submit: async (values) => {
      const challenge = await signIn(values.email?.trim() ?? "", values.password ?? "");
      await meet(card, done, challenge);
    },
    other: ["Forgot password?", (values) => forgotten(card, done, values.email ?? "")],
  });
}

/**
 * @param {HTMLElement} card
 * @param {() => void} done
 * @param {Challenge} challenge
 */
function firstPassword(card, done, challenge) {
  draw(card, {
    text: "Choose your own password to continue.",
    fields: [
      account(challenge.email),
      field("new", "New password", { type: "password", autocomplete: "new-password" }, PASSWORD_RULE),
    ],
    button: "Set the password",
    submit: async (values) => {
      await meet(card, done, await replacePassword(challenge, values.new ?? ""));
    },
  });
}

/**
 * What Cognito asks for next, if anything.
 * @param {HTMLElement} card
 * @param {() => void} done
 * @param {Challenge | null} challenge
 */
async function meet(card, done, challenge) {
  if (!challenge) done();
  else if (challenge.name === "SOFTWARE_TOKEN_MFA") secondFactor(card, done, challenge);
  else if (challenge.name === "MFA_SETUP") await setUp(card, done, challenge);
  else firstPassword(card, done, challenge);
}

/**
 * @param {HTMLElement} card
 * @param {() => void} done
 * @param {Challenge} challenge
 */
function secondFactor(card, done, challenge) {
  draw(card, {
    text: "Enter the code that your authenticator app shows for this portal.",
    fields: [codeField()],
    button: "Continue",
    refused: OF_THE_APP,
    submit: async (values) => {
      await meet(card, done, await enterCode(challenge, digits(values.code)));
    },
    other: ["Back", () => password(card, done, challenge.email)],
  });
}

/**
 * @param {HTMLElement} card
 * @param {() => void} done
 * @param {Challenge} asked
 */
async function setUp(card, done, asked) {
  const { key, challenge } = await newKey(asked);
  const name = encodeURIComponent(`Order cancellation:${challenge.email}`);
  draw(card, {
    text: "Your network asks for a second step. Add this key to an authenticator app, then enter the code it shows.",
    fields: [
      h("p", null, h("code", { class: "key" }, key.replace(/.{4}(?=.)/g, "$& "))),
      h("p", null, h("a", { href: `otpauth://totp/${name}?secret=${key}` }, "Open it in an app on this device")),
      codeField(),
    ],
    button: "Continue",
    refused: OF_THE_APP,
    submit: async (values) => {
      await meet(card, done, await confirmKey(challenge, digits(values.code)));
    },
    other: ["Back", () => password(card, done, challenge.email)],
  });
}

const codeField = () => field("code", "Code", { inputmode: "numeric", autocomplete: "one-time-code" });

/** Apps show it in two groups. */
const digits = (text = "") => text.replace(/\s/g, "");

/**
 * @param {HTMLElement} card
 * @param {() => void} done
 * @param {string} email
 */
function forgotten(card, done, email) {
  draw(card, {
    text: "We send a code to your address, if it has an account.",
    fields: [field("email", "E-mail address", { type: "email", autocomplete: "username", value: email })],
    button: "Send the code",
    submit: async (values) => {
      const address = values.email?.trim() ?? "";
      await forgotPassword(address);
      reset(card, done, address);
    },
    other: ["Back", () => password(card, done, email)],
  });
}

/**
 * @param {HTMLElement} card
 * @param {() => void} done
 * @param {string} email
 */
function reset(card, done, email) {
  draw(card, {
    text: `Enter the code that was sent to ${email}.`,
    fields: [
      account(email),
      field("code", "Code", { inputmode: "numeric", autocomplete: "one-time-code" }),
      field("new", "New password", { type: "password", autocomplete: "new-password" }, PASSWORD_RULE),
    ],
    button: "Set the password",
    submit: async (values) => {
      await resetPassword(email, values.code?.trim() ?? "", values.new ?? "");
      password(card, done, email);
    },
    other: ["Back", () => password(card, done, email)],
  });
}

/**
 * @param {string} name
 * @param {string} label
 * @param {Record<string, string>} props
 */
function field(name, label, props, hint = "") {
  return h(
    "div",
    { class: "field" },
    h("label", { for: name }, label),
    h("input", { id: name, name, required: true, "aria-describedby": hint ? `${name}-hint` : null, ...props }),
    hint && h("p", { class: "hint", id: `${name}-hint` }, hint),
  );
}

/**
 * Tells a password manager whose password it is.
 * @param {string} email
 */
const account = (email) =>
  h("input", { type: "email", autocomplete: "username", value: email, readonly: true, hidden: true });

/**
 * @param {HTMLElement} card
 * @param {Form} form
 */
function draw(card, { text, fields, button, submit, refused = {}, other }) {
  const problem = h("div", { role: "alert" });
  const send = h("button", { type: "submit", class: "primary wide" }, button);
  const form = h("form", { novalidate: true }, text && h("p", null, text), fields, problem, send);
  const values = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    const missing = [...form.querySelectorAll("input")].find((input) => input.required && !input.value.trim());
    if (missing) {
      fill(problem, h("p", { class: "error" }, `${missing.labels?.[0]?.textContent} is missing.`));
      return missing.focus();
    }
    send.disabled = true;
    try {
      await submit(values());
    } catch (error) {
      fill(problem, h("p", { class: "error" }, sentence(error, refused)));
    } finally {
      send.disabled = false;
    }
  });
  fill(
    card,
    form,
    other && h("button", { type: "button", class: "link", onclick: () => other[1](values()) }, other[0]),
  );
  /** @type {HTMLInputElement | null} */ (form.querySelector("input:not([hidden])"))?.focus();
}

/**
 * @param {unknown} error
 * @param {Record<string, string>} refused
 */
function sentence(error, refused) {
  if (error instanceof SignInRefused) return refused[error.code] ?? SENTENCES[error.code] ?? error.message;
  if (error instanceof TypeError) return "No connection: the sign-in service cannot be reached. Try again.";
  if (error instanceof SignInUnavailable || (error instanceof DOMException && error.name === "TimeoutError"))
    return "The sign-in service does not answer. Try again.";
  throw error;
}
