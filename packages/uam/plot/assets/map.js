"use strict";
// Records of the day are arrays; see day_map.py for their columns.
const day = JSON.parse(document.getElementById("data").textContent);
const [AIRCRAFT, DECIDED, TAKEOFF, LANDED, FROM, TO, PEOPLE, PROFIT, ENERGY] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const el = (id) => document.getElementById(id);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const clock = (s) => `${Math.floor(day.startHour + s / 3600) % 24}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}`;
const money = (mills) => `${Math.round(mills / 1000).toLocaleString("en-US")} $`;

// What every aircraft does, in order of time.
const lives = day.home.map((at) => ({ home: at, spans: [] }));
for (const f of day.flights) lives[f[AIRCRAFT]].spans.push({ kind: f[PEOPLE] ? "fly" : "empty", start: f[DECIDED], end: f[LANDED], flight: f });
for (const [k, start, end, at] of day.charges) lives[k].spans.push({ kind: "charge", start, end, at });
for (const [k, start, end, at] of day.repairs) lives[k].spans.push({ kind: "repair", start, end, at });
for (const life of lives) life.spans.sort((a, b) => a.start - b.start);

function doing(life, t) {
  let at = life.home, found = null;
  for (const span of life.spans) {
    if (span.start > t) break;
    if (span.flight) at = span.end <= t ? span.flight[TO] : span.flight[FROM];
    found = span;
  }
  if (found && found.end > t) return { kind: found.kind, at, span: found };
  return { kind: "park", at, span: null };
}

let now = 0, playing = true, chosen = null, frame = null;
el("time").max = day.horizon;

function fit(canvas) {
  const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return [c, w, h];
}

const xs = day.vertiports.map((v) => v.x), ys = day.vertiports.map((v) => v.y);
const box = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
function projection(w, h) {
  const pad = 60, span = Math.max(box[1] - box[0], 1), rise = Math.max(box[3] - box[2], 1);
  const scale = Math.min((w - 2 * pad) / span, (h - 2 * pad) / rise);
  const left = (w - scale * span) / 2, top = (h - scale * rise) / 2;
  return (x, y) => [left + (x - box[0]) * scale, h - top - (y - box[2]) * scale];
}

function position(flight, t, at) {
  // On a slight curve to the right of the straight line, so that the two directions stay apart.
  const [x0, y0] = at[flight[FROM]], [x1, y1] = at[flight[TO]];
  const s = Math.max(0, Math.min(1, (t - flight[TAKEOFF]) / Math.max(1, flight[LANDED] - flight[TAKEOFF])));
  const bend = 0.08 * 4 * s * (1 - s);
  return [x0 + (x1 - x0) * s - (y1 - y0) * bend, y0 + (y1 - y0) * s + (x1 - x0) * bend, s];
}

