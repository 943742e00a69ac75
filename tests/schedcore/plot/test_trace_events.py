from __future__ import annotations

import itertools
import json
from collections import defaultdict
from fractions import Fraction

from support.plot_cases import cyclic_layer, everything, job_shop

from schedcore.model import ProblemBuilder, Schedule, TimeUnit
from schedcore.plot import to_trace_events, trace_json


def test_trace_follows_the_format() -> None:
    problem, schedule = everything()
    trace = json.loads(trace_json(to_trace_events(problem, schedule)))
    events = trace["traceEvents"]
    assert {e["ph"] for e in events} == {"M", "X", "i", "C"}
    for event in events:
        assert isinstance(event["pid"], int)
        assert isinstance(event["name"], str)
        if event["ph"] in "XiC":
            assert event["ts"] >= 0
        if event["ph"] == "X":
            assert event["dur"] > 0
    processes = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert processes == {
        1: "unary resources",
        2: "renewable resources",
        3: "no resource",
        4: "usage",
        5: "reservoirs",
    }
    threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert sorted(threads.values()) == ["crew [0]", "crew [1]", "no resource", "oven", "press"]
    assert {(e["pid"], e["tid"]) for e in events if e["ph"] in "Xi"} <= set(threads)


def test_events_of_a_thread_do_not_overlap() -> None:
    problem, schedule = everything()
    spans: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for e in to_trace_events(problem, schedule)["traceEvents"]:
        if e["ph"] == "X":
            spans[e["pid"], e["tid"]].append((e["ts"], e["ts"] + e["dur"]))
    for lane in spans.values():
        lane.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(lane))


def test_every_placement_is_an_event_with_its_job_and_ticks() -> None:
    problem, schedule = job_shop()
    events = [e for e in to_trace_events(problem, schedule)["traceEvents"] if e["ph"] == "X"]
    assert len(events) == 36
    event = next(e for e in events if e["name"] == "j1.o2")
    assert event["args"] == {"task": 8, "mode": 0, "start_tick": 20, "end_tick": 30, "job": "j1"}
    assert (event["ts"], event["dur"], event["cat"]) == (20, 10, "j1")


def test_times_are_microseconds_of_the_problem_s_unit() -> None:
    for tick, ts, dur in ((Fraction(1, 1000), 2000, 3000), (Fraction(1, 3_000_000), 2 / 3, 1)):
        b = ProblemBuilder("timed", unit=TimeUnit(tick, "t"))
        b.task("a", 3, on=b.unary("m"))
        trace = to_trace_events(b.build(), Schedule([(0, 0, 2, 5)]))
        event = next(e for e in trace["traceEvents"] if e["ph"] == "X")
        assert (event["ts"], event["dur"]) == (ts, dur)
        assert trace["otherData"]["unit"] == f"tick = {tick} s"
    problem, schedule = job_shop()
    assert to_trace_events(problem, schedule)["otherData"]["unit"] == "tick = 1 us"


def test_cyclic_schedules_give_rounds() -> None:
    problem, schedule = cyclic_layer()
    events = [e for e in to_trace_events(problem, schedule)["traceEvents"] if e["name"] == "send"]
    assert [(e["ts"], e["args"]["round"]) for e in events] == [(3, 0), (7, 1), (11, 2)]


def test_unknown_tasks_are_events_too() -> None:
    problem, _ = job_shop()
    events = to_trace_events(problem, Schedule([(77, 0, 1, 4)]))["traceEvents"]
    assert [e["name"] for e in events if e["ph"] == "X"] == ["unknown task 77"]
