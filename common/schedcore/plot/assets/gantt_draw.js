// Drawing the rows.
function draw() {
  dirty = false;
  if (!width) return;
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.fillStyle = theme.paper;
  ink.fillRect(0, 0, width, height);
  const first = Math.max(0, view.rowAt(scroll / rowPx));
  let last = view.rowAt((scroll + height - AXIS) / rowPx);
  if (last < 0) last = view.numRows - 1;
  ink.save();
  ink.beginPath();
  ink.rect(0, AXIS, width, height - AXIS);
  ink.clip();
  drawBands(first, last);
  ink.restore();
  drawGrid(ink, AXIS, Math.min(height, AXIS + view.height * rowPx - scroll), true);
  ink.save();
  ink.beginPath();
  ink.rect(left, AXIS, plotWidth() + 12, height - AXIS);
  ink.clip();
  drawRows(first, last);
  drawSetups(first, last);
  drawWedges();
  drawPeriods(ink, AXIS, height);
  ink.restore();
  drawLabels(first, last);
  drawCross(ink, AXIS, height);
  drawScrollbar();
  drawPanels();
}

const rowY = (row) => AXIS + view.rowTop[row] * rowPx - scroll;

function drawBands(first, last) {
  for (let g = view.rowGroup[first]; g <= view.rowGroup[last]; g++) {
    const group = view.groups[g], y = AXIS + group.top * rowPx - scroll, h = group.height * rowPx;
    if (g % 2) { ink.fillStyle = theme.band; ink.fillRect(0, y, width, h); }
    for (const [a, b, share] of group.closed) {
      const x0 = Math.max(left, X(a)), x1 = Math.min(width - 12, X(b));
      if (x1 <= x0) continue;
      ink.fillStyle = `rgba(${theme.closed},${0.12 + 0.3 * share})`;
      ink.fillRect(x0, y, x1 - x0, h);
    }
  }
}

function drawGrid(c, top, bottom, labels) {
  const marks = ticks(t0, t1, Math.max(2, plotWidth() / 95));
  c.strokeStyle = theme.line;
  c.fillStyle = theme.muted;
  c.lineWidth = 1;
  c.font = '11px system-ui, "DejaVu Sans", sans-serif';
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.beginPath();
  for (const t of marks) {
    const x = Math.round(X(t)) + 0.5;
    c.moveTo(x, labels ? top - 5 : top);
    c.lineTo(x, bottom);
  }
  c.stroke();
  if (!labels) return;
  for (const t of marks) {
    const label = text(t), half = c.measureText(label).width / 2;
    c.fillText(label, Math.min(width - half - 2, Math.max(left + half - 4, X(t))), 11);
  }
  c.textAlign = "right";
  c.fillText(data.timeLabel, left - 10, 11);
}

function drawRows(first, last) {
  const pixels = Math.ceil(plotWidth() * ratio), scale = scaleX() * ratio;
  const thin = [];
  const solid = [];
  for (let row = first; row <= last; row++) {
    const [a, b] = view.range(row, t0, t1);
    if (b - a > plotWidth() / 4) thin.push(row); else solid.push([row, a, b]);
  }
  if (thin.length) drawThin(thin, pixels, scale);
  for (const [row, a, b] of solid) drawSolid(row, a, b);
}

// Rows with bars near or below a pixel: one colour per pixel, transparency by coverage.
function drawThin(rows, pixels, scale) {
  const tall = Math.ceil(height * ratio);
  if (scratch.width !== pixels || scratch.height !== tall) { scratch.width = pixels; scratch.height = tall; }
  const image = inkScratch.createImageData(pixels, tall);
  const words = new Uint32Array(image.data.buffer);
  const owner = new Int32Array(pixels), cover = new Float32Array(pixels), line = new Uint32Array(pixels);
  for (const row of rows) {
    scan(view, row, t0, scale, pixels, owner, cover);
    for (let x = 0; x < pixels; x++) {
      if (owner[x] < 0) { line[x] = 0; continue; }
      const task = placements.task[view.placement[owner[x]]], c = rgba[colorOf(task)];
      let alpha = 90 + 165 * Math.min(1, cover[x]);
      if (dimmed && dimmed[task]) alpha *= 0.13;
      line[x] = (alpha << 24) | (c[2] << 16) | (c[1] << 8) | c[0];
    }
    const h = view.rowHeight[row] * rowPx, inset = h > 6 ? h * 0.1 : 0;
    const y0 = Math.max(0, Math.round((rowY(row) + inset) * ratio));
    const y1 = Math.min(tall, Math.max(y0 + 1, Math.round((rowY(row) + h - inset) * ratio)));
    for (let y = y0; y < y1; y++) words.set(line, y * pixels);
  }
  inkScratch.putImageData(image, 0, 0);
  ink.drawImage(scratch, left, 0, pixels / ratio, tall / ratio);
  if (!matches && !bad.size) return;
  for (const row of rows) {  // what is looked for must not drown
    const [a, b] = view.range(row, t0, t1), h = view.rowHeight[row] * rowPx;
    for (let i = a; i < b; i++) {
      const p = view.placement[i], wrong = bad.has(p);
      if (!wrong && !(matches && matches[placements.task[p]])) continue;
      const x = X(view.start[i]), w = Math.max(2, (view.end[i] - view.start[i]) * scaleX());
      ink.fillStyle = wrong ? theme.bad : colors[colorOf(placements.task[p])];
      ink.fillRect(x, rowY(row), w, h);
    }
  }
}

