"""The comparison of methods, held against hand-worked examples and scipy."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial, big_run, each, table_run

from schedcore.experiments.report import RunData, analyses_of
from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.trial import TrialStatus

KNOWN = {"i1": 100, "i2": 200, "i3": 50}


def analysis_of(run: RunData) -> Analysis:
    (found,) = analyses_of(run)
    return found


def test_geometric_mean_over_instances_of_seeds_by_hand() -> None:
    # i1: seeds 110 and 110 -> 1.1; i2: 200 and 242 -> sqrt(1.21) = 1.1; the mean of both is 1.1.
    item = analysis_of(table_run({"a": {"i1": [110, 110], "i2": [200, 242]}}, KNOWN)).summary("a")
    assert item.overall is not None
    assert item.overall.gap == pytest.approx(0.1)
    assert (item.overall.instances, item.solved, item.instances, item.finished) == (2, 2, 2, 4)
    assert (item.at_reference, item.with_reference) == (1, 4)
    assert item.worst == pytest.approx(0.1)


def test_means_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = {"a": {"i1": 103.0, "i2": 251.0, "i3": 50.0}, "b": {"i1": 120.0, "i2": 203.0, "i3": 71.0}}
    found = analysis_of(table_run(values, KNOWN))
    for method, own in values.items():
        ratios = [own[name] / KNOWN[name] for name in own]
        assert found.summary(method).overall.gap == pytest.approx(stats.gmean(ratios) - 1)


def test_wins_and_p_values_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(4)
    names = [f"i{k}" for k in range(25)]
    values = {
        m: {n: float(round(v)) for n, v in zip(names, generator.normal(mean, 8, 25))}
        for m, mean in (("a", 100), ("b", 104), ("c", 112))
    }
    found = analysis_of(table_run(values, dict.fromkeys(names, 80)))
    raw = {}
    for one, two in (("a", "b"), ("a", "c"), ("b", "c")):
        logs = np.round([math.log(values[one][n] / values[two][n]) for n in names], 12)
        raw[one, two] = stats.wilcoxon(logs, zero_method="pratt", method="auto" if 0 in logs else "exact").pvalue
        pair = found.pair(one, two)
        assert pair.counts.wins == sum(d < 0 for d in logs)
        assert pair.counts.losses == sum(d > 0 for d in logs)
        assert pair.gap == pytest.approx(math.exp(float(np.mean(logs))) - 1)
        if 0 not in logs:
            assert pair.p_value == pytest.approx(raw[one, two], rel=0.02)
    ordered = sorted(found.pairs, key=lambda p: p.p_value)
    expected, largest = [], 0.0
    for place, pair in enumerate(ordered):
        largest = max(largest, min(1.0, (3 - place) * pair.p_value))
        expected.append(largest)
    assert [pair.corrected for pair in ordered] == expected


def test_a_pair_can_be_seen_from_either_side() -> None:
    found = analysis_of(table_run({"a": {"i1": 100.0, "i2": 220.0}, "b": {"i1": 110.0, "i2": 242.0}}, KNOWN))
    there, back = found.pair("a", "b"), found.pair("b", "a")
    assert there.gap == pytest.approx(-1 / 11)
    assert back.gap == pytest.approx(0.1)
    assert (there.counts.wins, back.counts.wins, back.counts.losses) == (2, 0, 2)
    assert back.interval.low <= back.gap + 1e-9
    assert back.gap <= back.interval.high + 1e-9
    assert found.pair("a", "nobody") is None


def test_who_finds_more_is_ahead_whatever_the_values() -> None:
    found = analysis_of(table_run({"a": {"i1": [150, 150]}, "b": {"i1": [100, None]}}, KNOWN))
    assert found.pair("a", "b").counts.wins == 1
    # Neither finds anything: a tie.
    nothing = analysis_of(table_run({"a": {"i1": None, "i2": 200.0}, "b": {"i1": None, "i2": 200.0}}, KNOWN))
    assert nothing.pair("a", "b").counts.ties == 2


def test_only_common_seeds_are_compared_while_a_run_is_unfinished() -> None:
    a, b = [a_trial("i1", "a", s) for s in (0, 1)], [a_trial("i1", "b", s) for s in (0, 1)]
    # Seed 1 of a is a good one, but b has not finished it: on seed 0 b wins.
    run = a_run([(a[0], a_record(a[0], 120)), (a[1], a_record(a[1], 60)), (b[0], a_record(b[0], 110)), (b[1], None)])
    pair = analysis_of(run).pair("a", "b")
    assert (pair.counts.wins, pair.counts.losses) == (0, 1)


def test_refused_instances_are_no_losses() -> None:
    a, b = a_trial("i1", "a"), a_trial("i1", "b")
    run = a_run([(a, a_record(a, 100)), (b, a_record(b, None, status=TrialStatus.REFUSED))])
    found = analysis_of(run)
    assert found.pairs == ()
    assert found.summary("b").instances == 0


def test_means_over_common_instances_and_ranking() -> None:
    # b solves only the easy one, where it is worse than a: its own mean is the smaller all the same.
    values = {"a": {"i1": 101.0, "i2": 300.0}, "b": {"i1": 102.0, "i2": None}}
    found = analysis_of(table_run(values, KNOWN))
    assert found.common == ("i1",)
    assert found.summary("b").overall.gap < found.summary("a").overall.gap
    assert found.ranking == ("a", "b")


def test_profiles_are_over_instances_with_the_unsolved_ones() -> None:
    curves = analysis_of(table_run({"a": {"i1": 100.0, "i2": 300.0}, "b": {"i1": 150.0, "i2": None}}, KNOWN)).profiles
    assert curves["a"].share == (1.0,)
    assert [curves["b"].at(t) for t in (1.4, 1.5, 99)] == [0, 0.5, 0.5]


def test_front_of_time_and_quality() -> None:
    run = table_run({"slow": {"i1": 100.0}, "fast": {"i1": 150.0}, "bad": {"i1": 160.0}}, KNOWN)
    times = {"slow": 2.0, "fast": 0.01, "bad": 1.0}
    found = analysis_of(each(run, lambda r: dataclasses.replace(r, wall_s=times[r.solver])))
    assert list(found.front) == ["fast", "slow"]


def test_gap_over_time_follows_the_trace() -> None:
    trial = a_trial("i1", "a")
    record = a_record(trial, 100, upper=100, trace=((0.1, 200.0, None), (1.0, 100.0, 90.0)), wall_s=2.0)
    found = analysis_of(a_run([(trial, record)]))
    curve = dict(zip(found.curve_times, found.curves["a"]))
    assert [curve[min(curve, key=lambda t: abs(t - at))] for at in (0.06, 0.5, 1.9)] == [1.0, 0.5, 0.0]
    # 0.1 s of 1, 0.9 s of 1/2, nothing after: 0.55 of 2 s.
    assert found.summary("a").time_gap == pytest.approx(0.275)


def test_runs_without_a_value_keep_a_gap_of_one() -> None:
    found = analysis_of(table_run({"a": {"i1": 100.0}, "b": {"i1": None}}, KNOWN))
    assert set(found.curves["b"]) == {1.0}
    assert found.summary("b").time_gap == 1.0


def test_factors_are_averaged_over_what_all_their_values_solved() -> None:
    pairs = []
    for solver, factor in (("a", 1.0), ("b", 1.2)):
        for limit, better in ((1, 1.1), (10, 1.0)):
            method = f"{solver} time_limit_s={limit}"
            trial = a_trial("i1", method, factors=(("solver", solver), ("time_limit_s", limit)))
            pairs.append((trial, a_record(trial, 100 * factor * better, upper=100)))
    found = analysis_of(a_run(pairs))
    gaps = {(level.factor, level.level): level.mean.gap for level in found.levels}
    assert gaps["solver", "a"] == pytest.approx(math.sqrt(1.1) - 1)
    assert gaps["time_limit_s", "10"] == pytest.approx(math.sqrt(1.2) - 1)
    assert analysis_of(table_run({"a": {"i1": 1.0}, "b": {"i1": 1.0}})).levels == ()


def test_metrics_leave_out_what_repeats_the_value() -> None:
    trial = a_trial("i1", "a")
    record = a_record(trial, 10, metrics={"makespan": 10, "energy": 3.5}, units={"energy": "J"})
    (metric,) = analysis_of(a_run([(trial, record)])).metrics
    assert (metric.name, metric.unit, metric.mean, metric.runs) == ("energy", "J", 3.5, 1)


def test_many_methods_are_compared_with_the_best_alone() -> None:
    values = {f"m{k}": {f"i{j}": 100.0 + k + j for j in range(8)} for k in range(20)}
    found = analysis_of(table_run(values, {f"i{j}": 90 for j in range(8)}))
    assert [(pair.first, len(found.pairs)) for pair in found.pairs[:1]] == [("m0", 19)]


@pytest.mark.parametrize(
    "run",
    [
        a_run([]),
        table_run({"a": {"i1": None}}),
        table_run({"a": {"i1": 100.0}}),
        table_run({"a": {"i1": 7.0, "i2": 7.0}, "b": {"i1": 7.0, "i2": 7.0}}),
        a_run([(a_trial("x", "a"), None)]),
        a_run([(trial := a_trial("x", "a"), a_failure(trial))]),
    ],
    ids=["empty", "nothing found", "one of everything", "ties everywhere", "unfinished", "only failures"],
)
def test_odd_runs_are_analysed(run: RunData) -> None:
    for found in analyses_of(run):
        assert all(pair.corrected == 1.0 for pair in found.pairs)
        assert len(found.ranking) == len(found.arena.methods)


def test_a_large_run_takes_seconds() -> None:
    import time

    run = big_run(5, 60, 5)  # 1,500 trials
    begin = time.perf_counter()
    analyses_of(run)
    assert time.perf_counter() - begin < 8


def test_a_method_that_never_works_does_not_empty_the_comparison() -> None:
    values = {"a": {"i1": 100.0, "i2": 210.0}, "broken": {"i1": None, "i2": None}, "b": {"i1": 110.0, "i2": 220.0}}
    found = analysis_of(table_run(values, KNOWN))
    assert found.common == ("i1", "i2")
    assert found.ranking == ("a", "b", "broken")
    assert found.summary("broken").common is None
    assert found.pair("a", "broken").counts.wins == 2


def test_profiles_leave_out_what_has_not_finished_and_count_refusals() -> None:
    trials = {(n, m): a_trial(n, m) for n in ("i1", "i2", "i3") for m in "ab"}
    records = {
        ("i1", "a"): a_record(trials["i1", "a"], 100),
        ("i1", "b"): a_record(trials["i1", "b"], 150),
        ("i2", "a"): a_record(trials["i2", "a"], 100),  # b has not finished i2
        ("i3", "a"): a_record(trials["i3", "a"], 100),
        ("i3", "b"): a_record(trials["i3", "b"], None, status=TrialStatus.REFUSED),
    }
    curves = analysis_of(a_run((trials[place], records.get(place)) for place in trials)).profiles
    assert [curves["a"].at(t) for t in (1, 2)] == [1.0, 1.0]
    assert [curves["b"].at(t) for t in (1, 2)] == [0.0, 0.5]
