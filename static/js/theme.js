// Runs before the first paint: the chosen theme, and the mark that scripts are there.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
})();
