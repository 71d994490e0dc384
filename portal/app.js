/** The frame of the portal: header, banners, and which page the address shows. */

import { get, NoAnswer, NoConnection, needed, Refused, SignedOut } from "./api.js";
import { isFresh, noteUnknown, pendingAsk, pendingOrders, resume, unknownOrders } from "./cancels.js";
import { load } from "./config.js";
import { announce, fill, h, part, toast } from "./dom.js";
import { emit, on } from "./events.js";
import { arriveAt, leavePlace } from "./places.js";
import { searchForm } from "./search.js";
import { isCancelledNow, whyNot } from "./sentences.js";
import { noteZone, signOut, who } from "./session.js";
import { endOthers, shareSession, takeOver } from "./tabs.js";
import { spoken, useZone } from "./times.js";
import { notice, orderLink } from "./views.js";

/** @import { Child, OrderPage, SummaryPage, View } from "./types.js" */

/** @type {[RegExp, () => Promise<{open: (view: View) => Promise<void> | void}>][]} */
const ROUTES = [
  [/^\/orders$/, () => import("./pages/orders.js")],
  [/^\/orders\/([^/]+)$/, () => import("./pages/order.js")],
  [/^\/check$/, () => import("./pages/check.js")],
  [/^\/to-do$/, () => import("./pages/to-do.js")],
  [/^\/reconcile$/, () => import("./pages/reconcile.js")],
  [/^\/summaries$/, () => import("./pages/summaries.js")],
  [/^\/batch$/, () => import("./pages/batch.js")],
];
/** @type {[path: string, text: string][]} */
const NAVIGATION = [
  ["/orders", "Orders"],
  ["/to-do", "To do"],
  ["/reconcile", "Reconcile"],
  ["/summaries", "Summaries"],
];
const STALE = 10_000; // milliseconds after which a page is asked anew when a person comes back to it
const SLOW = 3000; // after which a person wonders whether anything still happens
const RECOUNT = 60_000; // milliseconds after which the number beside "To do" is asked for again

const main = part("main");
const header = part("header");
const banners = part("banners");
const brand = h(
  "a",
  { class: "brand", href: "#/orders" },
  h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }), // made once: without a connection it stays
  "Order cancellation",
);
const toDoCount = h("span", { class: "count", hidden: true });
const unconfirmed = h("div", null);
const unreachable = h("div", null);

const search = searchForm();
let leave = new AbortController();
/** @type {string | null} */
let signedInAs = null;
let toDo = { count: 0, more: false };
/** @type {Promise<void>} */
let zoneKnown = Promise.resolve();
let zoneMissed = false;
let counted = 0; // when

/** Shows the page that the address names. Until somebody is signed in that is the sign-in, and the address stays. */
async function route({ arrived = true } = {}) {
  const signal = leavePage();
  if (!who()) return askToSignIn();
  if (signedInAs !== who()?.seller_id) welcome();
  const [path = "", query] = (location.hash.slice(1) || "/orders").split("?");
  drawHeader(path);
  unreachable.hidden = path === "/summaries"; // which says it itself
  const found = ROUTES.map(([pattern, load]) => ({ match: pattern.exec(path), load })).find(({ match }) => match);
  if (!found) {
    const home = h("p", null, h("a", { href: "#/orders" }, "Go to your orders"));
    return show("Not found", h("h1", null, "There is no such page"), home);
  }
  /** @type {View} */
  const view = {
    id: decoded(found.match?.[1] ?? ""),
    query: new URLSearchParams(query),
    signal,
    show: (title, ...children) => {
      if (!signal.aborted) show(title, ...children);
    },
    run: (work) => attempt(work, signal),
    onReturn: (renew) => renewOnReturn(renew, signal),
  };
  const loading = h("p", { class: "loading" }, "Loading…");
  fill(main, loading);
  const slow = setTimeout(() => {
    loading.textContent = "The service takes longer than usual to answer. We are still trying.";
    announce(loading.textContent);
  }, SLOW);
  await attempt(
    async () => {
      const page = await needed(found.load);
      await zoneKnown;
      await page.open(view);
    },
    signal,
    true,
  );
  clearTimeout(slow);
  if (arrived && !signal.aborted) {
    const heading = main.querySelector("h1") ?? main;
    if (!arriveAt(main)) heading.focus({ preventScroll: true });
    announce(document.title);
  }
}

/**
 * Lists and orders change while a person is in another tab.
 * @param {() => Promise<void>} renew
 * @param {AbortSignal} signal
 */
function renewOnReturn(renew, signal) {
  let last = Date.now();
  const back = () => {
    if (document.hidden || document.querySelector("dialog") || Date.now() - last < STALE) return;
    last = Date.now();
    attempt(renew, signal);
  };
  document.addEventListener("visibilitychange", back, { signal });
  addEventListener("focus", back, { signal });
}

