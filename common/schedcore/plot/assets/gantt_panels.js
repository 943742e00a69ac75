// Drawing usage and levels under the rows.
function drawPanels() {
  const list = panels();
  if (!list.length) return;
  const c = inkSteps, wide = steps.width / ratio, tall = steps.height / ratio;
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.fillStyle = theme.paper;
  c.fillRect(0, 0, wide, tall);
  drawGrid(c, 0, tall, false);
  list.forEach((panel, k) => drawPanel(c, panel, GAP + k * (PANEL + GAP)));
  drawPeriods(c, 0, tall);
  drawCross(c, 0, tall);
}

const panelNote = (p) => (p.kind === "usage" ? `in use, of ${text(p.most)}` : `level, ${text(p.minimum)} to ${text(p.most)}`);

function drawPanel(c, panel, top) {
  const low = panel.yMin, high = panel.yMax, Y = (v) => top + PANEL - (v - low) / (high - low) * (PANEL - 6);
  const right = left + plotWidth();
  c.save();
  c.beginPath();
  c.rect(left, top, right - left, PANEL + 1);
  c.clip();
  const from = stepAt(panel.time, t0), to = stepAt(panel.time, t1);
  const hue = theme[panel.kind], many = to - from > 2 * plotWidth();
  c.beginPath();
  const zero = Y(Math.max(low, 0));
  if (many) {
    let i = from;
    for (let x = 0; x < plotWidth(); x++) {
      const until = T(left + x + 1);
      let a = panel.value[i], b = a;
      while (i < to && panel.time[i + 1] < until) { i++; a = Math.min(a, panel.value[i]); b = Math.max(b, panel.value[i]); }
      c.rect(left + x, Y(b), 1, Math.max(1, zero - Y(b)));
    }
  } else {
    for (let i = from; i <= to; i++) {
      const x0 = Math.max(left, X(panel.time[i])), x1 = i < to ? X(panel.time[i + 1]) : Math.min(right, X(view.xMax));
      c.rect(x0, Math.min(zero, Y(panel.value[i])), x1 - x0, Math.abs(zero - Y(panel.value[i])));
    }
  }
  c.fillStyle = hue;
  c.globalAlpha = 0.35;
  c.fill();
  c.globalAlpha = 1;
  if (!many) {
    c.strokeStyle = hue;
    c.lineWidth = 1.4;
    c.beginPath();
    c.moveTo(Math.max(left, X(panel.time[from])), Y(panel.value[from]));
    for (let i = from; i <= to; i++) {
      const x1 = i < to ? X(panel.time[i + 1]) : Math.min(right, X(view.xMax));
      c.lineTo(Math.max(left, X(panel.time[i])), Y(panel.value[i]));
      c.lineTo(x1, Y(panel.value[i]));
    }
    c.stroke();
  }
  c.fillStyle = theme.bad;  // what lies outside the bounds
  for (let i = from; !many && i <= to; i++) {
    const a = panel.time[i], b = i < to ? panel.time[i + 1] : view.xMax, v = panel.value[i];
    if (panel.minimum !== null && v < panel.minimum) c.fillRect(X(a), Y(panel.minimum), X(b) - X(a), Y(v) - Y(panel.minimum));
    for (let k = stepAt(panel.limitTime, Math.max(a, panel.limitTime[0])); k < panel.limitTime.length; k++) {
      const x0 = Math.max(a, k ? panel.limitTime[k] : a), x1 = k + 1 < panel.limitTime.length ? Math.min(b, panel.limitTime[k + 1]) : b;
      if (x0 >= b) break;
      if (v > panel.limitValue[k]) c.fillRect(X(x0), Y(v), X(x1) - X(x0), Y(panel.limitValue[k]) - Y(v));
    }
  }
  c.strokeStyle = theme.ink;
  c.lineWidth = 1;
  c.setLineDash([4, 3]);
  c.beginPath();
  for (let i = 0; i < panel.limitTime.length; i++) {
    const x0 = Math.max(left, X(panel.limitTime[i])), x1 = i + 1 < panel.limitTime.length ? X(panel.limitTime[i + 1]) : right;
    c.moveTo(x0, Y(panel.limitValue[i]));
    c.lineTo(x1, Y(panel.limitValue[i]));
  }
  if (panel.minimum !== null) { c.moveTo(left, Y(panel.minimum)); c.lineTo(right, Y(panel.minimum)); }
  c.stroke();
  c.setLineDash([]);
  for (const v of data.violations) {
    if (v.resource !== panel.resource || v.at === null) continue;
    c.fillStyle = theme.bad;
    c.fillRect(X(drawnAt(v)) - 1, top, 2, PANEL);
  }
  c.restore();
  c.strokeStyle = theme.line;
  c.beginPath();
  c.moveTo(left, top + PANEL + 0.5);
  c.lineTo(right, top + PANEL + 0.5);
  c.stroke();
  c.fillStyle = theme.ink;
  c.textAlign = "right";
  c.textBaseline = "middle";
  c.font = '12px system-ui, "DejaVu Sans", sans-serif';
  c.fillText(shorten(panel.label, left - 16, 12), left - 8, top + PANEL / 2 - 7);
  c.fillStyle = theme.muted;
  c.font = '11px system-ui, "DejaVu Sans", sans-serif';
  c.fillText(panelNote(panel), left - 8, top + PANEL / 2 + 8);
}
