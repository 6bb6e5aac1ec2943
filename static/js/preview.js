// A preview that follows what is typed: the button that asks for one is pressed a moment after the last change.

const WAIT = 500;

for (const button of document.querySelectorAll("[data-preview-button]")) {
  const form = button.form;
  let timer;
  const ask = () => form.requestSubmit(button);
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  // What stands there already is shown without anybody typing.
  if ("previewAtOnce" in button.dataset) ask();
}
