// Runs before the first paint, so it is a plain script: pins the theme and the direction the reader chose.
(() => {
  const q = new URLSearchParams(location.search), root = document.documentElement;
  let stored = null;
  try { stored = localStorage.getItem("casement.theme"); } catch { /* storage is closed in some private windows */ }
  const theme = q.get("theme") || stored;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (q.get("dir") === "rtl") root.dir = "rtl";
})();
