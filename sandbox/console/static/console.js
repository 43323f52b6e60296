// Fetch the live part every second; what somebody opened stays open. Without this, reload the page.
"use strict";

const live = document.getElementById("live");

function opened() {
  return [...live.querySelectorAll("details[open][data-key]")].map((d) => d.dataset.key);
}

function focused() {
  const holder = document.activeElement?.closest?.("#live details[data-key]");
  return holder ? holder.dataset.key : null;
}

function show(html) {
  const keys = opened();
  const focus = focused();
  const link = document.activeElement?.closest?.("#live a")?.getAttribute("href");
  live.innerHTML = html;
  for (const details of live.querySelectorAll("details[data-key]")) {
    details.open = keys.includes(details.dataset.key);
    if (details.dataset.key === focus) details.querySelector("summary").focus();
  }
  if (link) live.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus();
}

let last = "";

async function refresh() {
  try {
    const answer = await fetch("/live", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    if (html !== last && !hasSelection()) show((last = html));
    document.body.classList.remove("gone");
  } catch {
    document.body.classList.add("gone");
  }
  setTimeout(refresh, document.hidden ? 5000 : 1000);
}

// Replacing the text would take away what somebody is marking to copy.
function hasSelection() {
  const selection = getSelection();
  return !selection.isCollapsed && live.contains(selection.anchorNode);
}

if (live) refresh();
