// Tooltips, pointer, wheel, search, legend.
let byPlacement = null;
function resourceText(p) {
  if (!byPlacement) {
    byPlacement = new Map();
    const v = views[0];
    for (let row = 0; row < v.numRows; row++) {
      const group = v.groups[v.rowGroup[row]];
      if (group.resource === null) continue;
      for (let i = v.rowPtr[row]; i < v.rowPtr[row + 1]; i++) {
        const name = group.label + (v.amount && v.amount[i] !== 1 ? " × " + text(v.amount[i]) : "");
        const own = byPlacement.get(v.placement[i]) || [];
        if (!own.includes(name)) own.push(name);
        byPlacement.set(v.placement[i], own);
      }
    }
  }
  return (byPlacement.get(p) || []).join(", ");
}

function tipFor(i) {
  const p = view.placement[i], task = placements.task[p], key = taskKey[task];
  const start = placements.start[p], end = placements.end[p], box = document.createElement("div");
  const head = document.createElement("b"), chip = document.createElement("i");
  chip.style.background = colors[colorOf(task)];
  head.append(chip, data.names[task]);
  const table = document.createElement("table");
  const line = (name, value) => { const tr = table.insertRow(); tr.insertCell().textContent = name; tr.insertCell().textContent = value; };
  if (key !== data.noKey && data.keyName !== "task") line(data.keyName, data.keys[key]);
  if (modeCount && modeCount[task] > 1) line("mode", `${placements.mode[p]} (of ${modeCount[task]})`);
  else if (placements.mode && placements.mode[p] !== 0) line("mode", String(placements.mode[p]));
  line("start", withUnit(start));
  line("end", withUnit(end));
  line("length", withUnit(end - start));
  if (view.period && !view.folded) line("round", String(view.shift[i] - view.shiftBase));
  line("resource", resourceText(p) || "none");
  for (const v of (bad.get(p) || []).slice(0, 4)) line(v.code, v.message);
  box.append(head, table);
  return box;
}

function showTip(node, x, y) {
  const tip = $("tip");
  tip.replaceChildren(node);
  tip.style.display = "block";
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 6)) + "px";
  tip.style.top = (y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 18) + "px";
}
function hideTip() { $("tip").style.display = "none"; }

function barUnder(x, y) {
  if (x < left || y < AXIS) return -1;
  return view.barAt(view.rowAt((y - AXIS + scroll) / rowPx), T(x), 5 / scaleX());
}

const pointers = new Map();
let pinch = 0;
function drag(canvas) {
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId);
    pointers.set(e.pointerId, [e.clientX, e.clientY]);
    pinch = 0;
    canvas.classList.add("dragging");
  });
  canvas.addEventListener("pointermove", (e) => {
    const box = canvas.getBoundingClientRect(), x = e.clientX - box.left, y = e.clientY - box.top;
    const before = pointers.get(e.pointerId);
    if (before && pointers.size === 1) {
      const dt = (e.clientX - before[0]) / scaleX();
      t0 -= dt;
      t1 -= dt;
      if (canvas === chart) scroll -= e.clientY - before[1];
      pointers.set(e.pointerId, [e.clientX, e.clientY]);
      clamp();
      hideTip();
    } else if (before) {
      pointers.set(e.pointerId, [e.clientX, e.clientY]);
      const [a, b] = [...pointers.values()], apart = Math.max(20, Math.abs(a[0] - b[0]));
      if (pinch) zoom(pinch / apart, T((a[0] + b[0]) / 2 - box.left));
      pinch = apart;
    } else {
      cross = x;
      hoverAt(canvas, x, y, e.clientX, e.clientY);
    }
    request();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (e) => { pointers.delete(e.pointerId); pinch = 0; canvas.classList.remove("dragging"); });
  }
  canvas.addEventListener("pointerleave", () => { cross = null; hover = -1; hideTip(); request(); });
  canvas.addEventListener("wheel", (e) => {
    const box = canvas.getBoundingClientRect(), x = e.clientX - box.left;
    const lines = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 400 : 1;
    if (canvas === steps && (x < left || e.shiftKey)) return;
    e.preventDefault();
    if (canvas === chart && (e.shiftKey || x < left)) scroll += (e.deltaY || e.deltaX) * lines;
    else if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) { const dt = e.deltaX * lines / scaleX(); t0 += dt; t1 += dt; }
    else zoom(Math.exp(Math.max(-120, Math.min(120, e.deltaY * lines)) * 0.0022), T(x));
    clamp();
    request();
  }, { passive: false });
  canvas.addEventListener("dblclick", fit);
}

function hoverAt(canvas, x, y, px, py) {
  if (canvas === chart) {
    hover = barUnder(x, y);
    if (hover >= 0) showTip(tipFor(hover), px, py); else hideTip();
    return;
  }
  const k = Math.floor((y - GAP / 2) / (PANEL + GAP)), panel = panels()[k];
  if (!panel || x < left || x > left + plotWidth()) { hideTip(); return; }
  const t = Math.min(view.xMax, Math.max(view.xMin, T(x))), node = document.createElement("div"), head = document.createElement("b");
  head.textContent = panel.label;
  const limit = panel.limitValue[stepAt(panel.limitTime, Math.max(t, panel.limitTime[0]))];
  node.append(head, document.createElement("br"), `${text(panel.value[stepAt(panel.time, t)])} of ${text(limit)} at ${withUnit(Math.floor(t))}`);
  showTip(node, px, py);
}

