"""The animated map of a day: one HTML file with its data and a small viewer inside, no network."""

from __future__ import annotations

import html
import json
from importlib import resources
from typing import Any

from uam.log import DayLog, Flight


def day_map(log: DayLog) -> str:
    """A page on which the day runs: aircraft under way, chargers, places, people waiting, profit so far."""
    folder = resources.files("uam.plot") / "assets"
    page = (folder / "map.html").read_text(encoding="utf-8")
    parts = {
        "TITLE": html.escape(f"A day of {log.scenario.plan.num_aircraft} aircraft: {log.scenario.name}"),
        "STYLE": (folder / "map.css").read_text(encoding="utf-8"),
        "SCRIPT": (folder / "map.js").read_text(encoding="utf-8"),
        # "</" would end the script element.
        "DATA": json.dumps(_data(log), separators=(",", ":")).replace("</", "<\\/"),
    }
    for name, text in parts.items():
        page = page.replace(f"@@{name}@@", text)
    return page


def _data(log: DayLog) -> dict[str, Any]:
    plan, real = log.scenario.plan, log.scenario.realised
    network = plan.network
    return {
        "scenario": log.scenario.name,
        "startHour": plan.profile.rules.start_hour,
        "horizon": plan.horizon_s,
        "seats": plan.seats,
        "home": plan.start_location.tolist(),
        "vertiports": [
            {
                "name": name,
                "x": float(network.x_miles[i]),
                "y": float(network.y_miles[i]),
                "places": int(plan.capacity[i]),
                "chargers": int(network.chargers[i]),
                "business": bool(network.business[i]),
                "turnedUp": real.demand[i].sum(axis=0).tolist(),
            }
            for i, name in enumerate(network.vertiports)
        ],
        "flights": [_flight(flight) for flight in log.flights],
        # aircraft, start, end, vertiport
        "charges": [[c.aircraft, c.start_s, c.end_s, c.vertiport] for c in log.charges],
        "repairs": [[r.aircraft, r.start_s, r.end_s, r.vertiport] for r in log.repairs],
        "closed": [
            [i, j, h]
            for h in range(plan.hours)
            for i in range(plan.num_vertiports)
            for j in range(plan.num_vertiports)
            if real.closed[i, j, h]
        ],
    }


def _flight(f: Flight) -> list[int]:
    """Aircraft, decision, take-off, landing, from, to, passengers, profit in mills, energy before in Wh."""
    times = (f.start_s, f.start_s + f.delay_s, f.end_s)
    return [f.aircraft, *times, f.origin, f.destination, f.passengers, f.profit_mills, f.energy_before_wh]
