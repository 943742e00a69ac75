"""Two-step look-ahead and linear rules: compiled and by state the same, features by hand, tuner and its file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from schedcore.errors import FormatError, InputError
from uam.baselines.linear_rule import LinearRule, batch_of, profits_of_rule
from uam.baselines.rule_kernel import FLY, NUM_FEATURES, STAY
from uam.baselines.tuned_rule import LABELS, TunedRule, read_weights
from uam.baselines.tuner import TunerSettings, tune
from uam.baselines.two_step import TwoStepPolicy
from uam.generate import generate
from uam.policies import GreedyRatePolicy, RandomPolicy
from uam.simulator import DaySimulator, play


@pytest.mark.parametrize("rule", [TwoStepPolicy(), TunedRule()], ids=lambda rule: rule.name)
def test_compiled_and_readable_days_are_the_same(rule: LinearRule) -> None:
    scenarios = [generate(f"fixed8:{seed}") for seed in (3, 4)]
    profits = profits_of_rule(rule.weights, batch_of(scenarios))
    assert profits.tolist() == [play(scenario, rule).profit_mills for scenario in scenarios]


def test_features_of_the_first_decision_by_hand() -> None:
    scenario = generate("fixed8:calm=1:0")
    rule = TwoStepPolicy()
    rule.reset(scenario.plan, None, 0)
    state = DaySimulator(scenario).state()
    rule.act(state)
    plan, i = scenario.plan, state.vertiport
    j = int(np.flatnonzero(state.mask & (np.arange(8) != i))[0])
    row = rule._table[j]
    sold = min(4, int(state.remaining[i, j]))
    profit = sold * plan.margin_mills[i, j, 0] - plan.flight_cost_mills[i, j]
    assert row[FLY.index("profit")] == pytest.approx(profit / 10_000)
    # Without delays the cycle is block time and recharging at 150 kW.
    hours = (plan.block_s[i, j] + plan.energy_wh[i, j] * 3600 / 150_000) / 3600
    assert row[FLY.index("hours")] == pytest.approx(hours)
    assert row[FLY.index("rate")] == pytest.approx(profit / 10_000 / hours)
    assert row[FLY.index("two_step_rate")] >= row[FLY.index("rate")]
    stay = rule._table[i]
    assert stay[: len(FLY)].tolist() == [0.0] * len(FLY)
    assert stay[len(FLY) + STAY.index("minutes_to_next_hour")] == 1.0


def test_the_rules_earn_what_they_should() -> None:
    days = batch_of([generate(f"fixed8:scale=2:{seed}") for seed in range(500, 508)])
    random, rate = days.play("random").mean(), days.play("greedy-rate").mean()
    two, tuned = (profits_of_rule(rule.weights, days).mean() for rule in (TwoStepPolicy(), TunedRule()))
    assert two > 1.5 * random
    assert tuned > 1.05 * rate
    assert tuned > 1.05 * two


def test_the_tuner_improves_and_repeats() -> None:
    scenarios = [generate(f"six:aircraft=10:{seed}") for seed in range(1_000_000, 1_000_006)]
    settings = TunerSettings(generations=6, population=8, days=4)
    calls: list[int] = []
    first = tune(scenarios, settings, progress=lambda done, total, label: calls.append(done))
    assert calls == [1, 2, 3, 4, 5, 6]
    assert tune(scenarios, settings).weights.tolist() == first.weights.tolist()
    days = batch_of(scenarios)
    assert profits_of_rule(first.weights, days).mean() > profits_of_rule(TwoStepPolicy().weights, days).mean()
    assert first.decisions > 0


def test_the_shipped_weights_say_where_they_come_from() -> None:
    file = Path(__file__).parents[3] / "packages" / "uam" / "data" / "rules" / "tuned.json"
    data = json.loads(file.read_text())
    assert data["provenance"]["command"].startswith("python benchmarks/uam_tune_rule.py")
    assert list(data["weights"]) == list(LABELS)


def test_broken_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.json"
    file.write_text("{")
    with pytest.raises(FormatError, match="not a file of weights"):
        read_weights(file)
    file.write_text(json.dumps({"weights": {"fly.bias": 1}}))
    with pytest.raises(FormatError, match="weights missing or unknown"):
        TunedRule(file)
    with pytest.raises(InputError, match=f"give {NUM_FEATURES} finite numbers"):
        LinearRule([1.0])


def test_bad_tuning_is_refused() -> None:
    with pytest.raises(InputError, match="population of at least 4"):
        TunerSettings(population=2)
    with pytest.raises(InputError, match="1 scenarios for 12 days"):
        tune([generate("six:0")])
    with pytest.raises(InputError, match="several maps"):
        batch_of([generate("six:0"), generate("fixed8:0")])


def test_two_step_beats_random_and_is_deterministic() -> None:
    scenario = generate("fixed8:9")
    log = play(scenario, TwoStepPolicy(), seed=1)
    assert log.decisions == play(scenario, TwoStepPolicy(), seed=2).decisions
    assert log.profit > 1.3 * play(scenario, RandomPolicy(), seed=1).profit
    assert log.profit > 0.9 * play(scenario, GreedyRatePolicy()).profit
