// A button with data-copy="<id of a field or text>" copies what that holds.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = document.getElementById("words").dataset;
  const source = document.getElementById(button.dataset.copy);
  let detail = words.copied;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  } catch {
    detail = words.notCopied; // no permission, or plain http
    source.select?.();
  }
  document.dispatchEvent(new CustomEvent("rapport:toast", { detail }));
});
