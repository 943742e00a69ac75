"""Days played by methods, each recorded once, so that a long comparison can be stopped and taken up again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from schedcore.errors import FormatError
from uam.generate import generate
from uam.scenario import Scenario
from uam.simulator import play
from uam.suites.methods import KNOWN, Method

CODE = (
    *(f"{name}.py" for name in ("aircraft", "demand", "generate", "maps", "network", "plan", "profile", "simulator")),
    "compiled/*.py",
)
"""What of the package decides how any day goes; each method adds its own files."""


@dataclass(frozen=True, slots=True)
class DayRecord:
    """One day of one method.  Money in dollars; ``policy_s`` is the time that the policy took to decide."""

    scenario: str
    method: str
    sees_remaining: bool
    profit: float
    decisions: int
    flights: int
    passengers: int
    load_factor: float
    empty_flights: int
    idle_hours: float
    policy_s: float
    slowest_s: float
    simulated_decisions: int = 0


class Records:
    """Plays days, and remembers them in ``file`` (JSON lines) if one is given.

    A record is used again if scenario, method and the code that decides (see :data:`CODE`) are the same.

    Raises
    ------
    FormatError
        The file has lines that are no records.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, DayRecord] = {}
        self.played = 0
        if file is not None and file.exists():
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    data = json.loads(line)
                    key = str(data.pop("key"))
                    self._known[key] = DayRecord(**data)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise FormatError(
                        f"not a record of a day: {error}", where=f"{file}:{number}", remedy="delete the line"
                    ) from None

    def get(self, scenario: Scenario, method: Method, *, sees_remaining: bool = True) -> DayRecord:
        """The record of this day, played now if it is not known."""
        checkpoint = Path(method.name)
        own = hashlib.blake2b(checkpoint.read_bytes()).hexdigest()[:16] if checkpoint.is_file() else ""
        key = f"{scenario.fingerprint()} {method.name} {own} {int(sees_remaining)} {code_digest(method.files)}"
        if key not in self._known:
            record = play_record(scenario, method, sees_remaining=sees_remaining)
            self.played += 1
            self._known[key] = record
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with self._file.open("a", encoding="utf-8") as out:
                    out.write(json.dumps({"key": key, **asdict(record)}) + "\n")
        return self._known[key]


class _Timed:
    """A policy with a stop watch."""

    def __init__(self, method: Method) -> None:
        self.policy = method.make()
        self.name, self.clairvoyant = self.policy.name, self.policy.clairvoyant
        self.total_s = self.slowest_s = 0.0

    def reset(self, plan, realised, seed) -> None:  # type: ignore[no-untyped-def]
        began = time.perf_counter()
        self.policy.reset(plan, realised, seed)
        self.total_s += time.perf_counter() - began

    def act(self, state) -> int:  # type: ignore[no-untyped-def]
        began = time.perf_counter()
        action = self.policy.act(state)
        took = time.perf_counter() - began
        self.total_s += took
        self.slowest_s = max(self.slowest_s, took)
        return action


def play_record(scenario: Scenario, method: Method, *, sees_remaining: bool = True) -> DayRecord:
    """Play one day; random policies draw from the seed of the scenario."""
    if method.name in KNOWN:
        _warm(method.name)
    timed = _Timed(method)
    log = play(scenario, timed, seed=max(0, scenario.seed), sees_remaining=sees_remaining)
    summary: Mapping[str, float] = log.summary()
    return DayRecord(
        scenario=scenario.name,
        method=method.name,
        sees_remaining=sees_remaining,
        profit=log.profit,
        decisions=len(log.decisions),
        flights=len(log.flights),
        passengers=int(summary["passengers"]),
        load_factor=summary["load_factor"],
        empty_flights=int(summary["empty_flights"]),
        idle_hours=summary["idle_hours"],
        policy_s=timed.total_s,
        slowest_s=timed.slowest_s,
        simulated_decisions=int(getattr(timed.policy, "simulated_decisions", 0)),
    )


@cache
def _warm(name: str) -> None:
    """Play a small day once, so that compilation does not count as time of the method."""
    play(generate("random-4-2:aircraft=2:0"), KNOWN[name].make())


@cache
def code_digest(files: tuple[str, ...]) -> str:
    """A hash of the files of the package that decide how a day with a method of these ``files`` goes."""
    root = Path(__file__).parent.parent
    digest = hashlib.blake2b(digest_size=8)
    for pattern in (*CODE, *files):
        for file in sorted(root.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