/** Ends what the page in view still does, and returns the signal that will end the next one. */
function leavePage() {
  leavePlace(main);
  leave.abort();
  leave = new AbortController();
  for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
  return leave.signal;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand: no order has that id
  }
}

/**
 * @param {string} title
 * @param {...Child} children
 */
function show(title, ...children) {
  const focused = main.contains(document.activeElement) && document.activeElement;
  document.title = `${title} · Order cancellation`;
  fill(main, children);
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  // A page that draws itself anew leaves the keyboard where it was, or at its top.
  if (focused) ((focused.id && document.getElementById(focused.id)) || heading || main).focus({ preventScroll: true });
}

/**
 * Does something that may fail, and says so where it failed: on the page that could not open, or in the corner.
 * @template Value
 * @param {() => Promise<Value>} work
 * @param {AbortSignal} signal
 * @returns {Promise<Value | undefined>}
 */
async function attempt(work, signal, opening = false) {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof SignedOut) await askToSignIn();
    else if (opening) cannotOpen(...explain(error));
    else toast(explain(error).join(" "), "bad");
    return undefined;
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function cannotOpen(title, text) {
  const again = h("button", { type: "button", class: "plain", onclick: () => route() }, "Try again");
  show(title, h("h1", null, title), notice("bad", text, h("p", null, again)));
}

/**
 * @param {unknown} error
 * @returns {[title: string, text: string]}
 */
function explain(error) {
  if (error instanceof NoConnection)
    return ["No connection.", "The service cannot be reached. Look at your connection, then try again."];
  if (error instanceof NoAnswer) return ["No answer.", "The service did not answer. Try again in a moment."];
  if (error instanceof Refused) return [`${error.problem.title}.`, error.message];
  console.error(error);
  return ["Something went wrong here.", "That is a defect of the portal, not of your orders."];
}

async function askToSignIn() {
  leavePage();
  const ended = signedInAs !== null;
  fill(header);
  fill(banners);
  const { open } = await import("./pages/sign-in.js");
  open({
    show,
    ended,
    done: () => {
      shareSession();
      goOn();
    },
  });
}

/** Somebody has signed in, here or in another tab. */
function goOn() {
  if (signedInAs && signedInAs !== who()?.seller_id) location.reload();
  else route();
}

/** What is done once, when somebody has signed in. */
function welcome() {
  const account = who();
  signedInAs = account?.seller_id ?? null;
  useZone(account?.time_zone);
  fill(banners, unconfirmed, unreachable);
  settleLeftovers();
  countToDo();
  const contact = lookAfterContact();
  // Pages are drawn in the seller's time zone from the first. An answer that does not come keeps nobody waiting.
  zoneKnown = account?.time_zone
    ? Promise.resolve()
    : Promise.race([
        contact,
        new Promise((go) => setTimeout(go, SLOW)).then(() => {
          zoneMissed = !who()?.time_zone;
        }),
      ]).then(() => {});
}

/** @param {string} path */
function drawHeader(path) {
  const account = who();
  fill(
    header,
    h(
      "div",
      { class: "bar" },
      brand,
      h(
        "nav",
        { "aria-label": "Main" },
        NAVIGATION.map(([target, text]) =>
          h(
            "a",
            {
              href: `#${target}`,
              "aria-current":
                path.startsWith(target) || (target === "/orders" && /^\/(batch|check)$/.test(path)) ? "page" : null,
            },
            text,
            target === "/to-do" && toDoCount,
          ),
        ),
      ),
      search,
      h(
        "div",
        { class: "account" },
        h("span", { title: `Seller ${account?.seller_id}` }, account?.email),
        h("button", { type: "button", class: "quiet", onclick: leaveForGood }, "Sign out"),
      ),
    ),
  );
}

function leaveForGood() {
  signOut();
  endOthers();
  location.assign("/"); // a new document: nothing of this person's is left in memory
}

// ------------------------------------------------------------------------------------- cancels that wait for an answer

/** Continues with cancels that had no answer when the portal was left. */
function settleLeftovers() {
  for (const orderId of pendingOrders()) {
    noteUnknown(orderId);
    const ask = pendingAsk(orderId);
    if (ask && isFresh(ask)) resume(orderId, ask);
  }
}

