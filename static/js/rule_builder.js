// A rule as groups and conditions to click together: of a segment, or of what a flow asks. The page has the parts in
// customers/_rule_parts.html.

const fields = new Map(JSON.parse(document.getElementById("segment-fields").textContent).map((field) => [field.key, field]));
const propertyOperators = JSON.parse(document.getElementById("segment-property-operators").textContent);
const words = document.getElementById("segment-words").dataset;

const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const part = (element, name) => element.querySelector(`[data-${name}]`);

// People write amounts as they pay them; the rule has them in the currency's smallest unit.
const unit = 10 ** Number(words.digits);
const inMajor = (minor) => (minor === undefined || minor === null ? minor : minor / unit);
const inMinor = (element) => (element.value === "" ? null : Math.round(Number(element.value) * unit));

function option(value, label, selected) {
  return new Option(label, value, selected, selected);
}

// ---- from JSON to the page

function drawGroup(group, isOutermost) {
  const element = copyOf("segment-group");
  part(element, "match").value = group.match;
  part(element, "rules").append(...group.rules.map(drawRule));
  part(element, "remove").hidden = isOutermost;
  return element;
}

function drawRule(rule) {
  return "match" in rule ? drawGroup(rule, false) : drawCondition(rule);
}

function drawCondition(condition) {
  const element = copyOf("segment-condition");
  const select = part(element, "field");
  for (const [label, members] of byGroup()) {
    const group = document.createElement("optgroup");
    group.label = label;
    group.append(...members.map((field) => option(field.key, field.label, field.key === condition.field)));
    select.append(group);
  }
  // What is asked may have been deleted; it stays to be seen until something else is chosen.
  if (!fields.has(condition.field)) select.prepend(option(condition.field, condition.field, true));
  drawOperators(element, condition);
  return element;
}

function byGroup() {
  const groups = new Map();
  for (const field of fields.values()) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return groups;
}

function drawOperators(element, condition) {
  const field = fields.get(part(element, "field").value);
  const select = part(element, "operator");
  const operators = field?.operators ?? [{ key: condition.is, label: condition.is, wants: "nothing" }];
  select.replaceChildren(...operators.map((each) => option(each.key, each.label, each.key === condition.is)));
  part(element, "window").hidden = !field?.takes_window;
  part(element, "within").value = condition.within_days ?? "";
  drawNarrower(element, field, condition.where ?? {});
  drawValue(element, condition.value);
}

function drawValue(element, value) {
  const field = fields.get(part(element, "field").value);
  const wants = field?.operators.find((each) => each.key === part(element, "operator").value)?.wants ?? "nothing";
  part(element, "value").dataset.wants = wants;
  part(element, "value").replaceChildren(...valueInputs(wants, field?.choices ?? [], value));
}

function valueInputs(wants, choices, value) {
  switch (wants) {
    case "text":
      return [input("text", words.value, value)];
    case "number":
      return [input("number", words.value, value)];
    case "count":
      return [input("number", words.days, value)];
    case "amount":
      return [input("number", words.currency, inMajor(value))];
    case "amounts":
      return [input("number", words.from, inMajor(value?.[0])), input("number", words.to, inMajor(value?.[1]))];
    case "day":
      return [input("date", words.value, value)];
    case "numbers":
    case "days": {
      const type = wants === "days" ? "date" : "number";
      return [input(type, words.from, value?.[0]), input(type, words.to, value?.[1])];
    }
    case "choices":
      return [choices.length ? picker(choices, value) : input("text", words.values, value?.join(", "))];
    default:
      return [];
  }
}

function input(type, label, value) {
  const element = document.createElement("input");
  element.type = type;
  element.className = "form-control";
  element.setAttribute("aria-label", label);
  element.placeholder = type === "date" ? "" : label;
  if (type === "number") element.step = "any";
  element.value = value ?? "";
  return element;
}

function picker(choices, chosen) {
  const select = document.createElement("select");
  select.className = "form-select";
  select.multiple = true;
  select.size = Math.max(2, Math.min(choices.length, 4));
  select.setAttribute("aria-label", words.value);
  select.append(...choices.map(({ value, label }) => option(value, label, chosen?.includes(value) ?? false)));
  // What was chosen and is offered no longer stays chosen until somebody takes it away.
  const offered = new Set(choices.map(({ value }) => value));
  select.append(...(chosen ?? []).filter((value) => !offered.has(value)).map((value) => option(value, value, true)));
  return select;
}

function drawNarrower(element, field, where) {
  const filters = (field?.filters ?? []).filter(({ key, choices }) => choices.length || where[key]);
  const properties = field?.properties ?? null;
  part(element, "narrower").hidden = !filters.length && !properties;
  part(element, "narrower").open = Object.keys(where).length > 0;
  part(element, "filters").replaceChildren(...filters.map(({ key, choices }) => drawFilter(key, choices, where[key])));
  part(element, "add-property").hidden = !properties;
  const asked = properties ? Object.entries(where) : [];
  part(element, "properties").replaceChildren(...asked.map(([name, asks]) => drawProperty(properties, name, asks)));
}

