// A flow as a list of steps. What is saved is the JSON in the field "definition", which this writes after every change
// and which is all there is without scripts. Everything is buttons and fields, so the keyboard reaches all of it.
import { FIRST, editRule } from "./rule_builder.js";

const catalogue = JSON.parse(document.getElementById("flow-catalogue").textContent);
const faults = JSON.parse(document.getElementById("flow-faults").textContent);
const words = catalogue.words;
const source = document.querySelector("[name=definition]");
const stage = document.getElementById("flow-editor");
const FORKS = Object.keys(catalogue.arms);
const stepKinds = new Map(catalogue.steps.map((kind) => [kind.value, kind]));
let flow;

// ---- small parts

function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const icon = (name) => document.querySelector(`template[data-icon="${name}"]`).content.cloneNode(true);
const labelled = (label, input) => el("label", { className: "flow-field" }, el("span", {}, label), input);

function select(choices, value, onChange, { empty = null } = {}) {
  const known = choices.some((choice) => choice.value === value);
  const options = choices.map((choice) => new Option(choice.label, choice.value, false, choice.value === value));
  if (empty !== null) options.unshift(new Option(empty, "", false, !value));
  // What was chosen and is not offered any more stays to be seen until something else is chosen.
  if (value && !known) options.unshift(new Option(value, value, true, true));
  return el("select", { className: "form-select", onchange: ({ target }) => onChange(target.value) }, ...options);
}

function input(type, value, onInput, properties = {}) {
  return el("input", { type, className: "form-control", value: value ?? "", oninput: ({ target }) => onInput(target.value), ...properties });
}

function textarea(value, onInput) {
  return el("textarea", { className: "form-control", rows: 3, value: value ?? "", oninput: ({ target }) => onInput(target.value) });
}

function button(label, name, onClick, properties = {}) {
  return el("button", { type: "button", className: "btn btn-ghost btn-icon", title: label, "aria-label": label, onclick: onClick, ...properties }, icon(name));
}

// A field of `holder`; left empty, it is not said at all.
const set = (holder, name, convert = (text) => text) => (text) => {
  if (text === "") delete holder[name];
  else holder[name] = convert(text);
  write();
};
const whole = (text) => (Number.isInteger(Number(text)) ? Number(text) : text);

function span(holder) {
  const part = (name, label) => labelled(label, input("number", holder[name], set(holder, name, whole), { min: 0, step: 1 }));
  return el("div", { className: "flow-fields" }, part("days", words.days), part("hours", words.hours), part("minutes", words.minutes));
}

function eventFields(holder, { label = words.event } = {}) {
  const name = holder.where?.name ?? "";
  const own = labelled(words.eventName, input("text", name, (text) => { holder.where = text ? { name: text } : {}; write(); }));
  own.hidden = holder.event !== "CustomEvent";
  const chosen = (kind) => {
    holder.event = kind;
    delete holder.where;
    own.hidden = kind !== "CustomEvent";
    write();
  };
  return el("div", { className: "flow-fields" }, labelled(label, select(catalogue.events, holder.event, chosen, { empty: words.choose })), own);
}

function condition(holder, name) {
  const place = el("div", { className: "segment-rule" });
  editRule(place, holder[name], (rule) => { holder[name] = rule; write(); });
  return place;
}

// ---- what a step says

const BODIES = {
  wait: (step) => el("div", {}, span(step), el("div", { className: "flow-fields" },
    labelled(words.until, input("time", step.at, set(step, "at"))), weekdays(step))),
  wait_for: (step) => el("div", {}, eventFields(step, { label: words.waitFor }), el("p", { className: "flow-hint" }, words.atMost), span(step)),
  branch: branchBody,
  split: (step) => labelled(words.percent, input("number", step.percent, set(step, "percent", whole), { min: 1, max: 99 })),
  send: (step) => el("div", { className: "flow-fields" },
    labelled(words.template, select(catalogue.templates, step.template, set(step, "template"), { empty: words.choose })),
    labelled(words.topic, select(catalogue.topics, step.topic, set(step, "topic"), { empty: words.choose }))),
  update: (step) => el("div", { className: "flow-fields" },
    labelled(words.field, select(catalogue.fields, step.field, set(step, "field"), { empty: words.choose })),
    labelled(words.value, input("text", step.value, set(step, "value")))),
  tag: (step) => labelled(words.tag, input("text", step.tag, set(step, "tag"))),
  untag: (step) => labelled(words.tag, input("text", step.tag, set(step, "tag"))),
  notify: (step) => el("div", { className: "flow-fields" },
    labelled(words.member, select(catalogue.members, step.member, set(step, "member"), { empty: words.choose })),
    labelled(words.subject, input("text", step.subject, set(step, "subject"))),
    labelled(words.text, textarea(step.text, set(step, "text")))),
  go_to: (step) => labelled(words.goTo, select(otherSteps(step), step.step, set(step, "step"), { empty: words.choose })),
  exit: () => null,
};

