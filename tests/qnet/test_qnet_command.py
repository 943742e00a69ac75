"""The domain on the command line: solve, simulate, info, studies, pictures."""

from __future__ import annotations

import json

import pytest

from qnet.domain import domain, instance_names, load
from qnet.scenario import make_scenario
from schedcore.check import check
from schedcore.domain_verbs import Request
from schedcore.errors import InputError, UnknownNameError
from schedcore.registry import load_reference
from schedcore.solvers import solve


@pytest.mark.parametrize("name", domain.solvers)
def test_every_solver_gives_a_schedule_that_the_checker_accepts(name: str) -> None:
    segmented = "-pb" in name
    loaded = load("H:load=6,fidelity=0.6", options={"preemptive": segmented})
    result = solve(loaded.problem, domain.solvers[name])
    assert result.schedule is not None
    assert check(loaded.problem, result.schedule).ok
    assert "demands accepted" in result.message


def test_cpsat_accepts_at_least_as_much_as_any_admission() -> None:
    problem = load("star:load=6,fidelity=0.6").problem
    best = solve(problem, "cpsat", time_limit_s=10)
    for name in ("rcpsp-np-edf", "rcpsp-np-edf-retry"):
        assert best.value <= solve(problem, domain.solvers[name]).value


def test_every_named_network_loads() -> None:
    for name in instance_names():
        loaded = load(f"{name}:load=1")
        assert loaded.problem.tasks
        assert loaded.info["offered demands"] >= 1


def test_other_problems_are_refused() -> None:
    from schedcore.model import ProblemBuilder

    b = ProblemBuilder("foreign")
    b.task("t", 3, on=b.unary("m"))
    b.maximise(reward=1)
    with pytest.raises(InputError, match="belongs to no window"):
        solve(b.build(), domain.solvers["rcpsp-np-edf"])


def request(instance: str, tmp_path, **values) -> Request:
    options = values.pop("options", {})
    return Request(instance, options, **values)


def test_simulation_plays_the_schedule(tmp_path) -> None:
    simulate = load_reference(domain.simulate)
    picture = tmp_path / "fidelity.png"
    answer = simulate(Request("star", {"load": 2.0, "slots": 5120}, plot=picture))
    assert answer.data["accepted"] == len(answer.data["demands"])
    assert json.loads(json.dumps(answer.data))
    assert picture.stat().st_size > 1000
    assert "promises kept" in answer.text


def test_dynamic_execution_delivers_more_than_the_static_schedule() -> None:
    simulate = load_reference(domain.simulate)
    data = simulate(Request("star", {"load": 6.0, "fidelity": 0.6, "dynamic": True, "slots": 20_000})).data
    assert data["dynamic_delivered_hz"] > 1.2 * data["static_delivered_hz"]


@pytest.mark.parametrize(("study", "sets"), [("load", 2), ("tradeoff", 2)])
def test_studies_give_a_table_and_a_picture(study: str, sets: int, tmp_path) -> None:
    simulate = load_reference(domain.simulate)
    picture = tmp_path / f"{study}.svg"
    answer = simulate(Request("star", {"study": study, "load": 5.0}, scenarios=sets, plot=picture))
    assert answer.data["rows"]
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.slow
def test_physical_studies(tmp_path) -> None:
    simulate = load_reference(domain.simulate)
    options = {"study": "acceptance", "mode": "physical", "fidelity": 0.6}
    answer = simulate(Request("star", options, scenarios=1, plot=tmp_path / "a.png"))
    for row in answer.data["rows"]:
        kept, accepted = map(int, row["promises kept"].split("/"))
        assert kept == accepted
    answer = simulate(Request("star", {"study": "sensitivity", "fidelity": 0.6}, plot=tmp_path / "s.png"))
    memory = [float(row["delivered Hz alone"]) for row in answer.data["rows"] if row["what"] == "T2"]
    assert memory == sorted(memory)  # longer memories never hurt


def test_info_and_files(tmp_path) -> None:
    info = load_reference(domain.info)
    assert "54 of them end nodes" in info(Request("surfnet")).text
    describe = load_reference(domain.describe)
    loaded = load("H:load=4,fidelity=0.6")
    result = solve(loaded.problem, domain.solvers["rcpsp-np-edf"])
    names = ("tables", "network_schedule", "gantt", "map")
    files = {name: tmp_path / f"{name}.{'png' if name in ('gantt', 'map') else 'json'}" for name in names}
    answer = describe(loaded, result, files)
    assert set(answer.written) == set(files.values())
    assert json.loads(files["tables"].read_text(encoding="utf-8"))["nodes"]
    assert answer.data["throughput_hz"] == pytest.approx(-result.value / 1e6, rel=1e-5)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"solvers": ("rcpsp-np-edf", "pts-np-edf")}, "several schedulers"),
        ({"policies": ("spt",)}, "no policy decides"),
        ({"options": {"slots": 3, "load": 1.0}}, "less than the longest period"),
        ({"options": {"study": "dreams"}}, "unknown study"),
        ({"solvers": ("edf",)}, "unknown scheduler"),
    ],
)
def test_bad_requests_are_refused(values, match: str, tmp_path) -> None:
    simulate = load_reference(domain.simulate)
    with pytest.raises((InputError, UnknownNameError), match=match):
        simulate(request("star", tmp_path, **values))


def test_physical_mode_keeps_its_promises() -> None:
    """A rate margin of 5 % and 10,000 windows of the slowest demand: the intervals confirm what was promised."""
    simulate = load_reference(domain.simulate)
    options = {"load": 1.0, "fidelity": 0.6, "mode": "physical", "t2_s": 10.0}
    data = simulate(Request("star", options)).data
    assert data["promises_kept"] == data["accepted"] >= 1
    scenario = make_scenario("star", options)
    for o in scenario.offered:
        assert o.protocol.success / (o.period * 0.01) >= o.demand.rate_hz
