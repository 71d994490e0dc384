/** The frame of the portal: header, banners, and which page the address shows. */

import { get, list, NoAnswer, Refused, SignedOut } from "./api.js";
import { isFresh, pendingAsk, pendingOrders, resume } from "./cancels.js";
import { load } from "./config.js";
import { announce, fill, h, toast } from "./dom.js";
import { signOut, who } from "./session.js";
import { spoken } from "./times.js";
import { notice, orderLink } from "./views.js";

const ROUTES = [
  [/^\/orders$/, () => import("./pages/orders.js")],
  [/^\/orders\/([^/]+)$/, () => import("./pages/order.js")],
  [/^\/to-do$/, () => import("./pages/to-do.js")],
  [/^\/reconcile$/, () => import("./pages/reconcile.js")],
  [/^\/summaries$/, () => import("./pages/summaries.js")],
  [/^\/batch$/, () => import("./pages/batch.js")],
];
const NAVIGATION = [
  ["/orders", "Orders"],
  ["/to-do", "To do"],
  ["/reconcile", "Reconcile"],
  ["/summaries", "Summaries"],
];

const main = document.getElementById("main");
const header = document.getElementById("header");
const banners = document.getElementById("banners");
const toDoCount = h("span", { class: "count", hidden: true });

let leave = new AbortController();
let signedInAs = null;
let toDo = { count: 0, more: false };
let recount = 0;

/** Shows the page that the address names. Until somebody is signed in that is the sign-in, and the address stays. */
async function route({ arrived = true } = {}) {
  const signal = leavePage();
  if (!who()) return askToSignIn();
  if (signedInAs !== who().seller_id) welcome();
  const [path, query] = (location.hash.slice(1) || "/orders").split("?");
  const found = ROUTES.map(([pattern, module]) => ({ match: pattern.exec(path), module })).find(({ match }) => match);
  drawHeader(path);
  banners.hidden = path === "/summaries"; // which says it itself
  if (!found)
    return show(
      "Not found",
      h("h1", null, "There is no such page"),
      h("p", null, h("a", { href: "#/orders" }, "Go to your orders")),
    );
  const view = {
    id: found.match[1] && decoded(found.match[1]),
    query: new URLSearchParams(query),
    signal,
    show: (title, ...children) => !signal.aborted && show(title, ...children),
    run: (work) => attempt(work, signal),
  };
  fill(main, h("p", { class: "loading" }, "Loading…"));
  await attempt(async () => (await found.module()).open(view), signal, true);
  if (arrived && !signal.aborted) {
    scrollTo(0, 0);
    (main.querySelector("h1") ?? main).focus({ preventScroll: true });
    announce(document.title);
  }
}

/** Ends what the page in view still does, and returns the signal that will end the next one. */
function leavePage() {
  leave.abort();
  leave = new AbortController();
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  return leave.signal;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand: no order has that id
  }
}

function show(title, ...children) {
  const focused = main.contains(document.activeElement) && document.activeElement;
  document.title = `${title} · Order cancellation`;
  fill(main, children);
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  // A page that draws itself anew leaves the keyboard where it was, or at its top.
  if (focused) ((focused.id && document.getElementById(focused.id)) || heading || main).focus({ preventScroll: true });
}

/** Does something that may fail, and says so where it failed: on the page that could not open, or in the corner. */
async function attempt(work, signal, opening = false) {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof SignedOut) return askToSignIn();
    const [title, text] = explain(error);
    if (!opening) return void toast(`${title} ${text}`, "bad");
    const again = h("button", { type: "button", class: "plain", onclick: () => route() }, "Try again");
    show(title, h("h1", null, title), notice("bad", text, h("p", null, again)));
  }
}

function explain(error) {
  if (error instanceof NoAnswer) return ["No answer.", "The service did not answer. Nothing is known to have changed."];
  if (error instanceof Refused) return [`${error.problem.title}.`, error.message];
  console.error(error);
  return ["Something went wrong here.", "That is a defect of the portal, not of your orders."];
}

