"""``sched simulate|info|solve uam`` as a user runs them."""

from __future__ import annotations

import json

import pytest

from schedcore import registry
from schedcore.domain_verbs import Request
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.runner import RunnerResult
from schedcore.experiments.trial import Trial
from uam.command import simulate as command
from uam.command.info import info
from uam.domain import domain, instance_names, load
from uam.generate import generate
from uam.log_file import log_to_dict
from uam.policies import GreedyPolicy
from uam.runner import DayRunner
from uam.simulator import play, replay_actions


def ask(instance, **changes):
    return command.simulate(Request(instance, **changes))


def test_one_day_is_played_checked_and_written(tmp_path):
    answer = ask(
        "six:aircraft=8:3",
        policies=("greedy", "random"),
        plot=tmp_path / "day.html",
        options={"log": tmp_path / "log.json"},
    )
    assert answer.error is None
    assert answer.data["violations"] == {"greedy": 0, "random": 0}
    profit = play(generate("six:aircraft=8:3"), GreedyPolicy()).profit
    assert answer.data["policies"]["greedy"]["profit"] == pytest.approx(profit)
    assert "one day" in answer.text
    assert answer.written == (tmp_path / "day.html", tmp_path / "log.json")
    written = json.loads((tmp_path / "log.json").read_text())
    log = replay_actions(generate("six:aircraft=8:3"), written["decisions"])
    assert log_to_dict(log) == written


def test_without_a_seed_the_held_out_days_are_played_and_differences_taken():
    answer = ask("six", policies=("random", "greedy"), scenarios=3, options={"aircraft": 8, "scale": 2.0})
    assert answer.data["scenarios"] == [f"six:scale=2,aircraft=8:{seed}" for seed in (1, 2, 3)]
    rows = answer.data["policies"]
    assert rows["greedy"]["difference_to_first"] == pytest.approx(rows["greedy"]["profit"] - rows["random"]["profit"])
    assert rows["greedy"]["better_on"] == 3
    assert len(rows["random"]["profits"]) == 3


def test_hidden_demand_costs_profit():
    seen, hidden = (
        ask("fixed8:scale=0.5", policies=("greedy",), scenarios=2, options={"hide_demand": hide}).data["policies"]
        for hide in (False, True)
    )
    assert hidden["greedy"]["profit"] < seen["greedy"]["profit"]


def test_a_stop_leaves_what_is_complete():
    calls = []

    def should_stop():
        calls.append(1)
        return len(calls) > 3

    answer = ask("six", policies=("stay-put", "greedy"), scenarios=5, options={"aircraft": 2}, should_stop=should_stop)
    assert len(answer.data["scenarios"]) == 1
    none = ask("six", policies=("stay-put",), scenarios=5, options={"aircraft": 2}, should_stop=lambda: True)
    assert none.data == {"policies": {}}


def test_wrong_requests():
    with pytest.raises(InputError, match="six:1 is one day"):
        ask("six:1", scenarios=3)
    with pytest.raises(InputError, match="101 scenarios"):
        ask("six", scenarios=101)
    with pytest.raises(InputError, match="named twice"):
        ask("six:1", policies=("greedy", "greedy"))
    with pytest.raises(UnknownNameError, match="unknown network 'sixx'"):
        ask("sixx")


def test_info_tells_of_the_map():
    answer = info(Request("la8"))
    assert answer.data["scenario"] == "la8:1"
    assert answer.data["of which without charger"] == 2
    assert "LAX" in answer.text
    assert answer.whole


def test_every_listed_instance_is_there():
    names = instance_names()
    assert names[0] == "fixed8:1"
    assert {name.partition(":")[0] for name in names} >= {f"map{n:02d}" for n in range(1, 11)} | {"la8", "seoul"}
    for name in names:
        assert generate(name).name == name


def test_the_problem_of_a_day_is_solved_as_flown():
    from schedcore.check import check
    from schedcore.solvers.protocol import Limits
    from uam.as_flown import as_flown
    from uam.command.info import describe

    loaded = load("six:aircraft=4:1")
    result = as_flown.solve(loaded.problem, limits=Limits())
    assert check(loaded.problem, result.schedule).ok
    answer = describe(loaded, result, {})
    assert answer.data["profit"] == answer.data["profit_as_flown"] == -result.value / 1000
    assert loaded.problem.features() <= as_flown.features


def test_as_flown_refuses_other_problems():
    from schedcore.model import ProblemBuilder
    from schedcore.solvers.protocol import Limits
    from uam.as_flown import as_flown

    b = ProblemBuilder("other")
    b.task("a", 1, optional=True, reward=3)
    b.maximise(reward=1)
    with pytest.raises(InputError, match="the problem was not made from a day"):
        as_flown.solve(b.build(), limits=Limits())


def test_the_runner_plays_the_day_of_a_trial():
    trial = Trial("key", "days", "uam", "six:aircraft=8:3", "greedy", "greedy", 0, 10.0, 1, runner="day")
    runner = DayRunner()
    result = runner.run(trial, None, None)
    assert isinstance(result, RunnerResult)
    assert result.objective == (play(generate("six:aircraft=8:3"), GreedyPolicy()).profit,)
    assert runner.fingerprint(trial) == generate("six:aircraft=8:3").fingerprint()
    assert set(result.units) == set(result.metrics)


def test_what_the_domain_names_can_be_loaded():
    for reference in (*domain.runners.values(), *domain.policies.values(), *domain.solvers.values()):
        assert registry.load_reference(reference) is not None
    for reference in (domain.simulate, domain.info, domain.describe):
        assert callable(registry.load_reference(reference))
