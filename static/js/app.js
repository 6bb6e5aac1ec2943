// htmx and forms: tokens that survive a new sign-in, answers that are errors, a page left open over a sign-out.
const words = document.getElementById("words").dataset;
const signInPath = document.body.dataset.signInUrl;
const messageOfStatus = { 403: words.refused, 404: words.gone, 413: words.tooLarge, 429: words.tooMany };

function showToast(text) {
  const toasts = document.getElementById("toasts");
  if ([...toasts.querySelectorAll("p")].some((shown) => shown.textContent === text)) return;
  const toast = document.getElementById("toast-template").content.cloneNode(true);
  toast.querySelector("p").textContent = text;
  toasts.append(toast);
}

function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

// A form that has been open since before a sign-in carries the old token; the cookie has the one in force.
function refreshToken(form) {
  const field = form.elements?.namedItem("csrfmiddlewaretoken");
  if (field && csrfToken()) field.value = csrfToken();
}

function wasSignedOut(xhr, asked) {
  if (xhr.status === 401) return true;
  if (!xhr.responseURL || !signInPath) return false;
  const answeredPath = new URL(xhr.responseURL).pathname;
  return answeredPath === signInPath && asked !== signInPath;
}

function showSignedOut() {
  const dialog = document.getElementById("signed-out-dialog");
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("submit", (event) => refreshToken(event.target), true);

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (!wasSignedOut(xhr, pathInfo.requestPath)) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  showSignedOut();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.xhr?.status === 422) event.detail.target.querySelector(".is-invalid, [aria-invalid=true]")?.focus();
});

document.addEventListener("htmx:responseError", (event) => {
  showToast(messageOfStatus[event.detail.xhr.status] ?? words.noAnswer);
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => showToast(words.noAnswer));
}

document.addEventListener("rapport:toast", (event) => showToast(event.detail));

// A file that will be refused is not sent first.
document.addEventListener("change", ({ target }) => {
  if (!target.dataset.mostBytes || !(target.files[0]?.size > Number(target.dataset.mostBytes))) return;
  target.value = "";
  showToast(target.dataset.tooLarge);
});

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".notice, .toast-note")?.remove();
});
