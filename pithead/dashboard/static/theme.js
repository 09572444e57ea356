// Loaded before the page is drawn, so that a chosen colour scheme does not flash the other one.
{
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
}