function branchBody(step) {
  const asks = step.message ? step.message.was : "customer";
  const choices = [{ value: "customer", label: words.asksCustomer }, ...catalogue.seen];
  const chosen = (value) => {
    if (value === "customer") {
      delete step.message;
      step.if = { match: "all", rules: [FIRST] };
    } else {
      delete step.if;
      step.message = { was: value };
    }
    write();
    draw(`[data-step="${step.key}"] select`);
  };
  return el("div", {}, labelled(words.asks, select(choices, asks, chosen)), step.if ? condition(step, "if") : null);
}

function weekdays(step) {
  const boxes = catalogue.weekdays.map(({ value, label }) => el("label", { className: "form-check form-check-inline" },
    el("input", { type: "checkbox", className: "form-check-input", checked: step.on?.includes(value) ?? false, onchange: ({ target }) => {
      const days = catalogue.weekdays.map((day) => day.value).filter((day) => (day === value ? target.checked : step.on?.includes(day)));
      if (days.length) step.on = days;
      else delete step.on;
      write();
    } }), el("span", { className: "form-check-label" }, label)));
  return el("fieldset", { className: "flow-field" }, el("legend", {}, words.onDays), ...boxes);
}

function* allSteps(steps = flow.steps) {
  for (const step of steps) {
    yield step;
    yield* allSteps(step.then ?? []);
    yield* allSteps(step.else ?? []);
  }
}

function otherSteps(step) {
  return [...allSteps()].map((each, place) => ({ value: each.key, label: `${place + 1}. ${stepKinds.get(each.do)?.label ?? each.do}` }))
    .filter((choice) => choice.value !== step.key);
}

// ---- the list

function drawSteps(steps, label) {
  const list = el("ol", { className: "flow-steps", "aria-label": label }, ...steps.map((step, place) => drawStep(steps, step, place)));
  return el("div", { className: "flow-way" }, list, adding(steps));
}

function drawStep(steps, step, place) {
  const kind = stepKinds.get(step.do);
  const move = (by) => () => {
    steps.splice(place, 1);
    steps.splice(place + by, 0, step);
    write();
    draw(`[data-step="${step.key}"] [data-move="${by}"]:not(:disabled)`, `[data-step="${step.key}"] [data-move="${-by}"]`);
  };
  const remove = () => {
    steps.splice(place, 1);
    write();
    const beside = steps[place] ?? steps[place - 1];
    draw(beside ? `[data-step="${beside.key}"] [data-remove]` : ".flow-add select");
  };
  const name = kind?.label ?? step.do;
  const head = el("div", { className: "flow-step-head" },
    el("span", { className: "flow-step-icon" }, kind ? icon(kind.icon) : ""),
    el("h3", { className: "flow-step-title" }, name),
    button(`${words.up}: ${name}`, "arrow-up", move(-1), { disabled: place === 0, "data-move": "-1" }),
    button(`${words.down}: ${name}`, "arrow-down", move(1), { disabled: place === steps.length - 1, "data-move": "1" }),
    button(`${words.remove}: ${name}`, "x", remove, { "data-remove": "" }));
  const wrong = faults.filter((fault) => fault.step === step.key)
    .map((fault) => el("p", { className: "flow-fault", role: "alert" }, fault.message));
  const body = BODIES[step.do]?.(step) ?? null;
  return el("li", { className: wrong.length ? "flow-step is-wrong" : "flow-step", "data-step": step.key, id: `step-${step.key}` },
    head, ...wrong, body ? el("div", { className: "flow-step-body" }, body) : null, FORKS.includes(step.do) ? drawArms(step) : null);
}

function drawArms(step) {
  step.then ??= [];
  step.else ??= [];
  const [first, second] = catalogue.arms[step.do];
  return el("div", { className: "flow-arms" },
    el("section", { className: "flow-arm" }, el("h4", {}, first), drawSteps(step.then, first)),
    el("section", { className: "flow-arm" }, el("h4", {}, second), drawSteps(step.else, second)));
}

