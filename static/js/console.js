// What the shell does beyond HTML; nothing depends on it:
//   data-theme-switch      light or dark
//   data-search            / and Ctrl-K go to it, arrows move through its suggestions
//   data-submit-on-change  a select that submits its form
//   data-dialog="id"       a link to a page of its own that opens the <dialog id> instead; data-dialog-close
//   data-toast             a word after a change; data-undo (key U), data-dismiss
//   a[rel=next|prev]       keys J and K; data-hotkey="p" any other; Escape leaves a text
"use strict";

const root = document.documentElement;
const typing = (element) => element.closest("input, select, textarea, [contenteditable]") !== null;

function isDark() {
  return root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
}

function announceTheme() {
  document.dispatchEvent(new CustomEvent("aiops:theme"));
}

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Not kept, then; the page has switched all the same.
  }
  announceTheme();
}

function focusSearch() {
  const box = document.querySelector("[data-search] input[type=search]");
  if (!box || box.offsetParent === null) return false;
  box.focus();
  box.select();
  return true;
}

function moveInSuggestions(event) {
  const search = event.target.closest("[data-search]");
  if (!search) return;
  if (event.key === "Escape") return document.activeElement.blur();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = [search.querySelector("input[type=search]"), ...search.querySelectorAll(".suggest a")];
  const next = stops[stops.indexOf(document.activeElement) + step];
  if (next) next.focus();
  event.preventDefault();
}

function toast(text, kind) {
  const holder = document.getElementById("toasts");
  const template = document.createElement("div");
  template.className = `toast toast--${kind}`;
  template.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button--quiet button--small";
  close.dataset.dismiss = "";
  close.textContent = "Dismiss";
  template.append(words, close);
  holder.append(template);
  fade(template);
}

function fade(element) {
  if (element.classList.contains("toast--error")) return;
  const seconds = element.querySelector("[data-undo]") ? 20 : 8;
  setTimeout(() => {
    if (element.matches(":hover, :focus-within")) fade(element);
    else element.remove();
  }, seconds * 1000);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) switchTheme();
  event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit-on-change]")) event.target.form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  moveInSuggestions(event);
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    if (focusSearch()) event.preventDefault();
    return;
  }
  if (event.key === "Escape" && event.target.matches("textarea")) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/" && focusSearch()) event.preventDefault();
  const hot = document.querySelector(`[data-hotkey="${CSS.escape(event.key.toLowerCase())}"]`);
  if (hot) event.preventDefault(); // a label's key is not typed into the field that it leads to
  hot?.click();
  if (event.key === "j") document.querySelector("main a[rel=next]")?.click();
  if (event.key === "k") document.querySelector("main a[rel=prev]")?.click();
  if (event.key.toLowerCase() === "u") [...document.querySelectorAll("[data-undo]")].pop()?.click();
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announceTheme);
document.addEventListener("aiops:toast", (event) => event.detail.value.forEach((said) => toast(said.text, said.kind)));
// A filter that is not used stays out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  for (const [name, value] of Object.entries(event.detail.parameters)) {
    if (value === "") delete event.detail.parameters[name];
  }
});
document.addEventListener("htmx:responseError", (event) =>
  toast(`That did not work: the server answered ${event.detail.xhr.status}.`, "error"));
document.addEventListener("htmx:sendError", () => toast("The console cannot be reached. Nothing was changed.", "error"));
document.querySelectorAll("[data-toast]").forEach(fade);
// On a narrow screen the open tab may lie beyond the strip's end.
document.querySelectorAll(".tabs [aria-current]").forEach((tab) => {
  const strip = tab.closest(".tabs");
  strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
});
