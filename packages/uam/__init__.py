"""Planning of an air-taxi fleet's day: scenarios, simulators, policies (CapTAIN and others), bounds.

Names are imported when they are used: ``from uam import BatchSimulator`` loads numba, ``import uam`` does not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uam.compiled.batch import BatchSimulator
    from uam.core import to_core
    from uam.files import read_scenario
    from uam.generate import ScenarioOptions, make_scenario
    from uam.log import DayLog
    from uam.maps import load_network
    from uam.network import Network
    from uam.plan import Plan
    from uam.policies.registry import make_policy
    from uam.scenario import Realised, Scenario
    from uam.simulator import DaySimulator, play, replay_actions
    from uam.state import DayState, Policy

_HOMES = {
    "BatchSimulator": "uam.compiled.batch",
    "DayLog": "uam.log",
    "DaySimulator": "uam.simulator",
    "DayState": "uam.state",
    "Network": "uam.network",
    "Plan": "uam.plan",
    "Policy": "uam.state",
    "Realised": "uam.scenario",
    "Scenario": "uam.scenario",
    "ScenarioOptions": "uam.generate",
    "load_network": "uam.maps",
    "make_policy": "uam.policies.registry",
    "make_scenario": "uam.generate",
    "play": "uam.simulator",
    "read_scenario": "uam.files",
    "replay_actions": "uam.simulator",
    "to_core": "uam.core",
}

__all__ = [
    "BatchSimulator",
    "DayLog",
    "DaySimulator",
    "DayState",
    "Network",
    "Plan",
    "Policy",
    "Realised",
    "Scenario",
    "ScenarioOptions",
    "load_network",
    "make_policy",
    "make_scenario",
    "play",
    "read_scenario",
    "replay_actions",
    "to_core",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'uam' has no attribute {name!r}")
