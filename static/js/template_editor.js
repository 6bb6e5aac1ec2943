// A message as blocks to write, move and leave out. What is saved is the JSON in the field "blocks", which this writes
// after every change and which is all there is without scripts.

const catalogue = JSON.parse(document.getElementById("block-catalogue").textContent);
const shapes = new Map(catalogue.blocks.map((shape) => [shape.type, shape]));
const source = document.querySelector("[name=blocks]");
const list = document.getElementById("block-list");
const said = document.getElementById("block-said");
const words = document.getElementById("block-words").dataset;
const cards = () => [...list.children];
const part = (card, name) => card.querySelector(`[data-${name}]`);

// ---- from JSON to the page

function draw(block) {
  const shape = shapes.get(block.type);
  const card = document.getElementById("block-card").content.firstElementChild.cloneNode(true);
  card.dataset.type = block.type;
  part(card, "name").textContent = shape.name;
  const fields = part(card, "fields");
  const short = document.createElement("div");
  short.className = "is-short";
  for (const field of shape.fields) (field.choices ? short : fields).append(drawField(field, block[field.key]));
  if (block.type === "products") fields.append(drawProducts(block.products ?? []));
  if (short.children.length) fields.append(short);
  drawCondition(card, block.when);
  showProducts(card);
  return card;
}

function drawField(field, value) {
  const label = document.createElement("label");
  label.append(Object.assign(document.createElement("span"), { textContent: field.label }));
  const input = field.choices ? choice(field, value) : typed(field, value);
  input.dataset.key = field.key;
  label.append(input);
  if (field.hint) label.append(Object.assign(document.createElement("small"), { className: "text-secondary", textContent: field.hint }));
  return label;
}

function choice(field, value) {
  const select = Object.assign(document.createElement("select"), { className: "form-select" });
  const chosen = value ?? field.usual;
  select.append(...field.choices.map((each) => new Option(each.label, JSON.stringify(each.value), false, each.value === chosen)));
  return select;
}

function typed(field, value) {
  const input = document.createElement(field.is_long ? "textarea" : "input");
  input.className = "form-control";
  if (field.is_long) input.rows = 4;
  input.value = value ?? "";
  return input;
}

function drawProducts(chosen) {
  const label = Object.assign(document.createElement("label"), { className: "block-products" });
  const select = Object.assign(document.createElement("select"), { className: "form-select", multiple: true, size: 5 });
  select.dataset.products = "";
  select.append(...catalogue.products.map(({ id, name }) => new Option(name, id, false, chosen.includes(id))));
  // What was chosen and is offered no longer stays chosen until somebody takes it away.
  for (const id of chosen) if (!catalogue.products.some((each) => each.id === id)) select.append(new Option(`#${id}`, id, true, true));
  label.append(Object.assign(document.createElement("span"), { textContent: words.products }), select);
  return label;
}

function showProducts(card) {
  const picker = card.querySelector(".block-products");
  if (picker) picker.hidden = valueOf(card.querySelector("[data-key=list]")) !== "picked";
}

function drawCondition(card, when) {
  part(card, "fact").append(...catalogue.facts.map((each) => new Option(each.label, each.key, false, each.key === when?.fact)));
  part(card, "is").append(...catalogue.comparisons.map((each) => new Option(each.label, each.key, false, each.key === when?.is)));
  part(card, "value").value = when?.value ?? "";
  part(card, "when").open = Boolean(when);
  fitCondition(card);
}

// Lists are there or missing, tags are also among or not among others, all else can be compared.
function fitCondition(card) {
  const fact = part(card, "fact").value;
  const isList = fact.endsWith("_products");
  const fits = isList ? ["known", "missing"] : fact === "customer.tags" ? ["known", "missing", "has", "lacks"] : ["known", "missing", "equals", "differs"];
  const comparison = part(card, "is");
  for (const each of comparison.options) each.hidden = each.disabled = !fits.includes(each.value);
  if (!fits.includes(comparison.value)) comparison.value = "known";
  comparison.hidden = !fact;
  part(card, "value").hidden = !fact || ["known", "missing"].includes(comparison.value);
}