function adding(steps) {
  const chosen = (kind) => {
    if (!kind) return;
    const step = newStep(kind);
    steps.push(step);
    write();
    draw(`[data-step="${step.key}"] .flow-step-body :is(select, input, textarea)`, `[data-step="${step.key}"] [data-remove]`);
  };
  const kinds = catalogue.steps.map(({ value, label }) => new Option(label, value));
  const choice = el("select", { className: "form-select", "aria-label": words.newStep }, ...kinds);
  const add = el("button", { type: "button", className: "btn", onclick: () => chosen(choice.value) }, icon("plus"), words.add);
  return el("div", { className: "flow-add" }, choice, add);
}

function newStep(kind) {
  const taken = new Set([...allSteps()].map((step) => step.key));
  let number = 1;
  while (taken.has(`${kind.replaceAll("_", "-")}-${number}`)) number += 1;
  const step = { key: `${kind.replaceAll("_", "-")}-${number}`, do: kind };
  if (kind === "wait" || kind === "wait_for") step.days = 1;
  if (kind === "branch") step.if = { match: "all", rules: [FIRST] };
  if (kind === "split") step.percent = 50;
  if (kind === "send" && catalogue.topics.length) step.topic = catalogue.topics[0].value;
  return step;
}

// ---- what begins and ends it

function drawTrigger() {
  const trigger = flow.trigger;
  const kinds = Object.entries(words.triggers).map(([value, label]) => ({ value, label }));
  const chosen = (on) => {
    flow.trigger = { on, ...(on === "date" ? { of: "birthday", offset_days: 0, at: "09:00" } : {}), ...(on === "day" ? { month_day: "12-06", at: "09:00" } : {}) };
    write();
    draw("#flow-trigger select");
  };
  return el("section", { className: "card flow-card", id: "flow-trigger" }, el("h2", { className: "card-title" }, words.begins), ...wrongAt("trigger"),
    labelled(words.beginsBy, select(kinds, trigger.on, chosen)), triggerBody(trigger), entry());
}

function triggerBody(trigger) {
  const at = () => labelled(words.at, input("time", trigger.at ?? "09:00", set(trigger, "at")));
  switch (trigger.on) {
    case "event":
      return eventFields(trigger);
    case "segment":
      return labelled(words.segment, select(catalogue.segments, trigger.segment, set(trigger, "segment"), { empty: words.choose }));
    case "date":
      return el("div", { className: "flow-fields" }, labelled(words.date, select(catalogue.dates, trigger.of, set(trigger, "of"))),
        labelled(words.offset, input("number", trigger.offset_days, set(trigger, "offset_days", whole), { min: -300, max: 300 })), at());
    case "day":
      return el("div", { className: "flow-fields" }, labelled(words.monthDay, input("text", trigger.month_day, set(trigger, "month_day"), { placeholder: "12-06" })), at());
    default:
      return null;
  }
}

function entry() {
  flow.reentry ??= { policy: "once" };
  const reentry = flow.reentry;
  const pause = labelled(words.pause, input("number", reentry.days, set(reentry, "days", whole), { min: 1 }));
  pause.hidden = reentry.policy !== "cooldown";
  const by = labelled(words.by, select(Object.entries(words.subjects).map(([value, label]) => ({ value, label })), reentry.by ?? "event", set(reentry, "by")));
  const shown = () => { by.hidden = flow.trigger.on !== "event" || !["every_time", "cooldown"].includes(reentry.policy); pause.hidden = reentry.policy !== "cooldown"; };
  shown();
  const policy = select(catalogue.policies, reentry.policy, (value) => { reentry.policy = value; shown(); write(); });
  const again = el("label", { className: "form-check" },
    el("input", { type: "checkbox", className: "form-check-input", checked: reentry.restarts ?? false, onchange: ({ target }) => { reentry.restarts = target.checked; write(); } }),
    el("span", { className: "form-check-label" }, words.restarts));
  return el("div", {}, el("div", { className: "flow-fields" }, labelled(words.howOften, policy), pause, by), again, ...wrongAt("reentry"),
    optional("filter", words.filter, words.addFilter), holdout());
}

function holdout() {
  const share = input("number", flow.holdout_percent, set(flow, "holdout_percent", whole), { min: 0, max: 50, step: 1, "aria-describedby": "holdout-hint" });
  return el("div", { className: "flow-optional", id: "flow-holdout" }, ...wrongAt("holdout_percent"), labelled(words.holdout, share),
    el("p", { className: "flow-hint", id: "holdout-hint" }, words.holdoutHint));
}

