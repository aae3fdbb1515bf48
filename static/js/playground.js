// The playground: answers appear as they are generated. Without this file the form does it all at once.
// What a model wrote goes onto the page as text, never as markup.
"use strict";

const form = document.getElementById("play");
const answers = document.getElementById("answers");
const runButton = document.querySelector("[data-run]");
const stopButton = document.querySelector("[data-stop]");
let underWay = null;

function column(model) {
  const made = document.getElementById("answer-column").content.firstElementChild.cloneNode(true);
  made.querySelector("[data-model]").textContent = model;
  return made;
}

function begin(event, columns) {
  const grid = document.createElement("div");
  grid.className = `answers answers--${event.calls.length}`;
  for (const call of event.calls) {
    columns.set(call.id, column(call.model));
    grid.append(columns.get(call.id));
  }
  answers.querySelector(".answers")?.remove();
  answers.append(grid);
  answers.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function hear(event, columns) {
  if (event.calls) begin(event, columns);
  const shown = columns.get(event.call);
  if (!shown) return;
  const text = shown.querySelector("[data-text]");
  if (event.text) text.append(event.text);
  if (!event.state) return;
  text.textContent = event.output;
  shown.querySelector("[data-error]").textContent = event.error;
  shown.querySelector("[data-took]").textContent = event.took;
  shown.querySelector("[data-state]").textContent = event.state;
}

async function listen(response, columns) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let trial = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return trial;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const line of events) {
      if (!line.startsWith("data: ")) continue;
      const event = JSON.parse(line.slice(6));
      if (event.trial) {
        trial = event.trial;
        history.replaceState(null, "", `${form.dataset.page}?trial=${trial}`);
      }
      hear(event, columns);
    }
  }
}

function refuse(problems) {
  const check = document.getElementById("check");
  const notice = document.createElement("div");
  notice.className = "notice notice--bad";
  notice.setAttribute("role", "alert");
  const words = document.createElement("div");
  for (const problem of problems) {
    const line = document.createElement("p");
    line.textContent = problem;
    words.append(line);
  }
  notice.append(words);
  check.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

function show(isRunning) {
  runButton.disabled = isRunning;
  stopButton.hidden = !isRunning;
}

async function play() {
  underWay = new AbortController();
  show(true);
  const columns = new Map();
  try {
    const response = await fetch(form.dataset.stream, {
      method: "POST",
      body: new FormData(form),
      signal: underWay.signal,
    });
    const kind = response.headers.get("content-type") || "";
    if (kind.startsWith("text/event-stream")) await listen(response, columns);
    else if (kind.startsWith("application/json")) refuse((await response.json()).problems);
    else refuse([`That did not work: the server answered ${response.status}. Load the page again.`]);
  } catch (error) {
    if (error.name !== "AbortError") refuse(["The connection broke. What had come is kept: see what you tried."]);
  }
  const wasStopped = underWay.signal.aborted;
  underWay = null;
  if (columns.size) await settle(wasStopped);
  show(false);
}

// The stored answers take the place of the streamed ones: with scores, and what may be done with each.
async function settle(wasStopped) {
  if (wasStopped) await new Promise((resolve) => setTimeout(resolve, 1800)); // until the server has noticed
  await htmx.ajax("GET", location.pathname + location.search, { target: "#answers", swap: "innerHTML" });
}

if (form && runButton && window.TextDecoderStream) {
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter !== runButton) return;
    event.preventDefault();
    if (!underWay) play();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(runButton);
  });
  stopButton.addEventListener("click", () => underWay?.abort());
}
