"""What happened in a day: one record per flight, stay, charge and repair, and the day's totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from uam.scenario import Scenario


class Flight(NamedTuple):
    """A flight.  ``start_s`` is the decision; the aircraft takes off ``delay_s`` later and lands at ``end_s``."""

    aircraft: int
    start_s: int
    end_s: int
    origin: int
    destination: int
    lane: int
    passengers: int
    delay_s: int
    energy_before_wh: int
    revenue_mills: int
    operating_mills: int
    flight_cost_mills: int

    @property
    def profit_mills(self) -> int:
        """Revenue less operating cost, electricity and landing fee, mills."""
        return self.revenue_mills - self.operating_mills - self.flight_cost_mills


class Stay(NamedTuple):
    """A decision to stay until ``end_s``."""

    aircraft: int
    start_s: int
    end_s: int
    vertiport: int


class Charge(NamedTuple):
    """Time on a charger."""

    aircraft: int
    start_s: int
    end_s: int
    vertiport: int
    energy_before_wh: int
    energy_after_wh: int


class Repair(NamedTuple):
    """An aircraft out of order."""

    aircraft: int
    start_s: int
    end_s: int
    vertiport: int


@dataclass(slots=True)
class DayLog:
    """Records of a day in the order in which they began.

    ``decisions`` are the actions in order: with them :func:`uam.simulator.replay_actions` gives the same day.
    """

    scenario: Scenario
    flights: list[Flight] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)

    @property
    def profit_mills(self) -> int:
        """Profit of the day, mills."""
        return sum(flight.profit_mills for flight in self.flights)

    @property
    def profit(self) -> float:
        """Profit of the day, dollars."""
        return self.profit_mills / 1000

    def summary(self) -> dict[str, float]:
        """The totals of a day.

        Money in dollars: ``profit``, ``revenue``, ``operating_cost``, ``flight_cost``.  ``reward`` is profit over
        the revenue scale.  ``load_factor`` is seats sold over seats flown, ``served_share`` passengers over those
        who turned up, ``charger_use`` and ``idle_share`` shares of charger and aircraft time of the day.
        """
        plan = self.scenario.plan
        horizon = plan.horizon_s
        seats = plan.seats * len(self.flights)
        passengers = sum(flight.passengers for flight in self.flights)
        demand = int(self.scenario.realised.demand.sum())
        charger_s = sum(min(c.end_s, horizon) - c.start_s for c in self.charges)
        in_air_s = sum(min(f.end_s, horizon) - f.start_s for f in self.flights)
        out_s = sum(min(r.end_s, horizon) - r.start_s for r in self.repairs)
        fleet_s = plan.num_aircraft * horizon
        return {
            "profit": self.profit,
            "reward": self.profit_mills / plan.revenue_scale_mills,
            "revenue": sum(f.revenue_mills for f in self.flights) / 1000,
            "operating_cost": sum(f.operating_mills for f in self.flights) / 1000,
            "flight_cost": sum(f.flight_cost_mills for f in self.flights) / 1000,
            "decisions": len(self.decisions),
            "flights": len(self.flights),
            "empty_flights": sum(f.passengers == 0 for f in self.flights),
            "passengers": passengers,
            "demand": demand,
            "served_share": passengers / demand if demand else 0.0,
            "load_factor": passengers / seats if seats else 0.0,
            "delay_minutes": sum(f.delay_s for f in self.flights) / 60,
            "failures": len(self.repairs),
            "repair_hours": out_s / 3600,
            "charger_use": charger_s / (int(plan.network.chargers.sum()) * horizon),
            "flying_share": in_air_s / fleet_s,
            "idle_hours": (fleet_s - in_air_s - charger_s - out_s) / 3600,
        }
