// Runs before the first paint: sets light or dark, and says that scripts work.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function remembered() {
    try {
      return localStorage.getItem("rapport-theme");
    } catch {
      return null; // storage is blocked: follow the system
    }
  }

  function show() {
    root.dataset.bsTheme = remembered() ?? (dark.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("rapport:theme"));
  }

  root.classList.add("js");
  show();
  dark.addEventListener("change", show);
  window.addEventListener("storage", show);

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("rapport-theme", theme);
      show();
    } catch {
      root.dataset.bsTheme = theme;
      document.dispatchEvent(new CustomEvent("rapport:theme"));
    }
  });
})();
