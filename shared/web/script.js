"use strict";
// Only what is nicer with a script. Every page works without it.
(() => {
  const status = document.getElementById("status");
  let busy = false;

  // A live region speaks when its content changes, also to what it said before.
  function tell(...content) {
    status.replaceChildren();
    setTimeout(() => status.replaceChildren(...content), 50);
  }

  function say(text) {
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = text;
    tell(line);
  }

  // Forms marked data-in-place: the answer's content takes the place of ours, and focus stays.
  async function send(form, button) {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, button)),
      credentials: "same-origin",
    });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      location.assign(answer.url);
      return;
    }
    if (answer.redirected) history.replaceState(null, "", answer.url);
    swap(new DOMParser().parseFromString(await answer.text(), "text/html"), button);
  }

  function swap(page, button) {
    const main = document.getElementById("main");
    const fresh = page.getElementById("main");
    if (!fresh) throw new Error("This is no page of ours.");
    main.replaceChildren(...fresh.childNodes);
    document.title = page.title;
    tell(...page.getElementById("status").childNodes);
    reveal();
    focusOn(button);
  }

  function focusOn(button) {
    const same = button && button.id && document.getElementById(button.id);
    const target = same || document.querySelector("main h1");
    if (!target) return;
    if (!same) target.tabIndex = -1;
    target.focus({ preventScroll: Boolean(same) });
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-in-place]") || event.defaultPrevented) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    try {
      await send(form, event.submitter);
    } catch {
      // The page as it is now says what came of it.
      location.reload();
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
    }
  });

  // Buttons that copy; without a clipboard they stay hidden, and the field can be selected.
  function reveal() {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
      say(button.dataset.copied);
    } catch {
      field.focus();
      field.select();
    }
  });

  reveal();
})();
