// The chosen colours, before the first paint. A file of its own because the CSP allows no inline script.
try {
  const theme = localStorage.getItem("ferrule:theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the system's colours it is.
}
