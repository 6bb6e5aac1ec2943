// `/` search, `g` + letter go, `j` `k` rows, `?` help, Ctrl-K command bar. Single keys can be switched off (WCAG 2.1.4).
const commandBar = document.getElementById("command-bar");
const help = document.getElementById("keyboard-help");
const shortcutsSwitch = help.querySelector("[data-shortcuts-switch]");
const GO_WITHIN_MS = 1500;
let goPressedAt = -Infinity;

function shortcutsAreOn() {
  try {
    return localStorage.getItem("rapport-shortcuts") !== "off";
  } catch {
    return true;
  }
}

shortcutsSwitch.checked = shortcutsAreOn();
shortcutsSwitch.addEventListener("change", () => {
  try {
    localStorage.setItem("rapport-shortcuts", shortcutsSwitch.checked ? "on" : "off");
  } catch {
    shortcutsSwitch.checked = true; // storage is blocked: the choice cannot be kept
  }
});

function moveInList(step) {
  const rows = [...document.querySelectorAll("[data-keyboard-list] a[data-row-link]")];
  const next = rows[Math.min(Math.max(rows.indexOf(document.activeElement) + step, 0), rows.length - 1)];
  next?.focus();
}

function focusSearch() {
  const field = document.querySelector("main [data-search-focus], main input[type=search]");
  if (field) field.select();
  else commandBar.showModal();
}

const actions = { "/": focusSearch, "?": () => help.showModal(), j: () => moveInList(1), k: () => moveInList(-1) };

function isTyping(target) {
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (!commandBar.open) commandBar.showModal();
    return;
  }
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isPlain || isTyping(event.target) || document.querySelector("dialog[open]") || !shortcutsAreOn()) return;

  const isGoing = event.timeStamp - goPressedAt < GO_WITHIN_MS;
  goPressedAt = -Infinity;
  if (isGoing) {
    document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "g") {
    goPressedAt = event.timeStamp;
  } else if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
});

// --- The command bar ---

const field = commandBar.querySelector("input");
const pages = [...commandBar.querySelectorAll("[data-command-pages] li")];

function filterPages() {
  const wanted = field.value.trim().toLowerCase();
  for (const page of pages) page.hidden = !page.textContent.toLowerCase().includes(wanted);
  showNone();
}

function shownItems() {
  return [...commandBar.querySelectorAll(".command-item")].filter((item) => !item.closest("[hidden]"));
}

function showNone() {
  commandBar.querySelector(".command-none").hidden = shownItems().length > 0;
}

field.addEventListener("input", filterPages);
commandBar.addEventListener("htmx:afterSwap", showNone);
commandBar.addEventListener("close", () => {
  field.value = "";
  document.getElementById("command-customers").replaceChildren();
  filterPages();
});
commandBar.addEventListener("keydown", (event) => {
  const items = shownItems();
  const at = items.indexOf(document.activeElement);
  if (event.key === "ArrowDown") items[Math.min(at + 1, items.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (items[at - 1] ?? field).focus();
  else if (event.key === "Enter" && document.activeElement === field) items[0]?.click();
  else return;
  event.preventDefault();
});
