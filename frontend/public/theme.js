// Runs before the first paint, so that a dark page never flashes white. A file of its own: the CSP forbids inline scripts.
(() => {
  var choice = "system";
  try {
    choice = localStorage.getItem("theme") || "system";
  } catch (_) {
    // Storage is blocked: follow the system.
  }
  var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
