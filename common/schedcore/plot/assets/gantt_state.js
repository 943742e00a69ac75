// What is shown, and the geometry that follows from it.  The files gantt_state, gantt_draw, gantt_panels,
// gantt_input and gantt_start share one function scope in the finished page.
const { decode, View, stepAt, ticks, scan } = GanttModel;
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const placements = {};
for (const key of ["task", "mode", "start", "end"]) placements[key] = decode(data.placements[key]);
const taskKey = decode(data.taskKey), modeCount = decode(data.modeCount);
const views = data.views.map((raw) => new View(raw, placements));
const panelSets = data.panelSets.map((set) => set.map((p) => ({ ...p, time: decode(p.time), value: decode(p.value),
  limitTime: decode(p.limitTime), limitValue: decode(p.limitValue) })));
const AXIS = 26, PANEL = 66, MIN_ROW = 2, GAP = 10;
const chart = $("chart"), steps = $("steps"), ink = chart.getContext("2d"), inkSteps = steps.getContext("2d");
const scratch = document.createElement("canvas"), inkScratch = scratch.getContext("2d");
let view = views[data.firstView] || views[0], t0 = 0, t1 = 1, scroll = 0, rowPx = 24, rowZoom = 1, left = 80;
let width = 0, height = 0, ratio = 1, dirty = false, theme = {}, hover = -1, cross = null, flash = -1;
let matches = null, matchList = [], matchAt = -1;
const isolated = new Set();
let dimmed = null;
const bad = new Map();  // placement -> violations
data.violations.forEach((v) => v.placements.forEach((p) => { if (!bad.has(p)) bad.set(p, []); bad.get(p).push(v); }));
const text = (n) => Math.round(n).toLocaleString("en-US");
// "4 slots", "12 ms", "3 × 15 min"; bare numbers where a tick is all there is.
function withUnit(n) {
  const u = data.unit;
  if (u === "tick") return text(n);
  if (/^\d/.test(u)) return text(n) + " × " + u;
  return text(n) + " " + (n !== 1 && /^\p{L}{4,}$/u.test(u) && !u.endsWith("s") ? u + "s" : u);
}
const colors = data.colors, darkText = data.darkText;
const rgba = colors.map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
const colorOf = (task) => { const k = taskKey[task]; return k === data.noKey ? colors.length - 1 : k % (colors.length - 1); };

function readTheme() {
  const css = getComputedStyle(document.documentElement);
  for (const name of ["paper", "band", "ink", "muted", "line", "soft", "closed", "accent", "bad", "usage", "level"]) {
    theme[name] = css.getPropertyValue("--" + name).trim();
  }
}

function request() { if (!dirty) { dirty = true; requestAnimationFrame(draw); } }

function resize() {
  ratio = window.devicePixelRatio || 1;
  const stack = panels().length ? panels().length * (PANEL + GAP) + GAP : 0;
  size(steps, Math.max(120, $("rows").clientWidth), stack);
  const all = document.querySelector(".charts").clientHeight;
  const needed = Math.ceil(AXIS + 6 + view.height * Math.min(80, 40 * rowZoom));
  $("rows").style.maxHeight = needed + "px";
  $("panels").style.maxHeight = Math.max(all * (data.panelFocus ? 0.75 : 0.4), all - needed) + "px";
  const box = $("rows").getBoundingClientRect();
  width = Math.max(120, box.width);
  height = Math.max(60, box.height);
  size(chart, width, height);
  fitRows();
  draw();  // at once: a canvas that changed its size is blank
}

function size(canvas, w, h) {
  canvas.width = Math.round(w * ratio);
  canvas.height = Math.round(h * ratio);
  canvas.style.width = w + "px";
  canvas.style.height = h + "px";
}

const panels = () => panelSets[view.panelSet] || [];
const plotWidth = () => Math.max(40, width - left - 12);
const scaleX = () => plotWidth() / (t1 - t0);
const X = (t) => left + (t - t0) * scaleX();
const T = (x) => t0 + (x - left) / scaleX();

function fitRows() {
  const room = height - AXIS - 4;
  const base = Math.min(40, Math.max(7, room / Math.max(1, view.height)));
  rowPx = Math.min(80, Math.max(MIN_ROW, base * rowZoom));
  ink.font = labelFont();
  let widest = 40;
  const labels = [];
  for (const g of view.groups) { labels.push(g.label); if (g.labels) for (const l of g.labels.slice(0, 2000)) labels.push(l); }
  ink.font = '12px system-ui, "DejaVu Sans", sans-serif';
  for (const p of panels()) widest = Math.max(widest, ink.measureText(p.label).width, 0.92 * ink.measureText(panelNote(p)).width);
  ink.font = labelFont();
  for (const l of labels.slice(0, 6000)) widest = Math.max(widest, ink.measureText(l).width);
  left = Math.min(Math.max(60, widest + 18), Math.max(60, width * 0.28), 260);
  clamp();
}

function labelFont() { return `${Math.max(9, Math.min(12.5, rowPx * 0.62))}px system-ui, "DejaVu Sans", sans-serif`; }

function clamp() {
  const span = view.xMax - view.xMin, pad = view.folded ? 0 : span * 0.01, least = Math.min(span, 4);
  let wide = Math.min(t1 - t0, span + 2 * pad);
  wide = Math.max(wide, least);
  t0 = Math.min(Math.max(t0, view.xMin - pad), view.xMax + pad - wide);
  t1 = t0 + wide;
  scroll = Math.max(0, Math.min(scroll, view.height * rowPx - (height - AXIS - 4)));
}

function fit() {
  const pad = view.folded ? 0 : (view.xMax - view.xMin) * 0.01;
  t0 = view.xMin - (view.xMin < 0 ? pad : 0);
  t1 = view.xMax + pad;
  scroll = 0;
  rowZoom = 1;
  fitRows();
  request();
}

function zoom(factor, at) {
  const t = at === undefined ? (t0 + t1) / 2 : at;
  const wide = Math.max(Math.min(view.xMax - view.xMin, 4), (t1 - t0) * factor);
  const share = (t - t0) / (t1 - t0);
  t0 = t - share * wide;
  t1 = t0 + wide;
  clamp();
  request();
}