let targets = [];
function drawMap() {
  const [c, w, h] = fit(el("map")), place = projection(w, h), at = day.vertiports.map((v) => place(v.x, v.y));
  const color = Object.fromEntries(["fly", "empty", "charge", "repair", "park", "ink", "muted", "line", "bg"].map((n) => [n, css(`--${n}`)]));
  targets = [];
  const hour = Math.min(Math.floor(now / 3600), day.horizon / 3600 - 1);
  c.lineWidth = 1.5;
  c.setLineDash([5, 5]);
  c.strokeStyle = color.repair;
  for (const [i, j, when] of day.closed) {
    if (when !== hour) continue;
    c.globalAlpha = 0.55;
    c.beginPath(); c.moveTo(...at[i]); c.lineTo(...at[j]); c.stroke();
  }
  c.globalAlpha = 1;
  c.setLineDash([]);
  const there = day.vertiports.map(() => ({ charge: 0, repair: 0, park: 0, left: 0 }));
  const flying = [];
  lives.forEach((life, k) => {
    const state = doing(life, now);
    if (state.span && state.span.flight && now >= state.span.flight[TAKEOFF]) flying.push([k, state]);
    else there[state.at][state.span && state.span.flight ? "park" : state.kind] += 1;
  });
  const carried = day.vertiports.map(() => 0);
  for (const f of day.flights) if (f[DECIDED] <= now && Math.floor(f[DECIDED] / 3600) === hour) carried[f[FROM]] += f[PEOPLE];
  for (const [k, state] of flying) {
    const f = state.span.flight, [x, y] = position(f, now, at), [x2, y2] = position(f, now + 30, at);
    c.strokeStyle = color[state.kind]; c.globalAlpha = 0.28; c.lineWidth = chosen === `a${k}` ? 3 : 1.2;
    c.beginPath(); c.moveTo(...at[f[FROM]]);
    for (let s = 0; s <= 12; s++) { const p = position(f, f[TAKEOFF] + (now - f[TAKEOFF]) * s / 12, at); c.lineTo(p[0], p[1]); }
    c.stroke(); c.globalAlpha = 1;
    c.save(); c.translate(x, y); c.rotate(Math.atan2(y2 - y, x2 - x));
    c.fillStyle = color[state.kind]; c.strokeStyle = chosen === `a${k}` ? color.ink : color.bg; c.lineWidth = 1.5;
    c.beginPath(); c.moveTo(9, 0); c.lineTo(-6, 5.5); c.lineTo(-3, 0); c.lineTo(-6, -5.5); c.closePath(); c.stroke(); c.fill();
    c.restore();
    targets.push({ id: `a${k}`, x, y, r: 11 });
  }
  day.vertiports.forEach((v, i) => {
    const [x, y] = at[i], r = 17, turned = hour < v.turnedUp.length && now < day.horizon ? v.turnedUp[hour] : 0;
    const waiting = Math.max(0, turned - carried[i]);
    c.fillStyle = color.bg; c.strokeStyle = chosen === `v${i}` ? color.ink : color.muted; c.lineWidth = chosen === `v${i}` ? 3 : v.business ? 2.4 : 1.2;
    c.beginPath(); c.arc(x, y, r, 0, 7); c.fill(); c.stroke();
    let from = -Math.PI / 2;  // a ring of all places, filled by what stands there
    for (const kind of ["charge", "repair", "park"]) {
      const part = 2 * Math.PI * there[i][kind] / v.places;
      if (!part) continue;
      c.strokeStyle = color[kind]; c.lineWidth = 6;
      c.beginPath(); c.arc(x, y, r - 4, from, from + part); c.stroke();
      from += part;
    }
    c.fillStyle = color.ink; c.textAlign = "center"; c.textBaseline = "middle"; c.font = "bold 11px system-ui, sans-serif";
    c.fillText(String(there[i].charge + there[i].repair + there[i].park), x, y);
    c.textBaseline = "alphabetic"; c.font = "12px system-ui, sans-serif"; c.textAlign = "left";
    c.lineWidth = 4; c.strokeStyle = css("--land"); c.lineJoin = "round";
    const label = v.chargers ? v.name : `${v.name} (no charger)`;
    c.strokeText(label, x + r + 5, y - 4); c.fillText(label, x + r + 5, y - 4);
    c.fillStyle = color.muted; c.font = "11px system-ui, sans-serif";
    c.strokeText(`${waiting} waiting`, x + r + 5, y + 10); c.fillText(`${waiting} waiting`, x + r + 5, y + 10);
    targets.push({ id: `v${i}`, x, y, r: r + 3 });
    v.state = { ...there[i], waiting };
  });
}

// Curves of the whole day, made once.
const profitAt = [[0, 0]];
{
  let sum = 0;
  for (const f of [...day.flights].sort((a, b) => a[DECIDED] - b[DECIDED])) { sum += f[PROFIT]; profitAt.push([f[DECIDED], sum]); }
  profitAt.push([day.horizon, sum]);
}
const KINDS = ["fly", "empty", "charge", "repair", "park"];
const fleetAt = [];
for (let t = 0; t <= day.horizon; t += Math.max(300, day.horizon / 144)) {
  const count = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  for (const life of lives) count[doing(life, t).kind] += 1;
  fleetAt.push([t, count]);
}

function cursor(c, w, h) {
  c.strokeStyle = css("--ink"); c.lineWidth = 1;
  const x = now / day.horizon * w;
  c.beginPath(); c.moveTo(x, 0); c.lineTo(x, h); c.stroke();
}

function drawCurves() {
  let [c, w, h] = fit(el("profit"));
  const top = Math.max(1, ...profitAt.map((p) => p[1])), low = Math.min(0, ...profitAt.map((p) => p[1]));
  const y = (v) => h - 4 - (v - low) / (top - low) * (h - 8);
  c.strokeStyle = css("--line"); c.lineWidth = 1; c.beginPath(); c.moveTo(0, y(0)); c.lineTo(w, y(0)); c.stroke();
  c.strokeStyle = css("--fly"); c.lineWidth = 2; c.beginPath();
  profitAt.forEach(([t, v], n) => c[n ? "lineTo" : "moveTo"](t / day.horizon * w, y(v)));
  c.stroke();
  cursor(c, w, h);
  [c, w, h] = fit(el("fleet"));
  const base = fleetAt.map(() => 0);
  for (const kind of KINDS) {
    c.fillStyle = css(`--${kind}`); c.beginPath();
    fleetAt.forEach(([t, count], n) => c[n ? "lineTo" : "moveTo"](t / day.horizon * w, h - (base[n] + count[kind]) / lives.length * h));
    for (let n = fleetAt.length - 1; n >= 0; n--) c.lineTo(fleetAt[n][0] / day.horizon * w, h - base[n] / lives.length * h);
    c.fill();
    fleetAt.forEach((p, n) => { base[n] += p[1][kind]; });
  }
  cursor(c, w, h);
}

