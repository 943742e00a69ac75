"""``key=value`` words: Hydra's grammar, and what is refused."""

from __future__ import annotations

import pytest

from schedcore.errors import InputError
from schedcore.experiments.words import Glob, parse_words


@pytest.mark.parametrize(
    ("text", "key", "values", "swept"),
    [
        ("seed=3", "seed", (3,), False),
        ("time_limit_s=1e-3", "time_limit_s", (0.001,), False),
        ("solver=cpsat,lns", "solver", ("cpsat", "lns"), True),
        ("solver=choice(cpsat,lns)", "solver", ("cpsat", "lns"), True),
        ("solver=pkg.mod:Class,lns", "solver", ("pkg.mod:Class", "lns"), True),
        ("seed=range(0,3)", "seed", (0, 1, 2), True),
        ("seed=range(4)", "seed", (0, 1, 2, 3), True),
        ("x=range(0,1,0.25)", "x", (0.0, 0.25, 0.5, 0.75), True),
        ("x=range(5,0,-2)", "x", (5, 3, 1), True),
        ("x=sort(3,1,2)", "x", (1, 2, 3), True),
        ("x=float(range(1,3))", "x", (1.0, 2.0), True),
        ("instance='a b, c'", "instance", ("a b, c",), False),
        ("instance='taillard:4x3:1',ft06", "instance", ("taillard:4x3:1", "ft06"), True),
        ("instance=data/ft06.json", "instance", ("data/ft06.json",), False),
        ("title='12'", "title", ("12",), False),
        ("policy=null,spt", "policy", (None, "spt"), True),
        ("data_dirs=[a,b]", "data_dirs", (["a", "b"],), False),
        ("data_dirs=[a],[b,c]", "data_dirs", (["a"], ["b", "c"]), True),
        ("settings={a:1,b:{c:x}}", "settings", ({"a": 1, "b": {"c": "x"}},), False),
        ("+settings.a=1", "settings.a", (1,), False),
        ("++settings.a=1", "settings.a", (1,), False),
        ("~methods.sgs", "methods.sgs", (), False),
        ("title=", "title", ("",), False),
        ("title=${instance}", "title", ("${instance}",), False),
    ],
)
def test_values(text, key, values, swept) -> None:
    (word,) = parse_words([text])
    assert (word.key, word.values, word.swept) == (key, values, swept)


def test_patterns() -> None:
    one, two = parse_words(["instance=glob(la0*)", "solver=glob([c*,l*],exclude=cpsat)"])
    assert one.values == Glob(("la0*",))
    assert one.swept
    assert isinstance(two.values, Glob)
    (three,) = parse_words(["instance=glob(la0[12], ft*)"])
    assert (three.values, three.swept) == (Glob(("la0[12]", "ft*")), True)
    assert two.values.filter(["cpsat", "cp", "lns", "tabu"]) == ["cp", "lns"]


@pytest.mark.parametrize(
    ("text", "chooses", "for_hydra"),
    [
        ("solver=lns", True, "solver=lns"),
        ("solver={name:lns}", False, "++solver={name:lns}"),
        ("solver.name=lns", False, "++solver.name=lns"),
        ("policy=null", True, "policy=null"),
        ("seed=1", False, "++seed=1"),
        ("+seed=1", False, "++seed=1"),
        ("~methods.a", False, "~methods.a"),
        ("~solver", False, "~solver"),
    ],
)
def test_choices_and_values(text, chooses, for_hydra) -> None:
    (word,) = parse_words([text])
    assert (word.chooses, word.for_hydra) == (chooses, for_hydra)


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (["seed=range(3,3)"], "the range is empty", "range(start, stop) goes up to stop - 1"),
        (["seed=range(0,3,0)"], "range() arg 3 must not be zero", "range(start, stop, step) with a step"),
        (["x=range(0.0,3,0)"], "Invalid range values", "range(start, stop, step) with a step"),
        (["x=interval(0,1)"], "interval(...) has no finite set of values", "use range"),
        (["seed=shuffle(range(0,3))"], "shuffle(...) gives another order every time", "--sample K"),
        (["x=choice()"], "empty choice", "Hydra's grammar"),
        (["x=[1,"], "no viable alternative", "']' is missing; quote brackets for the shell:  'x=[1,]'"),
        (["x=[a,b]]"], "input ']'", "there is a ']' too many"),
        (["x=frange(1)"], "Unknown function 'frange'", "did you mean 'range'?"),
        (["instance=taillard(5,3)"], "Unknown function 'taillard'", "quotes of its own:  instance='\"taillard(5,3)\"'"),
        (["instance=glob[la0*]"], "mismatched input '['", "a pattern is written  instance='glob(la0*)'"),
        (["instance=glob(la0*"], "no viable alternative", "a pattern is written  instance='glob(la0*)'"),
        (["instance=star:load=2,f=0.6"], "mismatched input '='", "of its own:  instance='\"star:load=2,f=0.6\"'"),
        (["solver==cpsat"], "extraneous input '='", "one = is enough:  solver=cpsat"),
        (["a b=1"], "' ' cannot stand there", "Hydra's grammar"),
        (["seed=1", "seed=2"], "'seed' is given twice: seed=1 and seed=2", "a choice:  seed=a,b"),
        (["experiment=x"], "'experiment' cannot be set here", "name the experiment as the target"),
        (["hydra.run.dir=x"], "'hydra.run.dir' cannot be set here", "use plain keys"),
        (["hydra/launcher=x"], "'hydra/launcher' cannot be set here", "use plain keys"),
        (["solver@a=x"], "'solver@a' cannot be set here", "use plain keys"),
    ],
)
def test_wrong_words_are_refused(words, what, remedy) -> None:
    with pytest.raises(InputError) as caught:
        parse_words(words)
    assert what in caught.value.what
    assert remedy in (caught.value.remedy or "")
    assert caught.value.where == f"word {words[-1]!r}"