async function askToSignIn() {
  leavePage();
  const ended = signedInAs !== null;
  header.replaceChildren();
  banners.replaceChildren();
  const { open } = await import("./pages/sign-in.js");
  open({ show, ended, done: () => (signedInAs && signedInAs !== who().seller_id ? location.reload() : route()) });
}

/** What is done once, when somebody has signed in. */
function welcome() {
  signedInAs = who().seller_id;
  settleLeftovers();
  countToDo();
  lookAfterMail();
}

function drawHeader(path) {
  fill(
    header,
    h(
      "div",
      { class: "bar" },
      h(
        "a",
        { class: "brand", href: "#/orders" },
        h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }),
        "Order cancellation",
      ),
      h(
        "nav",
        { "aria-label": "Main" },
        NAVIGATION.map(([target, text]) =>
          h(
            "a",
            {
              href: `#${target}`,
              "aria-current": path.startsWith(target) || (target === "/orders" && path === "/batch") ? "page" : null,
            },
            text,
            target === "/to-do" && toDoCount,
          ),
        ),
      ),
      h(
        "div",
        { class: "account" },
        h("span", { title: `Seller ${who().seller_id}` }, who().email),
        h("button", { type: "button", class: "quiet", onclick: leaveForGood }, "Sign out"),
      ),
    ),
  );
}

function leaveForGood() {
  signOut();
  location.assign("/"); // a new document: nothing of this person's is left in memory
}

/** Goes on with cancels that had no answer when the portal was left. */
function settleLeftovers() {
  for (const orderId of pendingOrders()) {
    if (isFresh(pendingAsk(orderId))) resume(orderId);
    else {
      banners.append(
        notice(
          "warn",
          "A cancel of yours was never confirmed.",
          h("p", null, "Look how it stands: ", orderLink(orderId)),
        ),
      );
    }
  }
}

async function countToDo() {
  const query = { marketplace_cancellation: "to_do" };
  const found = await list("/orders", query, "orders", { most: 100, requests: 5 }).catch(() => null);
  if (found) showToDo({ count: found.entries.length, more: found.more });
}

function showToDo({ count, more }) {
  toDo = { count, more };
  toDoCount.hidden = count === 0;
  fill(toDoCount, `${count}${more ? "+" : ""}`, h("span", { class: "unseen" }, count === 1 ? " order" : " orders"));
}

async function lookAfterMail() {
  const page = await get("/summaries", { limit: 1 }).catch(() => null);
  const problem = page?.contact?.mail_problem;
  if (!problem) return;
  const what = problem.kind === "complaint" ? "was reported as unwanted" : "came back";
  banners.prepend(
    notice(
      "bad",
      "Your summaries are not arriving.",
      h(
        "p",
        null,
        `Mail to ${page.contact.email} ${what} on ${spoken(problem.at)}. Ask the network to correct the address. `,
        h("a", { href: "#/summaries" }, "Read the summaries here"),
      ),
    ),
  );
}

addEventListener("hashchange", () => route());
addEventListener("marked", ({ detail: { by } }) => showToDo({ ...toDo, count: Math.max(0, toDo.count + by) }));
addEventListener("cancels-settled", () => {
  clearTimeout(recount);
  recount = setTimeout(countToDo, 300);
});
addEventListener("cancel-settled", ({ detail: { orderId, outcome, body } }) => {
  dispatchEvent(new Event("cancels-settled"));
  if (location.hash === orderLink(orderId).hash || location.hash.startsWith("#/batch")) return; // seen there
  if (outcome === "refused") toast(`Order ${orderId} was not cancelled: ${body.detail}`, "bad", orderLink(orderId));
  else toast(`Order ${orderId} is cancelled.`, "ok", orderLink(orderId));
});
document.getElementById("skip").addEventListener("click", () => main.focus());

try {
  await load();
  await route({ arrived: false });
} catch (error) {
  console.error(error);
  show(
    "Not available",
    h("h1", null, "The portal cannot start"),
    notice("bad", "Its configuration is missing. Try again in a minute."),
  );
}