/** Names, on every page, the orders of which nobody knows whether they are cancelled. */
function drawUnconfirmed() {
  /** @param {string} orderId */
  const fresh = (orderId) => {
    const ask = pendingAsk(orderId);
    return ask !== null && isFresh(ask);
  };
  const unknown = unknownOrders();
  const waiting = unknown.filter(fresh);
  const old = unknown.filter((orderId) => !fresh(orderId));
  /** @param {string[]} orderIds */
  const links = (orderIds) => orderIds.map((orderId, index) => [index > 0 && ", ", orderLink(orderId)]);
  fill(
    unconfirmed,
    waiting.length > 0 &&
      notice(
        "warn",
        `We do not know yet whether ${waiting.length === 1 ? "this order is" : "these orders are"} cancelled.`,
        h("p", null, links(waiting), ": no answer yet, and we keep asking. Until then, do nothing in the marketplace."),
      ),
    old.length > 0 &&
      notice("warn", "A cancel of yours was never confirmed.", h("p", null, "Check the order: ", links(old))),
  );
}

// ---------------------------------------------------------------------------------------------- the to-do list's count

async function countToDo() {
  counted = Date.now();
  try {
    /** @type {OrderPage} */
    const { count = 0, more = false } = await get("/orders", { marketplace_cancellation: "to_do", limit: 1 });
    showToDo({ count, more });
  } catch {
    return; // the number stays as it was; whatever is wrong, the page in view says it
  }
}

/** @param {{count: number, more: boolean}} known */
function showToDo({ count, more }) {
  toDo = { count, more };
  toDoCount.hidden = count === 0;
  const text = `${count.toLocaleString()}${more ? "+" : ""}`;
  fill(toDoCount, text, h("span", { class: "unseen" }, count === 1 ? " order" : " orders"));
}

/** Learns the seller's time zone, and says it when their mail does not arrive. */
async function lookAfterContact() {
  /** @type {SummaryPage | null} */
  const page = await /** @type {Promise<SummaryPage>} */ (get("/summaries", { limit: 1 })).catch(() => null);
  const contact = page?.contact;
  if (contact && contact.time_zone !== who()?.time_zone) {
    noteZone(contact.time_zone);
    useZone(contact.time_zone);
    if (zoneMissed) route({ arrived: false }); // drawn without it
  }
  if (!contact?.mail_problem) return;
  const { kind, at } = contact.mail_problem;
  const what = kind === "complaint" ? "was reported as unwanted" : "came back";
  fill(
    unreachable,
    notice(
      "bad",
      "Your summaries are not arriving.",
      h(
        "p",
        null,
        `Mail to ${contact.email} ${what} on ${spoken(at)}. Ask the network to correct the address. `,
        h("a", { href: "#/summaries" }, "Read the summaries here"),
      ),
    ),
  );
}

addEventListener("hashchange", () => route());
on("signed-in-elsewhere", goOn);
on("signed-out-elsewhere", () => location.assign("/"));
on("marked", ({ by }) => showToDo({ ...toDo, count: Math.max(0, toDo.count + by) }));
on("cancels-unknown", drawUnconfirmed);
addEventListener("focus", () => {
  if (who() && Date.now() - counted > RECOUNT) countToDo(); // a colleague, or the network, cancels too
});
on("cancel-settled", ({ orderId, outcome, body }) => {
  // Counted here, not asked for: of parts it is not known whether the order was on the list before.
  if (outcome === "cancelled" && body.cancelled_fulfillment_centers) setTimeout(countToDo, 1000);
  else if (outcome === "cancelled") emit("marked", { by: 1 });
  if (location.hash === orderLink(orderId).hash || location.hash.startsWith("#/batch")) return; // seen there
  if (outcome === "refused")
    toast(`Order ${orderId} was not cancelled. ${whyNot(orderId, body)}`, "bad", orderLink(orderId));
  else toast(isCancelledNow(orderId, body.cancelled_fulfillment_centers), "ok", orderLink(orderId));
});
addEventListener("keydown", (event) => {
  const typing =
    event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (document.querySelector("dialog") || !search.isConnected) return;
  event.preventDefault();
  search.querySelector("input")?.focus({ preventScroll: true });
});
part("skip").addEventListener("click", () => main.focus());

/**
 * Whatever was asked for is named even where nothing else can be shown.
 * @param {unknown} error
 */
function cannotStart(error) {
  if (who()) {
    fill(banners, unconfirmed);
    for (const orderId of pendingOrders()) noteUnknown(orderId);
  }
  const offline = error instanceof TypeError; // as fetch throws it
  if (!offline) console.error(error);
  const title = offline ? "No connection." : "The portal cannot start.";
  const text = offline
    ? "The portal cannot be reached. Look at your connection, then try again."
    : "Its configuration is missing. Try again in a minute.";
  const again = h("button", { type: "button", class: "plain", onclick: () => location.reload() }, "Try again");
  show(title, h("h1", null, title), notice("bad", text, h("p", null, again)));
}

history.scrollRestoration = "manual"; // places.js knows when the page is there
Promise.all([load(), takeOver()]).then(() => route({ arrived: false }), cannotStart);
