// Putting everything to work.
readTheme();
if (data.empty) {
  const box = document.createElement("div");
  box.id = "empty";
  box.textContent = data.empty;
  $("rows").append(box);
  $("panels").style.display = "none";
  document.querySelector(".tools").style.display = "none";
  return;
}
views.forEach((v, k) => {
  const b = document.createElement("button");
  b.textContent = v.name;
  b.addEventListener("click", () => choose(k));
  $("views").append(b);
});
buildSide();
drag(chart);
drag(steps);
$("in").addEventListener("click", () => zoom(0.6));
$("out").addEventListener("click", () => zoom(1 / 0.6));
$("fit").addEventListener("click", fit);
const rowsBy = (factor) => { const y = (scroll + (height - AXIS) / 2) / rowPx; rowZoom *= factor; resize(); scroll = y * rowPx - (height - AXIS) / 2; clamp(); request(); };
$("thin").addEventListener("click", () => rowsBy(1 / 1.4));
$("thick").addEventListener("click", () => rowsBy(1.4));
$("search").addEventListener("input", find);
$("search").addEventListener("keydown", (e) => {
  if (e.key === "Enter") { next(e.shiftKey ? -1 : 1); e.preventDefault(); }
  if (e.key === "Escape") { $("search").value = ""; find(); chart.focus(); }
  e.stopPropagation();
});
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.tagName === "INPUT") return;
  const wide = t1 - t0;
  const act = { ArrowLeft: () => { t0 -= wide * 0.15; t1 -= wide * 0.15; }, ArrowRight: () => { t0 += wide * 0.15; t1 += wide * 0.15; },
    ArrowUp: () => { scroll -= 60; }, ArrowDown: () => { scroll += 60; }, "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7),
    0: fit, Home: fit, "/": () => $("search").focus() }[e.key];
  if (!act) return;
  e.preventDefault();
  act();
  clamp();
  request();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTheme(); request(); });
new ResizeObserver(resize).observe($("rows"));
choose(data.firstView);
window.gantt = { state: () => ({ t0, t1, scroll, rowPx, left, hover, matches: matchList.length, view: view.name, width, height }),
  barUnder, zoom, fit, show, choose, draw, tipFor, data };
