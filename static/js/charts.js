// Draws the figures that the page carries as JSON; Plotly is fetched only where there is one to draw.
"use strict";

(() => {
  const source = document.currentScript.dataset.plotly;
  let loading = null;

  // The library's map part would insert a style element, which the policy refuses; it leaves one alone that is
  // there under this id. Charts here draw no maps. (A test compares the id with the installed library.)
  const MAP_STYLE = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

  function plotly() {
    if (!loading) {
      const map = document.createElement("link");
      map.id = MAP_STYLE;
      document.head.append(map);
    }
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error("the chart library could not be fetched"));
      document.head.append(script);
    });
    return loading;
  }

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  // "{ink}" in a figure stands for that colour of the theme.
  function painted(value, colours) {
    if (typeof value === "string") return value.startsWith("{") ? colours[value.slice(1, -1)] ?? value : value;
    if (Array.isArray(value)) return value.map((item) => painted(item, colours));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, painted(item, colours)]));
  }

  async function draw(holder) {
    const figure = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
    const colours = figure.themes[isDark() ? "dark" : "light"];
    const library = await plotly();
    await library.react(holder, painted(figure.data, colours), painted(figure.layout, colours), figure.config);
    holder.dataset.drawn = "";
  }

  function drawAll(scope) {
    scope.querySelectorAll("[data-chart]").forEach((holder) => draw(holder).catch((error) => {
      holder.textContent = `The chart could not be drawn (${error.message}). The table below holds its figures.`;
    }));
  }

  drawAll(document);
  document.addEventListener("aiops:theme", () => drawAll(document));
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) drawAll(event.detail.elt);
  });
})();
