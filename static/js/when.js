// Parts of a form that mean something only with one choice of another field: data-when="timing" data-is="workspace customer".

function valueOf(form, name) {
  const fields = [...form.elements].filter((field) => field.name === name);
  const chosen = fields.find((field) => field.type !== "radio" || field.checked);
  return chosen ? chosen.value : "";
}

function show(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.is.split(" ").includes(valueOf(form, part.dataset.when));
  }
}

for (const form of document.querySelectorAll("form:has([data-when])")) {
  form.addEventListener("change", () => show(form));
  show(form);
}