// ---- from the page to JSON

const valueOf = (input) => (input.tagName === "SELECT" ? JSON.parse(input.value) : input.value);

function read(card) {
  const block = { type: card.dataset.type };
  for (const input of card.querySelectorAll("[data-key]")) block[input.dataset.key] = valueOf(input);
  const products = card.querySelector("[data-products]");
  if (block.list === "picked") block.products = [...products.selectedOptions].map((each) => Number(each.value));
  const fact = part(card, "fact").value;
  if (fact) block.when = { fact, is: part(card, "is").value, value: part(card, "value").value };
  return block;
}

function changed() {
  source.value = JSON.stringify(cards().map(read), null, 1);
  source.dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- what people do

function move(card, by) {
  const place = cards().indexOf(card) + by;
  if (place < 0 || place >= cards().length) return;
  list.insertBefore(card, by < 0 ? cards()[place] : cards()[place].nextSibling);
  said.textContent = `${words.moved} ${place + 1}`;
  changed();
}

function add(block, after) {
  const card = draw(block);
  list.insertBefore(card, after?.nextSibling ?? null);
  said.textContent = words.added;
  changed();
  (card.querySelector("[data-key]") ?? part(card, "move")).focus();
}

list.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  const card = target.closest(".block-card");
  if (!button || !card) return;
  if (button.dataset.move) {
    move(card, Number(button.dataset.move));
    button.focus();
  } else if ("duplicate" in button.dataset) {
    add(read(card), card);
  } else if ("remove" in button.dataset) {
    const next = card.nextElementSibling ?? card.previousElementSibling;
    card.remove();
    said.textContent = words.removed;
    changed();
    (next?.querySelector("[data-remove]") ?? document.getElementById("block-add")).focus();
  }
});

list.addEventListener("keydown", (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const card = event.target.closest(".block-card");
  if (!by || !event.altKey || !card) return;
  event.preventDefault();
  move(card, by);
  event.target.focus();
});

list.addEventListener("input", ({ target }) => {
  const card = target.closest(".block-card");
  showProducts(card);
  fitCondition(card);
  changed();
});

let dragged = null;
list.addEventListener("dragstart", ({ target, dataTransfer }) => {
  dragged = target.closest(".block-card");
  dataTransfer.setDragImage(dragged, 0, 0);
  dataTransfer.effectAllowed = "move";
});
list.addEventListener("dragover", (event) => {
  const over = event.target.closest(".block-card");
  if (!dragged || !over) return;
  event.preventDefault();
  for (const card of cards()) card.classList.toggle("is-over", card === over && card !== dragged);
});
list.addEventListener("drop", (event) => {
  const over = event.target.closest(".block-card");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  move(dragged, cards().indexOf(over) - cards().indexOf(dragged));
});
list.addEventListener("dragend", () => {
  dragged = null;
  for (const card of cards()) card.classList.remove("is-over");
});

// A merge field goes to where somebody wrote last.
let written = null;
source.form.addEventListener("focusin", ({ target }) => {
  if (target.matches("textarea, input[type=text], input:not([type])") && !target.matches("[name=name], [name=preview_for], [data-value]")) written = target;
});
for (const button of document.querySelectorAll("[data-merge]")) {
  button.addEventListener("click", () => {
    const into = written?.isConnected ? written : document.querySelector("[name=subject]");
    into.setRangeText(`{{ ${button.dataset.merge} }}`, into.selectionStart, into.selectionEnd, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
  });
}

// ---- the beginning

let blocks = null;
try {
  blocks = JSON.parse(source.value);
} catch {
  // Written by hand, and broken: it stays to be mended by hand.
}
if (Array.isArray(blocks) && blocks.every((block) => shapes.has(block?.type))) {
  const type = document.getElementById("block-type");
  type.append(...catalogue.blocks.map((shape) => new Option(shape.name, shape.type)));
  type.value = "text";
  document.getElementById("block-add").addEventListener("click", () => add({ type: type.value }));
  list.append(...blocks.map(draw));
  source.form.classList.add("has-editor");
} else {
  list.closest(".blocks").hidden = true;
}