function drawSolid(row, a, b) {
  const h = view.rowHeight[row] * rowPx, inset = h > 6 ? h * 0.1 : 0, y = rowY(row) + inset, tall = h - 2 * inset;
  const fontSize = Math.min(12, tall * 0.68);
  ink.font = `${fontSize}px system-ui, "DejaVu Sans", sans-serif`;
  ink.textBaseline = "middle";
  ink.textAlign = "center";
  for (let i = a; i < b; i++) {
    const p = view.placement[i], task = placements.task[p], faded = dimmed && dimmed[task];
    const x0 = X(view.start[i]), x1 = X(view.end[i]), k = colorOf(task);
    ink.globalAlpha = faded ? 0.13 : 1;
    ink.fillStyle = colors[k];
    if (view.end[i] <= view.start[i]) {
      const r = Math.min(7, Math.max(3, tall * 0.4)), yc = y + tall / 2;
      ink.beginPath();
      ink.moveTo(x0, yc - r); ink.lineTo(x0 + r, yc); ink.lineTo(x0, yc + r); ink.lineTo(x0 - r, yc); ink.closePath();
      ink.fill();
      ink.strokeStyle = theme.ink;
      ink.lineWidth = 1;
      ink.stroke();
      if (bad.has(p)) { ink.strokeStyle = theme.bad; ink.lineWidth = 2; ink.stroke(); }
    } else {
      const w = Math.max(1, x1 - x0), gap = w > 4 ? 0.5 : 0;
      ink.fillRect(x0 + gap, y, w - 2 * gap, tall);
      if (bad.has(p)) { ink.strokeStyle = theme.bad; ink.lineWidth = 2; ink.strokeRect(x0 + 1, y + 1, Math.max(1, w - 2), tall - 2); }
      if (view.folded) drawSeam(i, p, x0, x1, y, tall);
      const visible0 = Math.max(x0, left), visible1 = Math.min(x1, width - 12);
      if (fontSize >= 7 && visible1 - visible0 > 14) {
        const name = view.byTask && view.groups[view.rowGroup[row]].labels ? resourceText(p) : data.names[task];
        const room = visible1 - visible0 - 6;
      const shown = textWidth(name, fontSize) > room ? shorten(withoutJob(name, task), room, fontSize) : name;
        if (shown) { ink.fillStyle = darkText[k] ? "#000" : "#fff"; ink.fillText(shown, (visible0 + visible1) / 2, y + tall / 2 + 0.5); }
      }
    }
    if (i === hover || i === flash) {
      ink.globalAlpha = 1;
      ink.strokeStyle = i === flash ? theme.accent : theme.ink;
      ink.lineWidth = i === flash ? 3 : 2;
      ink.strokeRect(x0, y, Math.max(2, x1 - x0), tall);
    }
  }
  ink.globalAlpha = 1;
}

