"use strict";
// Data of an interactive Gantt chart: decoding, searching in rows, time ticks.  No drawing here, so that
// it also runs outside a browser.
const GanttModel = (() => {
  const KINDS = { u8: Uint8Array, u16: Uint16Array, i32: Int32Array, f64: Float64Array };

  function decode(column) {
    if (column === null || column === undefined) return null;
    const text = atob(column.d);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new KINDS[column.t](bytes.buffer);
  }

  // First index in [low, high) whose value is >= x.
  function lowerBound(values, x, low, high) {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < x) low = middle + 1; else high = middle;
    }
    return low;
  }

  class View {
    constructor(raw, placements) {
      Object.assign(this, raw);
      this.rowPtr = decode(raw.rowPtr);
      this.placement = decode(raw.placement);
      this.shift = decode(raw.shift);
      this.amount = decode(raw.amount);
      this.setupRow = decode(raw.setupRow);
      this.setupStart = decode(raw.setupStart);
      this.setupEnd = decode(raw.setupEnd);
      const count = this.placement.length;
      const period = raw.period || 0;
      this.start = new Float64Array(count);
      this.end = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        const p = this.placement[i];
        const move = this.shift ? (this.shift[i] - raw.shiftBase) * period : 0;
        let a = placements.start[p] + move, b = placements.end[p] + move;
        if (raw.folded) { a = Math.max(0, a); b = Math.min(period, b); }
        this.start[i] = a;
        this.end[i] = b;
      }
      this.numRows = this.rowPtr.length - 1;
      this.rowTop = new Float64Array(this.numRows + 1);
      this.rowHeight = new Float64Array(this.numRows);
      this.rowGroup = new Int32Array(this.numRows);
      this.longest = new Float64Array(this.numRows);
      let row = 0, y = 0;
      this.groups.forEach((group, g) => {
        group.first = row;
        group.top = y;
        for (let k = 0; k < group.rows; k++, row++) {
          this.rowTop[row] = y;
          this.rowHeight[row] = group.rows > 1 && !group.labels ? 0.6 : 1;
          this.rowGroup[row] = g;
          y += this.rowHeight[row];
          for (let i = this.rowPtr[row]; i < this.rowPtr[row + 1]; i++) {
            this.longest[row] = Math.max(this.longest[row], this.end[i] - this.start[i]);
          }
        }
        group.height = y - group.top;
      });
      this.rowTop[row] = y;
      this.height = y;
    }

    // Range [first, last) of the bars of a row that may touch [t0, t1].
    range(row, t0, t1) {
      const low = this.rowPtr[row], high = this.rowPtr[row + 1];
      const first = lowerBound(this.start, t0 - this.longest[row], low, high);
      let last = lowerBound(this.start, t1, first, high);
      while (last < high && this.start[last] <= t1) last++;
      return [first, last];
    }

    rowAt(y) {
      if (y < 0 || y >= this.height) return -1;
      let low = 0, high = this.numRows;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (this.rowTop[middle] <= y) low = middle; else high = middle;
      }
      return low;
    }

    // The bar under (row, time): a marker within `slack` wins, then the shortest bar that holds the time.
    barAt(row, time, slack) {
      if (row < 0) return -1;
      const [first, last] = this.range(row, time - slack, time + slack);
      let best = -1, score = Infinity;
      for (let i = first; i < last; i++) {
        const length = this.end[i] - this.start[i];
        const away = Math.max(0, this.start[i] - time, time - this.end[i]);
        if (away > slack || (length > 0 && away > slack / 2)) continue;
        const value = length <= 0 ? away * 1e-9 - 1 : length + away * 1e6;
        if (value < score) { score = value; best = i; }
      }
      return best;
    }
  }

  // Values of a step function: index of the step that holds at `time`.
  function stepAt(times, time) {
    return Math.max(0, lowerBound(times, time + 1e-9, 0, times.length) - 1);
  }

  function ticks(t0, t1, most) {
    const span = Math.max(1e-9, t1 - t0);
    let step = Math.pow(10, Math.floor(Math.log10(span / most)));
    for (const factor of [1, 2, 5, 10]) {
      if (span / (step * factor) <= most) { step *= factor; break; }
    }
    step = Math.max(1, Math.round(step));
    const result = [];
    for (let t = Math.ceil(t0 / step) * step; t <= t1; t += step) result.push(t);
    return result;
  }

  // Coverage and colour of every pixel of a row: pixels[x] = index of the bar that covers most of it.
  function scan(view, row, t0, scale, width, owner, cover) {
    owner.fill(-1);
    cover.fill(0);
    const [first, last] = view.range(row, t0, t0 + width / scale);
    for (let i = first; i < last; i++) {
      let a = (view.start[i] - t0) * scale, b = (view.end[i] - t0) * scale;
      if (b < 0 || a >= width) continue;
      if (b - a < 0.05) b = a + 0.05;
      a = Math.max(0, a);
      b = Math.min(width, b);
      for (let x = Math.floor(a); x < b; x++) {
        const share = Math.min(b, x + 1) - Math.max(a, x);
        if (owner[x] < 0 || share > 0.5) owner[x] = i;
        cover[x] += share;
      }
    }
  }

  return { decode, lowerBound, View, stepAt, ticks, scan };
})();
if (typeof module !== "undefined") module.exports = GanttModel;