// A condition that need not be there.
function optional(name, title, addLabel) {
  if (!flow[name]) {
    const add = () => { flow[name] = { match: "all", rules: [FIRST] }; write(); draw(`#flow-${name} select`); };
    return el("div", { className: "flow-optional" }, el("button", { type: "button", className: "btn", onclick: add }, icon("plus"), addLabel));
  }
  const remove = () => { delete flow[name]; write(); draw(".flow-optional button"); };
  return el("div", { className: "flow-optional", id: `flow-${name}` }, el("div", { className: "flow-step-head" }, el("h3", { className: "flow-step-title" }, title), button(`${words.remove}: ${title}`, "x", remove)),
    ...wrongAt(name), condition(flow, name));
}

function drawEnds() {
  flow.exits ??= [];
  const rows = flow.exits.map((rule, place) => drawExit(rule, place));
  const add = () => { flow.exits.push({ event: "OrderPlaced" }); write(); draw("#flow-ends .flow-exit:last-of-type select"); };
  return el("section", { className: "card flow-card", id: "flow-ends" }, el("h2", { className: "card-title" }, words.ends), el("p", { className: "flow-hint" }, words.endsHint),
    ...rows, el("button", { type: "button", className: "btn", onclick: add }, icon("plus"), words.addExit), goal());
}

function drawExit(rule, place) {
  const kind = ["event", "left", "entered", "condition"].find((name) => name in rule);
  const kinds = Object.entries(words.exits).map(([value, label]) => ({ value, label }));
  const chosen = (name) => {
    flow.exits[place] = { [name]: { event: "OrderPlaced", condition: { match: "all", rules: [FIRST] } }[name] ?? catalogue.segments[0]?.value ?? "" };
    write();
    draw(`#exit-${place} select`);
  };
  const remove = () => { flow.exits.splice(place, 1); write(); draw("#flow-ends button"); };
  const body = { event: () => eventFields(rule), condition: () => condition(rule, "condition") }[kind]?.()
    ?? labelled(words.segment, select(catalogue.segments, rule[kind], set(rule, kind), { empty: words.choose }));
  return el("div", { className: "flow-exit", id: `exit-${place}` }, el("div", { className: "flow-step-head" }, labelled(words.endsBy, select(kinds, kind, chosen)), button(words.remove, "x", remove)),
    ...wrongAt(`exits[${place}]`), body);
}

function goal() {
  if (!flow.goal) {
    const add = () => { flow.goal = { event: "OrderPlaced", within_days: 5 }; write(); draw("#flow-goal select"); };
    return el("div", { className: "flow-optional" }, el("button", { type: "button", className: "btn", onclick: add }, icon("target"), words.addGoal));
  }
  const remove = () => { delete flow.goal; write(); draw("#flow-ends button"); };
  return el("div", { className: "flow-optional", id: "flow-goal" }, el("div", { className: "flow-step-head" }, el("h3", { className: "flow-step-title" }, words.goal), button(`${words.remove}: ${words.goal}`, "x", remove)), ...wrongAt("goal"),
    eventFields(flow.goal), labelled(words.within, input("number", flow.goal.within_days, set(flow.goal, "within_days", whole), { min: 0, max: 365 })));
}

const wrongAt = (part) => faults.filter((fault) => !fault.step && fault.part === part).map((fault) => el("p", { className: "flow-fault", role: "alert" }, fault.message));

// ---- the whole

function write() {
  source.value = JSON.stringify(flow, null, 2);
}

// Drawn anew, with the keyboard at the first of these that there is.
function draw(...focusOn) {
  const steps = el("section", { className: "flow-card", id: "flow-steps" }, el("h2", { className: "card-title" }, words.steps), ...wrongAt("steps"), drawSteps(flow.steps, words.steps));
  stage.replaceChildren(drawTrigger(), steps, drawEnds());
  focusOn.map((place) => stage.querySelector(place)).find(Boolean)?.focus();
}

try {
  flow = JSON.parse(source.value);
  flow.steps ??= [];
  flow.trigger ??= { on: "hand" };
  draw();
  source.closest(".mb-3, div").hidden = true;
} catch {
  // What is no JSON can't be drawn: the text and its error stay to be mended by hand.
  stage.hidden = true;
  source.closest(".mb-3, div").hidden = false;
}