function drawProperty(known, name, asks) {
  const element = copyOf("segment-property");
  const list = part(element, "known");
  const input = part(element, "name");
  list.id = `properties-${(drawProperty.count = (drawProperty.count ?? 0) + 1)}`;
  list.append(...known.map((each) => new Option(each, each)));
  input.setAttribute("list", list.id);
  input.value = name;
  part(element, "compare").append(...propertyOperators.map((each) => option(each.key, each.label, each.key === asks.is)));
  drawPropertyValue(element, asks.value);
  return element;
}

function drawPropertyValue(element, value) {
  const { wants } = propertyOperators.find((each) => each.key === part(element, "compare").value);
  part(element, "compared").dataset.wants = wants;
  part(element, "compared").replaceChildren(...valueInputs(wants, [], value));
}

function drawFilter(key, choices, chosen) {
  const label = document.createElement("label");
  const select = picker(choices, chosen);
  select.dataset.filter = key;
  select.removeAttribute("aria-label");
  label.append(words[key] ?? key, select);
  return label;
}

// ---- from the page to JSON

const listed = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);
const chosenOf = (select) => [...select.selectedOptions].map((each) => each.value);
const number = (element) => (element.value === "" ? null : Number(element.value));

function readGroup(element) {
  const rules = [...part(element, "rules").children];
  return {
    match: part(element, "match").value,
    rules: rules.map((rule) => (rule.matches(".segment-group") ? readGroup(rule) : readCondition(rule))),
  };
}

function readCondition(element) {
  const condition = { field: part(element, "field").value, is: part(element, "operator").value };
  const value = readValue(part(element, "value"));
  if (value !== undefined) condition.value = value;
  const within = number(part(element, "within"));
  if (!part(element, "window").hidden && within !== null) condition.within_days = within;
  const where = {};
  for (const filter of element.querySelectorAll("[data-filter]")) {
    if (filter.selectedOptions.length) where[filter.dataset.filter] = chosenOf(filter);
  }
  for (const property of part(element, "properties").children) {
    where[part(property, "name").value.trim()] = readProperty(property);
  }
  if (Object.keys(where).length) condition.where = where;
  return condition;
}

function readProperty(element) {
  const asks = { is: part(element, "compare").value };
  const value = readValue(part(element, "compared"));
  if (value !== undefined) asks.value = value;
  return asks;
}

function readValue(holder) {
  const [first, second] = holder.children;
  switch (holder.dataset.wants) {
    case "text":
    case "day":
      return first.value;
    case "number":
    case "count":
      return number(first);
    case "amount":
      return inMinor(first);
    case "amounts":
      return [inMinor(first), inMinor(second)];
    case "numbers":
      return [number(first), number(second)];
    case "days":
      return [first.value, second.value];
    case "choices":
      return first.multiple ? chosenOf(first) : listed(first.value);
    default:
      return undefined;
  }
}

// ---- what is clicked

export const FIRST = { field: "orders", is: "at_least", value: 1 };

// Draws the rule on an empty stage; `onChange` gets it after every change.
export function editRule(stage, rule, onChange) {
  const write = () => onChange(readGroup(stage.firstElementChild));
  stage.append(drawGroup(rule, true));
  stage.addEventListener("click", ({ target }) => clicked(target) && write());
  stage.addEventListener("change", ({ target }) => {
    const condition = target.closest(".segment-condition");
    if (target.matches("[data-field]")) drawOperators(condition, { is: "" });
    else if (target.matches("[data-operator]")) drawValue(condition, undefined);
    else if (target.matches("[data-compare]")) drawPropertyValue(target.closest(".segment-property"), undefined);
    write();
  });
  stage.addEventListener("input", ({ target }) => {
    if (target.matches("input")) write();
  });
}

function clicked(target) {
  const group = target.closest(".segment-group");
  if (target.closest("[data-add-condition]")) add(group, drawCondition(FIRST));
  else if (target.closest("[data-add-group]")) add(group, drawGroup({ match: "any", rules: [FIRST] }, false));
  else if (target.closest("[data-add-property]")) addProperty(target.closest(".segment-condition"));
  else if (target.closest("[data-remove-property]")) remove(target.closest(".segment-property"), "[data-add-property]");
  else if (target.closest("[data-remove]")) remove(target.closest(".segment-condition, .segment-group"), "[data-add-condition]");
  else return false;
  return true;
}

// The keyboard goes on where something came, or beside what is gone.
function add(group, element) {
  part(group, "rules").append(element);
  part(element, "field").focus();
}

function remove(element, beside) {
  const around = element.parentElement.closest(".segment-condition, .segment-group");
  element.remove();
  around.querySelectorAll(beside).item(around.querySelectorAll(beside).length - 1).focus();
}

function addProperty(condition) {
  const known = fields.get(part(condition, "field").value)?.properties ?? [];
  const property = drawProperty(known, known[0] ?? "", { is: "equals" });
  part(condition, "properties").append(property);
  part(property, "name").focus();
}