// "o3" of "j1.o3" in job "j1": the colour says the rest.
function withoutJob(name, task) {
  const job = data.keys[taskKey[task]];
  return job && name !== job && name.startsWith(job) ? name.slice(job.length).replace(/^[ ._\-:/#]+/, "") || name : name;
}

function drawSeam(i, p, x0, x1, y, tall) {
  const move = (view.shift[i] - view.shiftBase) * view.period;
  const r = Math.min(4, tall * 0.25), yc = y + tall / 2;
  const arrow = (x) => { ink.fillStyle = "#fff"; ink.strokeStyle = "#1f2328"; ink.lineWidth = 0.7; ink.beginPath();
    ink.moveTo(x - r, yc - r); ink.lineTo(x + r, yc); ink.lineTo(x - r, yc + r); ink.closePath(); ink.fill(); ink.stroke(); };
  if (placements.end[p] + move > view.period) arrow(x1 - r - 2);
  if (placements.start[p] + move < 0) arrow(x0 + r + 2);
}

const widths = new Map();
function textWidth(string, fontSize) {
  let w = widths.get(string);
  if (w === undefined) {
    const old = ink.font;
    ink.font = '100px system-ui, "DejaVu Sans", sans-serif';
    w = ink.measureText(string).width / 100;
    ink.font = old;
    if (widths.size > 50000) widths.clear();
    widths.set(string, w);
  }
  return w * fontSize;
}

function shorten(string, room, fontSize) {
  const wide = textWidth(string, fontSize);
  if (wide <= room) return string;
  const keep = Math.floor(string.length * room / wide) - 1;
  return keep < 5 ? "" : string.slice(0, Math.ceil(keep / 2)) + "…" + string.slice(string.length - Math.floor(keep / 2));
}

function drawSetups(first, last) {
  if (!view.setupRow) return;
  ink.strokeStyle = theme.muted;
  ink.lineWidth = 1;
  for (let i = 0; i < view.setupRow.length; i++) {
    const row = view.setupRow[i];
    if (row < first || row > last || view.setupEnd[i] < t0 || view.setupStart[i] > t1) continue;
    const x0 = Math.max(X(view.setupStart[i]), left - 1), x1 = Math.min(X(view.setupEnd[i]), width), h = view.rowHeight[row] * rowPx;
    if (x1 - x0 < 0.5) continue;
    const y = rowY(row) + h * 0.1, tall = h * 0.8;
    ink.save();
    ink.beginPath();
    ink.rect(x0, y, x1 - x0, tall);
    ink.clip();
    ink.beginPath();
    const step = 6, base = Math.floor(x0 / step) * step;
    for (let x = base - tall - step; x < x1; x += step) { ink.moveTo(x, y + tall); ink.lineTo(x + tall, y); }
    ink.stroke();
    ink.restore();
    ink.strokeRect(x0 + 0.5, y + 0.5, x1 - x0 - 1, tall - 1);
  }
}

const drawnAt = (v) => (view.folded && view.period ? ((v.at % view.period) + view.period) % view.period : v.at);

function drawWedges() {
  if (view.byTask) return;
  for (const v of data.violations) {
    if (v.resource === null || v.at === null) continue;
    const group = view.groups.find((g) => g.resource === v.resource);
    if (!group) continue;
    const x = X(drawnAt(v)), y = AXIS + group.top * rowPx - scroll;
    if (x < left - 5 || x > width || y < AXIS - 20 || y > height) continue;
    ink.fillStyle = theme.bad;
    ink.beginPath();
    ink.moveTo(x - 5, y); ink.lineTo(x + 5, y); ink.lineTo(x, y + 8); ink.closePath(); ink.fill();
  }
}

function drawPeriods(c, top, bottom) {
  if (!view.period) return;
  c.strokeStyle = theme.ink;
  c.lineWidth = 1;
  c.setLineDash([5, 4]);
  c.beginPath();
  const end = view.folded ? view.period : view.xMax;
  for (let t = view.period; t <= end; t += view.period) { c.moveTo(X(t), top); c.lineTo(X(t), bottom); }
  c.stroke();
  c.setLineDash([]);
}

function drawLabels(first, last) {
  ink.save();
  ink.beginPath();
  ink.rect(0, AXIS, left, height - AXIS);
  ink.clip();
  const px = parseFloat(labelFont());
  ink.font = labelFont();
  ink.textAlign = "right";
  ink.textBaseline = "middle";
  let free = -Infinity;
  for (let g = view.rowGroup[first]; g <= view.rowGroup[last]; g++) {
    const group = view.groups[g];
    if (group.labels) {
      for (let k = 0; k < group.rows; k++) {
        const y = rowY(group.first + k) + rowPx / 2;
        if (y < free || y < AXIS - 10 || y > height + 10) continue;
        free = y + px * 1.1;
        ink.fillStyle = theme.ink;
        ink.fillText(shorten(group.labels[k], left - 14, px), left - 8, y);
      }
    } else {
      const top = AXIS + group.top * rowPx - scroll;
      const y = Math.min(Math.max(top + group.height * rowPx / 2, Math.min(AXIS + px, top + group.height * rowPx - px)), height + 20);
      if (y < free) continue;
      free = y + px * 1.1;
      ink.fillStyle = theme.ink;
      ink.fillText(shorten(group.label, left - 14, px), left - 8, y);
    }
  }
  ink.restore();
  ink.strokeStyle = theme.muted;
  ink.lineWidth = 1;
  ink.beginPath();
  ink.moveTo(left - 0.5, AXIS);
  ink.lineTo(left - 0.5, Math.min(height, AXIS + view.height * rowPx - scroll));
  ink.stroke();
}

function drawCross(c, top, bottom) {
  if (cross === null || cross < left || cross > left + plotWidth()) return;
  c.strokeStyle = theme.accent;
  c.lineWidth = 1;
  c.globalAlpha = 0.6;
  c.beginPath();
  c.moveTo(cross, top);
  c.lineTo(cross, bottom);
  c.stroke();
  c.globalAlpha = 1;
}

function drawScrollbar() {
  const all = view.height * rowPx, room = height - AXIS - 4;
  if (all <= room + 1) return;
  const tall = Math.max(24, room * room / all), y = AXIS + (room - tall) * scroll / (all - room);
  ink.fillStyle = theme.muted;
  ink.globalAlpha = 0.45;
  ink.fillRect(width - 7, y, 5, tall);
  ink.globalAlpha = 1;
}
