// Native dialogs: anything with data-open-dialog opens one; data-confirm (forms) and hx-confirm ask before they act.
const confirmDialog = document.getElementById("confirm-dialog");
const confirmForm = confirmDialog.querySelector("form");
let goAhead = null;

function ask(source, question, onYes) {
  const title = document.getElementById("confirm-title");
  const button = confirmForm.querySelector("[value=yes]");
  title.textContent = source.dataset.confirmTitle || title.dataset.default;
  button.textContent = source.dataset.confirmButton || button.dataset.default;
  document.getElementById("confirm-text").textContent = question;
  goAhead = onYes;
  confirmDialog.returnValue = "";
  confirmDialog.showModal();
}

confirmDialog.addEventListener("close", () => {
  const act = goAhead;
  goAhead = null;
  if (confirmDialog.returnValue === "yes") act?.();
});

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.elt, event.detail.question, () => event.detail.issueRequest(true));
});

const confirmed = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  const source = event.submitter?.dataset.confirm ? event.submitter : form;
  if (!source.dataset.confirm || confirmed.delete(form)) return;
  event.preventDefault();
  event.stopPropagation();
  ask(source, source.dataset.confirm, () => {
    confirmed.add(form);
    form.requestSubmit(event.submitter);
  });
}, true);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
  else if (event.target instanceof HTMLDialogElement) event.target.close(); // a click on the backdrop
});