function find() {
  const wanted = $("search").value.trim().toLowerCase();
  matchList = [];
  matchAt = -1;
  flash = -1;
  matches = null;
  if (wanted) {
    matches = new Uint8Array(data.names.length);
    for (let i = 0; i < data.names.length; i++) if (data.names[i].toLowerCase().includes(wanted)) matches[i] = 1;
    for (let i = 0; i < view.placement.length; i++) if (matches[placements.task[view.placement[i]]]) matchList.push(i);
    matchList.sort((a, b) => view.start[a] - view.start[b]);
  }
  $("count").textContent = !wanted ? "" : matchList.length ? `${text(matchList.length)} found` : "not found";
  dim();
}

function dim() {
  dimmed = null;
  if (matches || isolated.size) {
    dimmed = new Uint8Array(data.names.length);
    for (let i = 0; i < dimmed.length; i++) {
      dimmed[i] = (matches && !matches[i]) || (isolated.size && !isolated.has(taskKey[i])) ? 1 : 0;
    }
  }
  request();
}

function next(direction) {
  if (!matchList.length) return;
  matchAt = (matchAt + direction + matchList.length) % matchList.length;
  $("count").textContent = `${text(matchAt + 1)} of ${text(matchList.length)}`;
  show(matchList[matchAt]);
}

// Bring a bar into view: as long as a tenth of the window at least, in the middle.
function show(i) {
  const length = Math.max(view.end[i] - view.start[i], 1), middle = (view.start[i] + view.end[i]) / 2;
  const wide = Math.min(t1 - t0, Math.max(length * 12, 8));
  t0 = middle - wide / 2;
  t1 = t0 + wide;
  let row = 0;
  while (row + 1 < view.numRows && view.rowPtr[row + 1] <= i) row++;
  if (rowPx < 12) { rowZoom *= 14 / rowPx; resize(); }
  scroll = view.rowTop[row] * rowPx - (height - AXIS) / 2;
  flash = i;
  clamp();
  request();
}

function choose(index) {
  view = views[index];
  hover = flash = -1;
  [...$("views").children].forEach((b, k) => b.setAttribute("aria-pressed", String(k === index)));
  $("panels").style.display = panels().length ? "" : "none";
  resize();
  fit();
  find();
}

function buildSide() {
  const side = $("side");
  const title = (t) => { const h = document.createElement("h2"); h.textContent = t; side.append(h); };
  if (data.violations.length) {
    title(`violations (${text(data.violationCount)})`);
    for (const v of data.violations.slice(0, 200)) {
      const b = document.createElement("button"), s = document.createElement("span"), code = document.createElement("b");
      b.className = "violation";
      code.textContent = v.code + " ";
      s.append(code, v.message);
      b.append(s);
      b.addEventListener("click", () => {
        for (let i = 0; i < view.placement.length; i++) if (v.placements.includes(view.placement[i])) return show(i);
        if (v.at === null) return;
        const wide = (t1 - t0) / 2;
        t0 = drawnAt(v) - wide / 2;
        t1 = t0 + wide;
        clamp();
        request();
      });
      side.append(b);
    }
    if (data.violationCount > 200) note(`${text(data.violationCount - 200)} more`);
  }
  title(data.keyName === "job" ? "jobs" : data.keyName === "tag" ? "tags" : "tasks");
  const used = new Set();
  for (const t of placements.task) used.add(taskKey[t]);
  const keys = [...used].filter((k) => k !== data.noKey).sort((a, b) => a - b);
  for (const k of keys.slice(0, 400)) entry(k, data.keys[k], colors[k % (colors.length - 1)]);
  if (used.has(data.noKey)) entry(data.noKey, "no " + data.keyName, colors[colors.length - 1]);
  if (keys.length > 400) note(`${text(keys.length - 400)} more`);
  if (keys.length > colors.length - 1) note("colours repeat");
  if (views.some((v) => v.setupRow)) swatch("setup", "repeating-linear-gradient(135deg, var(--muted) 0 1px, transparent 1px 4px)");
  if (views.some((v) => v.groups.some((g) => g.closed.length))) swatch("closed, less capacity", `rgba(${theme.closed}, .42)`);
  function note(t) { const p = document.createElement("div"); p.className = "note"; p.textContent = t; side.append(p); }
  function swatch(name, background) {
    const p = document.createElement("div"), i = document.createElement("i");
    p.className = "note";
    i.style.cssText = `display:inline-block;margin-right:7px;vertical-align:-1px;background:${background};border:1px solid var(--muted)`;
    p.append(i, name);
    side.append(p);
  }
  function entry(k, name, hue) {
    const b = document.createElement("button"), i = document.createElement("i"), s = document.createElement("span");
    i.style.background = hue;
    s.textContent = name;
    b.title = name;
    b.setAttribute("aria-pressed", "false");
    b.append(i, s);
    b.addEventListener("click", () => {
      if (isolated.has(k)) isolated.delete(k); else isolated.add(k);
      b.setAttribute("aria-pressed", String(isolated.has(k)));
      dim();
    });
    side.append(b);
  }
}
