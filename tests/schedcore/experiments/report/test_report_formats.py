"""The report as HTML, Markdown, CSV and JSON, for ordinary and for odd runs."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from html.parser import HTMLParser

import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial, big_run, each, table_run

from schedcore.experiments.report import FORMATS, RunData, analyses_of, render
from schedcore.experiments.report.brief import brief_data
from schedcore.experiments.report.sections.setting import command_to_repeat
from schedcore.experiments.trial import TrialStatus

KNOWN = {"ft06": 55, "ft10": 930, "la01": 666}
VALUES = {
    "cpsat": {"ft06": [55, 55, 55], "ft10": [930, 935, 941], "la01": [666, 666, 666]},
    "lns": {"ft06": [55, 57, 55], "ft10": [951, 962, 944], "la01": [666, 668, 666]},
    "mwkr": {"ft06": [61, 61, 61], "ft10": [1108, 1108, 1108], "la01": [735, 735, 735]},
}


class Checker(HTMLParser):
    """Tags nest, ids are unique, nothing is fetched."""

    VOID = frozenset(("meta", "input", "br", "img", "path", "line", "rect", "circle"))

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        for name in ("src", "href", "xlink:href"):
            assert not (given.get(name) or "").startswith(("http", "//")), given
        if tag not in self.VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(run: RunData) -> tuple[str, str]:
    """The page, and its text."""
    page = render(run, analyses_of(run), "html")
    checker = Checker()
    checker.feed(page)
    assert checker.stack == []
    assert len(checker.ids) == len(set(checker.ids))
    assert "@import" not in page
    assert "NaN" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    return page, " ".join(checker.text)


def headings(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(.*?)</h2>", page)


def test_page_of_a_sweep_has_all_sections() -> None:
    page, text = page_of(table_run(VALUES, KNOWN, title="Three & more", description="A demo."))
    assert headings(page) == [
        "Methods",
        "Wins, ties, losses",
        "Performance profile",
        "Gap over time",
        "Time against quality",
        "Spread over seeds",
        "Instances",
        "What ran, and where",
        "How to read this",
        "How to reproduce",
    ]
    assert "<title>Three &amp; more</title>" in page
    assert "cpsat</code> comes out best: 0.19% above the best known value" in page
    assert "3 instances cannot settle whether that is chance" in text
    assert "sched sweep jssp --out runs/made" in text
    assert "git checkout abc" in text
    assert page.count('<svg class="wide"') == page.count('<svg class="narrow"') == 5
    assert "prefers-color-scheme: dark" in page


def test_equal_runs_give_equal_pages() -> None:
    run = table_run(VALUES, KNOWN)
    assert page_of(run)[0] == page_of(table_run(VALUES, KNOWN))[0]


def test_unfinished_runs_say_so() -> None:
    trials = [a_trial("ft06", "a", s) for s in range(3)]
    run = a_run([(trials[0], a_record(trials[0], 60)), (trials[1], None), (trials[2], None)])
    _, text = page_of(run)
    assert "2 of 3 trials have no result yet; every figure covers the 1 that do" in text
    assert "not finished" in text
    assert "**Not finished**: 2 of 3 trials left." in render(run, analyses_of(run), "md")


def test_failures_have_reasons_and_logs() -> None:
    a, b, c = (a_trial(n, "a") for n in ("ft06", "ft10", "la01"))
    d, e = a_trial("ft06", "b"), a_trial("ft10", "b")
    run = a_run(
        [
            (a, a_failure(a, "timeout", "over its time of 2 s", log="x\n" * 100 + "last <words>\n")),
            (b, a_failure(b, "timeout", "over its time of 2 s")),
            (c, a_failure(c, "crash", "the process ended with signal 11", attempt=3)),
            (d, a_record(d, None, status=TrialStatus.REFUSED, message="b does not support: renewable")),
            (e, a_record(e, None, message="the limit came first")),
        ]
    )
    page, text = page_of(run)
    assert "Failures" in headings(page)
    assert "timeout: a: over its time of 2 s" in text
    assert "2 ×" in text
    assert "la01 a (attempt 3)" in text
    assert "last <words>" in text
    assert text.count("\nx") < 40  # the tail of the log only
    assert "Refused: 1 run" in text
    assert "Nothing found: 1 run" in text
    assert "No run ended with a value" in text
    assert "- la01 a: crash: the process ended with signal 11" in render(run, analyses_of(run), "md")


def test_names_cannot_break_the_page() -> None:
    evil = '<script>alert(1)</script>`"&'
    trial = a_trial(evil, evil, factors=(("solver", evil), ("x", "<b>")))
    other = a_trial(evil, "[x](javascript:alert(1))", factors=(("solver", "2"), ("x", "<i>")))
    run = a_run(
        [
            (trial, a_failure(trial, message=evil, error_text=evil, log=evil)),
            (other, a_record(other, 5, metrics={evil: 1})),
        ],
        title=evil,
        description=evil,
        command=evil,
        environment={evil: evil},
    )
    page, _ = page_of(run)
    assert "<script>alert" not in page
    assert not re.search(r'(href|src)="\s*javascript', page)
    for name in FORMATS:
        render(run, analyses_of(run), name)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (a_run([]), "This run has no trials."),
        (a_run([(a_trial("x", "a"), None)]), "Nothing has finished yet."),
        (table_run({"a": {"x": None}}), "No run ended with a value"),
        (table_run({"a": {"x": 5.0}}), "it is the only method"),
        (table_run({"a": {"x": 5.0, "y": 6.0}, "b": {"x": 5.0, "y": 6.0}}), "share the smallest gap: level with"),
        (table_run({"a": {"x": 5.0}, "b": {"y": 5.0}}), "No instance was solved by all methods"),
        (table_run({"a": {"x": 5.0}, "b": {"x": None}}), "Only a ended with values, on 1 of 1 instance; it ends level"),
        (table_run({"a": {"x": 0.0}, "b": {"x": -3.0}}), "in the mean over 1 instance"),
        (table_run({"a": {"x": 40.0}}, {"x": 50}, "max"), "25.0% below the best known value"),
        (table_run({"a": {"x": 40.0}}, {"x": 50}), "20.0% below the best known value"),
    ],
)
def test_odd_runs_have_a_report(run: RunData, said: str) -> None:
    _, text = page_of(run)
    assert said in re.sub(r"\s+", " ", text)
    for name in FORMATS:
        assert render(run, analyses_of(run), name)


def test_runs_with_metrics_alone() -> None:
    trials = [a_trial("x", m, runner="day") for m in "ab"]
    records = [a_record(t, None, status=TrialStatus.FEASIBLE, metrics={"served": k}) for k, t in enumerate(trials)]
    page, text = page_of(a_run(zip(trials, records)))
    assert "metrics but no objective" in text
    assert headings(page)[:2] == ["Methods", "Metrics"]


def test_several_domains_are_told_apart() -> None:
    trials = [a_trial("x", "a"), a_trial("x", "b"), a_trial("y", "c", domain="uam")]
    page, text = page_of(a_run((t, a_record(t, 5 + k)) for k, t in enumerate(trials)))
    assert "jssp: Methods" in headings(page)
    assert "uam: Methods" in headings(page)
    assert "uam: Wins, ties, losses" not in headings(page)
    assert "1 method on 1 instance of uam" in text


def test_contradictions_stand_at_the_top() -> None:
    trial = a_trial("x", "a")
    _, text = page_of(a_run([(trial, a_record(trial, 50, lower=60, upper=60))]))
    assert "x a has value 50, better than the bound 60" in text


def test_busy_machines_are_pointed_out() -> None:
    run = each(table_run(VALUES, KNOWN), lambda r: dataclasses.replace(r, load=7.5))
    assert "The machine was busy: load up to 7.5 on 2 processors" in page_of(run)[1]


def test_many_methods_and_instances_keep_the_page_small() -> None:
    page, text = page_of(big_run(40, 60, 1))
    assert len(page) < 1_500_000
    assert "The 8 best of 40 methods are shown." in text
    assert "The 12 best of 40 methods have a column" in text
    assert "against every other method" in text


def test_factors_have_columns_and_a_table() -> None:
    pairs = []
    for solver in ("a", "b"):
        for limit in (1, 10):
            factors = (("solver", solver), ("time_limit_s", limit))
            trial = a_trial("x", f"{solver} time_limit_s={limit}", factors=factors)
            pairs.append((trial, a_record(trial, 100 + limit)))
    page, text = page_of(a_run(pairs))
    assert "By factor" in text
    assert "time_limit_s" in re.findall(r"<button[^>]*>(.*?)</button>", page)


def test_markdown() -> None:
    text = render(table_run(VALUES, KNOWN), analyses_of(table_run(VALUES, KNOWN)), "md")
    assert "| cpsat | 3 | +0.19% | [0.00%, +0.64%] | +0.57% | 7 of 9 | 0 of 9 | 9 s |" in text
    assert "| ft10 | 36 | <= 930 | 935.3 +0.6% | 952.3 +2.4% | 1108 +19.1% |" in text.replace("  ", " ")
    assert "## Wins / ties / losses" in text


def test_csv_has_a_line_per_instance_and_method() -> None:
    run = table_run(VALUES, KNOWN)
    lines = list(csv.DictReader(io.StringIO(render(run, analyses_of(run), "csv"))))
    assert len(lines) == 9
    line = next(x for x in lines if (x["method"], x["instance"]) == ("cpsat", "ft10"))
    assert (line["value_min"], line["value_max"], line["runs_with_value"]) == ("930.0", "941.0", "3")
    gap = ((930 * 935 * 941) ** (1 / 3)) / 930 - 1
    assert float(line["gap"]) == pytest.approx(gap)


def test_json_has_every_figure() -> None:
    run = table_run(VALUES, KNOWN)
    data = json.loads(render(run, analyses_of(run), "json"))
    (arena,) = data["arenas"]
    assert data["schema"] == "sched.results/2"
    assert arena["ranking"] == ["cpsat", "lns", "mwkr"]
    assert arena["methods"][0]["overall"]["gap"] == pytest.approx(0.0019, abs=1e-4)
    assert len(arena["pairs"]) == 3
    assert arena["instances"][0]["methods"]["lns"]["solved"] == 3
    assert arena["profiles"]["mwkr"]["ratio"][0] > 1


@pytest.mark.slow
def test_ten_thousand_trials_take_less_than_twenty_seconds() -> None:
    import time

    run = big_run(5, 200, 10)
    begin = time.perf_counter()
    page = render(run, analyses_of(run), "html")
    assert time.perf_counter() - begin < 20
    assert len(page) < 1_500_000


def test_markdown_of_many_methods_and_failures() -> None:
    run = big_run(20, 12, 2)
    text = render(run, analyses_of(run), "md")
    assert "| against the best | wins / ties / losses of the best | p, corrected |" in text
    trials = [a_trial(f"i{k}", "a", group="one") for k in range(120)]
    failures = a_run((t, a_failure(t, message="")) for t in trials)
    text = render(failures, analyses_of(failures), "md")
    assert "- i0 a: exception: no reason given" in text
    assert "- and 20 more" in text


def test_summary_for_a_terminal() -> None:
    from pathlib import Path

    from schedcore.experiments.report.summary_text import report_text
    from schedcore.experiments.report.write import FILES, WrittenReport

    def text_of(run: RunData) -> str:
        files = {name: Path("runs/x") / file for name, file in FILES.items()}
        return report_text(WrittenReport(run, tuple(analyses_of(run)), files, True))

    text = text_of(table_run(VALUES, KNOWN))
    assert "ft06 36 <= 55 55 0.0%" in re.sub(" +", " ", text)
    assert text.endswith("report  runs/x/report.html\ntables  runs/x/results.md, .csv, .json")
    large = text_of(big_run(25, 50, 1))
    assert "abz000" not in large
    assert "Methods (the 20 best of 25)" in large
    trials = [a_trial("x", "a"), a_trial("y", "c", domain="uam")]
    assert "uam: c ends level with" in text_of(a_run((t, a_record(t, 5)) for t in trials))


def test_long_tables_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from schedcore.experiments.report.sections import failures, instances

    monkeypatch.setattr(instances, "MOST_ROWS", 5)
    monkeypatch.setattr(failures, "MOST_KINDS", 2)
    monkeypatch.setattr(failures, "MOST_LABELS", 1)
    pairs = [(t := a_trial(f"a{k}", "m"), a_record(t, 5 + k)) for k in range(8)]
    pairs += [(t := a_trial(f"b{k}", "m"), a_failure(t, message=f"{k % 3}" * 400)) for k in range(9)]
    _, text = page_of(a_run(pairs))
    assert "more instances are left out here" in text
    assert "1 more reasons are left out" in text
    assert "; …" in text
    assert "…" in text


def test_setting_names_what_there_is() -> None:
    run = table_run(VALUES, KNOWN)
    trials = tuple(dataclasses.replace(t, gpus=0.5, time_limit_s=t.seed + 1.0) for t in run.trials)
    hosts = iter(f"node{k % 3}" for k in range(100))
    records = {
        key: dataclasses.replace(r, host=next(hosts), peak_rss_mb=120.0, attempt=1 + r.seed, load=0.1)
        for key, r in run.records.items()
    }
    environment = {"libraries": {"numpy": "2.1", "ray": "2.60"}, "git": "abc-dirty", "nothing": None}
    _, text = page_of(dataclasses.replace(run, trials=trials, records=records, environment=environment))
    for said in ("node0, node1 and node2", "1 s / 2 s / 3 s", "GPUs of a run", "120 MB", "repeated runs 18"):
        assert said in re.sub(r"\s+", " ", text)
    assert "numpy 2.1, ray 2.60" in text
    assert "git checkout abc\n" in text


def test_start_of_a_run_without_times() -> None:
    run = each(table_run({"a": {"x": 5.0}}), lambda r: dataclasses.replace(r, started="", cpu_s=None))
    text = re.sub(r"\s+", " ", page_of(run)[1])
    assert "created 2026-11-22 18:00:00 UTC" in text
    assert "processor time" not in text


def test_metrics_follow_the_instances_and_leave_out_what_is_the_same() -> None:
    trials = [a_trial("x", m) for m in "ab"]
    run = a_run(
        (t, a_record(t, 5 + k, metrics={"reward": 0.0, "flow": 10.0 + k}, units={"reward": "reward", "flow": "ticks"}))
        for k, t in enumerate(trials)
    )
    page, _ = page_of(run)
    names = headings(page)
    assert names.index("Instances") < names.index("Metrics")
    markdown = render(run, analyses_of(run), "md")
    table = markdown.partition("## Metrics")[2]
    assert "| flow | ticks | a | 10 |" in table
    assert "| reward" not in table
    assert "The same in all runs: reward = 0" in table
    assert markdown.index("| x |") < markdown.index("## Metrics")


@pytest.mark.parametrize(
    ("command", "repeated"),
    [
        ("sched sweep jssp instance=ft06 --force --quiet", "sched sweep jssp instance=ft06"),
        ("sched run smoke --fresh -q --json", "sched run smoke"),
        ("sched sweep jssp --color never --slots 2 --timeout=9 -vv", "sched sweep jssp --slots 2"),
        (
            "sched sweep jssp 'seed=range(0,3)' --out 'my runs/x'",
            "sched sweep jssp 'seed=range(0,3)' --out 'my runs/x'",
        ),
        ("sched sweep 'never closed", "sched sweep 'never closed"),
    ],
)
def test_the_command_to_repeat_is_without_how_it_was_shown(command: str, repeated: str) -> None:
    assert command_to_repeat(command) == repeated
    run = table_run(VALUES, KNOWN, command=command)
    _, text = page_of(run)
    assert repeated in text.partition("How to reproduce")[2]


def test_brief_figures_are_short_and_the_same() -> None:
    (analysis,) = analyses_of(table_run(VALUES, KNOWN))
    (brief,) = brief_data([analysis])
    best = brief["methods"][0]
    assert brief["ranking"][0] == best["method"] == analysis.ranking[0]
    assert best["gap"] == analysis.summary(best["method"]).overall.gap
    assert best["low"] <= best["gap"] <= best["high"]
    assert len(brief["instances"]) == len(analysis.arena.instances)
    row = brief["instances"][0]
    assert row["values"][best["method"]] == analysis.arena.cell(best["method"], row["instance"]).value
    assert len(json.dumps(brief)) < 3000
    (large,) = brief_data(analyses_of(table_run({"a": {f"i{k}": 5.0 for k in range(2001)}})))
    assert large["instances"] is None
