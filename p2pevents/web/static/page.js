// What makes the pages quicker to use. All of them can be read and sent without it.
"use strict";

const body = document.body;

// --- copy buttons ------------------------------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const box = document.createElement("textarea");
    box.value = button.dataset.copy;
    body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  button.textContent = body.dataset.copied;
  setTimeout(() => { button.textContent = words; }, 1500);
});

// --- filters apply as they are chosen -----------------------------------------
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form && event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
});

// --- live updates --------------------------------------------------------------
async function refresh() {
  const main = document.querySelector("main");
  if (!main || "still" in main.dataset) return;
  const typing = document.activeElement;
  if (typing && main.contains(typing) && typing.matches("input, textarea, select")) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = fresh.querySelector("main");
  if (next && next.innerHTML !== main.innerHTML) {
    const open = [...main.querySelectorAll("details")].map((each) => each.open);
    const focused = typing && main.contains(typing) ? typing.getAttribute("href") : null;
    main.replaceChildren(...next.childNodes);
    main.querySelectorAll("details").forEach((each, n) => { each.open = open[n] ?? each.open; });
    if (focused) main.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
  const footer = fresh.querySelector("footer");
  if (footer) document.querySelector("footer").replaceChildren(...footer.childNodes);
}

if (body.dataset.live && window.EventSource) {
  const source = new EventSource(body.dataset.live);
  source.addEventListener("changed", refresh);
  addEventListener("pagehide", () => source.close());
}

// --- the schedule doctor looks while one types ---------------------------------
const words = document.querySelector("form[data-check]");
if (words) {
  const said = document.querySelector("#doctor");
  const idle = said.querySelector("[data-typed]");
  if (idle) idle.textContent = idle.dataset.typed;
  let timer;
  let asked = 0;
  words.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const number = ++asked;
      const answer = await fetch(words.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(words)),
      });
      if (!answer.ok || number !== asked) return;
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      said.replaceChildren(...part.body.childNodes);
    }, 400);
  });
}

// --- the join page: the link stands behind the #, which no server ever sees -----
const join = document.querySelector("main[data-join]");
if (join) {
  const link = decodeURI(location.hash.slice(1));
  const found = /^p2pevents:\/\/(b[a-z2-7]{52})\//.exec(link);
  for (const each of document.querySelectorAll(".tongues a")) each.hash = location.hash;
  if (found) {
    for (const each of join.querySelectorAll("[data-chapter]")) {
      each.hidden = each.dataset.chapter !== found[1];
      if (!each.hidden) each.querySelector("[data-app]").href = link;
    }
  }
}
