// The grading page by keyboard: every key is the one that stands beside its control (data-key).
//   data-key="w"     a label is toggled, a button or link pressed, a summary opened
//   data-opens="id"  and then the text of that id is open and has the focus
//   data-marks="r"   and the reason r is marked too
//   data-beat="url"  is told that the page is still there, with data-token
//   data-seconds     gets how long the page was looked at
// Without this file all of it is a form.
"use strict";

const BEAT = 60_000; // milliseconds
const WRITES = "textarea, select, input:not([type=radio], [type=checkbox], [type=hidden])";
const PRESSES = "button, a[href], summary";
let looked = 0; // milliseconds before the page was last hidden
let since = performance.now();

const sheet = () => document.getElementById("sheet");
const scope = () => document.querySelector("dialog[open]") ?? document;

// What a key means: in an open dialog only what stands there, else what stands in none.
function named(key) {
  const all = [...scope().querySelectorAll(`[data-key="${CSS.escape(key)}"]:not([disabled])`)];
  return all.find((control) => control.closest("dialog:not([open])") === null);
}

function open(id) {
  const text = document.getElementById(id);
  const fold = text?.closest("details");
  if (fold) fold.open = true;
  text?.focus();
}

function mark(reason) {
  const box = document.querySelector(`input[name="reasons"][value="${CSS.escape(reason)}"]`);
  if (box) box.checked = true;
}

function press(control) {
  const box = control.matches("label") ? control.control ?? control.querySelector("input") : null;
  if (box?.matches(WRITES)) box.focus();
  else if (box) box.click();
  else control.click();
  if (control.dataset.marks) mark(control.dataset.marks);
  if (control.dataset.opens && (!box || box.checked)) open(control.dataset.opens);
}

function show(cite) {
  const number = cite.getAttribute("href").slice(1);
  const source = document.getElementById(number);
  document.querySelectorAll(".source.is-open").forEach((other) => other.classList.remove("is-open"));
  source?.classList.add("is-open");
  source?.scrollIntoView({ block: "nearest" });
}

// The next citation of the answer, from the one that has the focus.
function nextCitation() {
  const cites = [...sheet().querySelectorAll(".sheet__out a.cite")];
  if (!cites.length) return;
  const cite = cites[(cites.indexOf(document.activeElement) + 1) % cites.length];
  cite.focus();
  show(cite);
}

function keyOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key === "Enter" ? "enter" : "";
}

function isTaken(event) {
  if (event.repeat || event.altKey || event.metaKey || event.isComposing) return true;
  if (event.target.matches(WRITES)) return !(event.key === "Enter" && event.ctrlKey);
  return event.ctrlKey || (event.key === "Enter" && event.target.matches(PRESSES));
}

document.addEventListener("keydown", (event) => {
  if (!sheet() || isTaken(event)) return;
  const key = keyOf(event);
  const control = key && named(key);
  if (control) press(control);
  else if (key === "p" && scope() === document) nextCitation();
  else return;
  event.preventDefault();
  event.stopPropagation(); // the shell knows some of these keys too
}, true);

document.addEventListener("click", (event) => {
  const cite = event.target.closest("a.cite");
  if (!cite) return;
  event.preventDefault();
  show(cite);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) looked += performance.now() - since;
  since = performance.now();
});

function seconds() {
  return ((looked + (document.hidden ? 0 : performance.now() - since)) / 1000).toFixed(1);
}

document.addEventListener("htmx:configRequest", (event) => {
  if ("seconds" in event.detail.parameters) event.detail.parameters.seconds = seconds();
});

// The next item: the clock starts again, the keyboard stays with the page.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "sheet") return;
  looked = 0;
  since = performance.now();
  document.getElementById("page").focus();
});

// Somebody still looks at it, so nobody else gets it.
setInterval(() => {
  const held = sheet()?.dataset;
  if (!held?.beat || document.hidden) return;
  htmx.ajax("POST", held.beat, { target: "#hold", swap: "innerHTML", values: { token: held.token } });
}, BEAT);