function describe() {
  let profit = 0, people = 0, flights = 0, empty = 0, turned = 0;
  for (const f of day.flights) {
    if (f[DECIDED] > now) continue;
    profit += f[PROFIT]; people += f[PEOPLE]; flights += 1; empty += f[PEOPLE] ? 0 : 1;
  }
  for (const v of day.vertiports) v.turnedUp.forEach((n, h) => { if (3600 * h <= now) turned += n; });
  const rows = [["Profit", money(profit)], ["Flights", flights.toLocaleString("en-US")], ["of which empty", empty],
    ["Passengers", `${people.toLocaleString("en-US")} of ${turned.toLocaleString("en-US")}`],
    ["Seats filled", flights ? `${Math.round(100 * people / flights / day.seats)} %` : "-"]];
  el("totals").innerHTML = rows.map(([a, b]) => `<dt>${a}</dt><dd>${b}</dd>`).join("");
  if (!chosen) return;
  const number = Number(chosen.slice(1));
  if (chosen[0] === "v") {
    const v = day.vertiports[number], s = v.state;
    el("details").textContent = `${v.name}${v.business ? ", business" : ""}\n${s.charge} of ${v.chargers} chargers in use\n` +
      `${s.charge + s.park + s.repair} of ${v.places} places taken\n${s.repair} out of order\n${s.waiting} passengers waiting this hour`;
  } else {
    const state = doing(lives[number], now), f = state.span && state.span.flight;
    const names = { fly: "flying", empty: "flying empty", charge: "charging", repair: "out of order", park: "standing" };
    const flown = lives[number].spans.filter((s) => s.flight && s.start <= now);
    el("details").textContent = `Aircraft ${number}: ${names[state.kind]}\n` +
      (f ? `${day.vertiports[f[FROM]].name} to ${day.vertiports[f[TO]].name}, lands ${clock(f[LANDED])}\n${f[PEOPLE]} passengers, profit ${money(f[PROFIT])}\n` +
        `left with ${(f[ENERGY] / 1000).toFixed(1)} kWh\n` : `at ${day.vertiports[state.at].name}\n`) +
      `${flown.length} flights so far, profit ${money(flown.reduce((sum, s) => sum + s.flight[PROFIT], 0))}`;
  }
}

function draw() {
  el("clock").textContent = clock(now);
  el("time").value = now;
  drawMap(); drawCurves(); describe();
}

let last = null;
function tick(stamp) {
  frame = null;
  if (playing) {
    if (last !== null) now = Math.min(day.horizon, now + (stamp - last) / 1000 * Number(el("speed").value));
    last = stamp;
    if (now >= day.horizon) setPlaying(false);
  }
  draw();
  if (playing) again();
}
function again() { if (frame === null) frame = requestAnimationFrame(tick); }
function setPlaying(on) {
  if (on && now >= day.horizon) now = 0;
  playing = on; last = null;
  el("play").textContent = on ? "Pause" : "Play";
  again();
}

el("play").addEventListener("click", () => setPlaying(!playing));
el("time").addEventListener("input", (event) => { now = Number(event.target.value); again(); });
el("map").addEventListener("click", (event) => {
  const hit = targets.filter((t) => Math.hypot(t.x - event.offsetX, t.y - event.offsetY) <= t.r);
  chosen = hit.length ? hit[hit.length - 1].id : null;
  if (!chosen) el("details").textContent = "Click a vertiport or an aircraft.";
  again();
});
document.addEventListener("keydown", (event) => {
  if (["SELECT", "BUTTON"].includes(event.target.tagName)) return;
  if (event.key === " ") { event.preventDefault(); setPlaying(!playing); }
  if (event.target.tagName === "INPUT") return;
  if (event.key === "ArrowRight") { now = Math.min(day.horizon, now + 300); again(); }
  if (event.key === "ArrowLeft") { now = Math.max(0, now - 300); again(); }
});
window.addEventListener("resize", again);
// A page opened at #t=HH:MM shows that moment and stands still; so does one whose reader wants no motion.
const asked = /^#t=(\d+):(\d+)$/.exec(location.hash);
if (asked) { now = Math.max(0, Math.min(day.horizon, (Number(asked[1]) - day.startHour) * 3600 + Number(asked[2]) * 60)); }
setPlaying(!asked && !matchMedia("(prefers-reduced-motion: reduce)").matches);
