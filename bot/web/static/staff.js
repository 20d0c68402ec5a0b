// Nothing here is needed: a form is sent once, and an open conversation shows new messages by itself.
for (const form of document.querySelectorAll("form.once")) {
  form.addEventListener("submit", () => {
    // After the browser has collected the fields.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
}
// Coming back with the back button: forms work again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form.once button").forEach((button) => { button.disabled = false; });
});

const talk = document.querySelector("[data-refresh]");
if (talk) {
  talk.setAttribute("aria-live", "polite");
  talk.scrollTop = talk.scrollHeight;
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-refresh]");
    if (!fresh || fresh.textContent === talk.textContent) return;
    talk.replaceChildren(...fresh.childNodes);
    talk.scrollTop = talk.scrollHeight;
  }, 8000);
}
