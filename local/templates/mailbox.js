// New mails are put before those that are there, so that the reader's place and focus stay where they are.
const mails = document.getElementById("mails");
const count = document.getElementById("count");

async function renew() {
  try {
    const answer = await fetch(location.pathname);
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.getElementById("mails").children];
    const ids = new Set(fresh.map((mail) => mail.id));
    for (const mail of [...mails.children]) {
      if (!ids.has(mail.id)) mail.remove();
    }
    for (const mail of fresh.reverse()) {
      if (![...mails.children].some((shown) => shown.id === mail.id)) mails.prepend(mail);
    }
    if (count.textContent !== page.getElementById("count").textContent) {
      count.textContent = page.getElementById("count").textContent;
    }
  } catch {
    count.textContent = "The local cloud does not answer.";
  }
  setTimeout(renew, 2000);
}

setTimeout(renew, 2000);
