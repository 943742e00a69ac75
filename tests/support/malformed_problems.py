"""A problem as JSON data that uses every part of the format, and every way to break it with its refusal."""

from __future__ import annotations

import math
from typing import Any

from schedcore.errors import FormatError, ModelError, SchedError

MISSING = object()

MISSING = object()
AS_DESCRIBED = " (correct it; docs/formats.md describes the format)"


def whole() -> dict[str, Any]:
    """A problem that uses every part of the format."""
    return {
        "schema": "sched.problem/1",
        "name": "p",
        "resources": [
            {"kind": "unary", "name": "m", "transition": [[0, 1], [1, 0]], "initial_state": 0},
            {"kind": "renewable", "name": "r", "capacity": 3, "calendar": [[0, 3], [5, 1]]},
            {"kind": "reservoir", "name": "s", "initial": 1, "minimum": 0, "maximum": 4},
        ],
        "tasks": [
            {
                "name": "t",
                "modes": [{"duration": 3, "demands": [[1, 2]], "effects": [{"reservoir": 2, "delta": 1}]}],
            },
            {"name": "u", "modes": [{"duration": 1}]},
        ],
        "jobs": ["j"],
        "lags": [{"a": 0, "b": 1, "min": 0}],
        "selections": [{"kind": "implies", "tasks": [0, 1]}],
        "mode_links": [{"task_a": 0, "mode_a": 0, "task_b": 1, "modes_b": [0]}],
        "objective": [[["makespan", 1]]],
        "unit": {"seconds_per_tick": "1/1000", "label": "ms"},
        "horizon": 50,
        "metadata": {"a": 1},
    }


def broken_at(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    """:func:`whole` with ``value`` at ``path``, or without that key."""
    data = whole()
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return data


BROKEN: list[tuple[tuple[Any, ...], object, type[SchedError], str]] = [
    (("schema",), MISSING, FormatError, "problem: key 'schema' is missing (add it)"),
    (
        ("schema",),
        1,
        FormatError,
        "problem.schema: expected a string, found 1 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("schema",),
        "sched.problem/2",
        FormatError,
        "problem.schema: schema is 'sched.problem/2', expected 'sched.problem/1' (this file was written by another "
        "version of the format; use the version of sched that wrote it)",
    ),
    (
        ("schema",),
        "sched.schedule/1",
        FormatError,
        "problem.schema: schema is 'sched.schedule/1', expected 'sched.problem/1' (a file of kind sched.problem is "
        "needed here)",
    ),
    (("name",), MISSING, FormatError, "problem: key 'name' is missing (add it)"),
    (
        ("name",),
        None,
        FormatError,
        "problem.name: expected a string, found None (correct it; docs/formats.md describes the format)",
    ),
    (("name",), "", ModelError, "problem: the name of a problem is '' (give a non-empty string)"),
    (("task",), [], FormatError, "problem: unknown key 'task' (did you mean 'tasks'?)"),
    (("tasks",), MISSING, FormatError, "problem: key 'tasks' is missing (add it)"),
    (
        ("tasks",),
        {},
        FormatError,
        "problem.tasks: expected a list, found {} (correct it; docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0),
        5,
        FormatError,
        "problem.tasks[0]: expected an object, found 5 (correct it; docs/formats.md describes the format)",
    ),
    (("tasks", 0, "mode"), [], FormatError, "problem.tasks[0]: unknown key 'mode' (did you mean 'modes'?)"),
    (("tasks", 0, "modes"), MISSING, FormatError, "problem.tasks[0]: key 'modes' is missing (add it)"),
    (("tasks", 0, "modes"), [], ModelError, "problem.tasks[0]: task 't'.modes: no modes (give at least one mode)"),
    (
        ("tasks", 0, "modes", 0),
        [],
        FormatError,
        "problem.tasks[0].modes[0]: expected an object, found [] (correct it; docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        MISSING,
        FormatError,
        "problem.tasks[0].modes[0]: key 'duration' is missing (add it)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        None,
        FormatError,
        "problem.tasks[0].modes[0].duration: expected an integer, found None (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        2.0,
        FormatError,
        "problem.tasks[0].modes[0].duration: expected an integer, found 2.0 (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        True,
        FormatError,
        "problem.tasks[0].modes[0].duration: expected an integer, found True (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        "2",
        FormatError,
        "problem.tasks[0].modes[0].duration: expected an integer, found '2' (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        -1,
        ModelError,
        "problem.tasks[0].modes[0]: mode.duration: -1 is outside [0, 4398046511104] (check the unit and the sign)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        2**42 + 1,
        ModelError,
        "problem.tasks[0].modes[0]: mode.duration: 4398046511105 is outside [0, 4398046511104] (check the unit and "
        "the sign)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration"),
        math.nan,
        FormatError,
        "problem.tasks[0].modes[0].duration: expected an integer, found nan (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "duration_max"),
        2,
        ModelError,
        "problem.tasks[0].modes[0]: mode.duration_max: duration_max 2 is below duration 3 (swap the two, or leave "
        "duration_max out)",
    ),
    (
        ("tasks", 0, "modes", 0, "demands"),
        [1, 2],
        FormatError,
        "problem.tasks[0].modes[0].demands: expected a list of [resource, amount], found [1, 2] (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "demands"),
        [[1, 2, 3]],
        FormatError,
        "problem.tasks[0].modes[0].demands: expected a list of [resource, amount], found [[1, 2, 3]] (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "demands"),
        [[1, "2"]],
        FormatError,
        "problem.tasks[0].modes[0].demands: expected a list of [resource, amount], found [[1, '2']] (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "demands"),
        [[1, 0]],
        ModelError,
        "problem.tasks[0].modes[0]: demand.amount: 0 is outside [1, 4398046511104] (check the unit and the sign)",
    ),
    (
        ("tasks", 0, "modes", 0, "demands"),
        [[9, 1]],
        ModelError,
        "problem: task 't'.modes[0]: demand names resource 9, there are 3 (resources are numbered from 0 in the "
        "order of the problem)",
    ),
    (
        ("tasks", 0, "modes", 0, "demands"),
        [[1, 1], [1, 1]],
        ModelError,
        "problem.tasks[0].modes[0]: mode.demands: two demands name the same resource (add them up)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects"),
        {},
        FormatError,
        "problem.tasks[0].modes[0].effects: expected a list, found {} (correct it; docs/formats.md describes the "
        "format)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0),
        3,
        FormatError,
        "problem.tasks[0].modes[0].effects[0]: expected an object, found 3 (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0, "delta"),
        MISSING,
        FormatError,
        "problem.tasks[0].modes[0].effects[0]: key 'delta' is missing (add it)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0, "delta"),
        0,
        ModelError,
        "problem.tasks[0].modes[0].effects[0]: effect.delta: delta is 0 (leave the effect out)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0, "edge"),
        "middle",
        FormatError,
        "problem.tasks[0].modes[0].effects[0].edge: expected 'start' or 'end', found 'middle' (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0, "edge"),
        [],
        FormatError,
        "problem.tasks[0].modes[0].effects[0].edge: expected a string, found [] (correct it; docs/formats.md "
        "describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0, "per_tick"),
        1,
        FormatError,
        "problem.tasks[0].modes[0].effects[0].per_tick: expected true or false, found 1 (correct it; docs/formats.md "
        "describes the format)",
    ),
    (
        ("tasks", 0, "modes", 0, "effects", 0, "rate"),
        1,
        FormatError,
        "problem.tasks[0].modes[0].effects[0]: unknown key 'rate' (known: delta, edge, per_tick, reservoir)",
    ),
    (
        ("tasks", 0, "modes", 0, "cost"),
        "high",
        FormatError,
        "problem.tasks[0].modes[0].cost: expected an integer, found 'high' (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("tasks", 0, "job"),
        1,
        ModelError,
        "problem: task 't'.job: job 1 does not exist, there are 1 (name the jobs in the field jobs of the problem)",
    ),
    (
        ("tasks", 0, "job"),
        "j",
        FormatError,
        "problem.tasks[0].job: expected an integer, found 'j' (correct it; docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "optional"),
        "yes",
        FormatError,
        "problem.tasks[0].optional: expected true or false, found 'yes' (correct it; docs/formats.md describes the "
        "format)",
    ),
    (
        ("tasks", 0, "weight"),
        -1,
        ModelError,
        "problem.tasks[0]: task 't'.weight: -1 is outside [0, 4398046511104] (check the unit and the sign)",
    ),
    (
        ("tasks", 0, "tags"),
        "red",
        FormatError,
        "problem.tasks[0].tags: expected a list, found 'red' (correct it; docs/formats.md describes the format)",
    ),
    (
        ("tasks", 0, "tags"),
        [1],
        FormatError,
        "problem.tasks[0].tags: expected a list of strings, found [1] (correct it; docs/formats.md describes the "
        "format)",
    ),
    (("tasks", 1, "name"), "t", ModelError, "problem: tasks: two tasks are called 't' (names must be unique)"),
    (
        ("resources", 0),
        "m",
        FormatError,
        "problem.resources[0]: expected an object, found 'm' (correct it; docs/formats.md describes the format)",
    ),
    (("resources", 0, "kind"), MISSING, FormatError, "problem.resources[0]: key 'kind' is missing (add it)"),
    (
        ("resources", 0, "kind"),
        "unari",
        FormatError,
        "problem.resources[0].kind: unknown kind 'unari' (did you mean 'unary'?)",
    ),
    (
        ("resources", 0, "kind"),
        ["unary"],
        FormatError,
        "problem.resources[0].kind: expected a string, found ['unary'] (correct it; docs/formats.md describes the "
        "format)",
    ),
    (
        ("resources", 0, "capacity"),
        3,
        FormatError,
        "problem.resources[0]: unknown key 'capacity' (known: calendar, initial_state, kind, name, transition)",
    ),
    (
        ("resources", 0, "colour"),
        3,
        FormatError,
        "problem.resources[0]: unknown key 'colour' (known: calendar, capacity, initial, initial_state, kind, "
        "maximum, minimum, name, transition)",
    ),
    (
        ("resources", 0, "transition"),
        [0, 1],
        FormatError,
        "problem.resources[0].transition: expected a list of rows, found [0, 1] (correct it; docs/formats.md "
        "describes the format)",
    ),
    (
        ("resources", 0, "transition"),
        5,
        FormatError,
        "problem.resources[0].transition: expected a list, found 5 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("resources", 0, "transition"),
        [[0, "x"], [1, 0]],
        ModelError,
        "problem.resources[0]: resource 'm'.transition: transition[0][1] is 'x' (give ticks >= 0, or None to forbid "
        "the sequence)",
    ),
    (
        ("resources", 0, "initial_state"),
        "red",
        FormatError,
        "problem.resources[0].initial_state: expected an integer, found 'red' (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("resources", 0, "initial_state"),
        2,
        ModelError,
        "problem.resources[0]: resource 'm'.initial_state: initial_state 2 is outside the 2 states (add its row and "
        "column to the matrix)",
    ),
    (("resources", 1, "capacity"), MISSING, FormatError, "problem.resources[1]: key 'capacity' is missing (add it)"),
    (
        ("resources", 1, "capacity"),
        1.5,
        FormatError,
        "problem.resources[1].capacity: expected an integer, found 1.5 (correct it; docs/formats.md describes the "
        "format)",
    ),
    (
        ("resources", 1, "calendar"),
        5,
        FormatError,
        "problem.resources[1].calendar: expected a list, found 5 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("resources", 1, "calendar"),
        [5],
        FormatError,
        "problem.resources[1].calendar: expected a list of [tick, value], found [5] (correct it; docs/formats.md "
        "describes the format)",
    ),
    (
        ("resources", 1, "calendar"),
        [[0, 1], [0, 2]],
        ModelError,
        "problem.resources[1].calendar: points: tick 0 does not come after 0 (ticks must increase strictly)",
    ),
    (
        ("resources", 1, "calendar"),
        [[0, 4]],
        ModelError,
        "problem.resources[1]: resource 'r'.calendar: calendar values run from 4 to 4, capacity is 3 (keep them "
        "between 0 and the capacity)",
    ),
    (
        ("resources", 2, "initial"),
        9,
        ModelError,
        "problem.resources[2]: resource 's': initial level 9 is outside [0, 4] (need minimum <= initial <= maximum)",
    ),
    (("resources", 2, "minimum"), MISSING, FormatError, "problem.resources[2]: key 'minimum' is missing (add it)"),
    (
        ("jobs",),
        "j",
        FormatError,
        "problem.jobs: expected a list, found 'j' (correct it; docs/formats.md describes the format)",
    ),
    (
        ("jobs",),
        [1],
        FormatError,
        "problem.jobs: expected a list of strings, found [1] (correct it; docs/formats.md describes the format)",
    ),
    (("jobs",), ["j", "j"], ModelError, "problem: jobs: two jobs are called 'j' (names must be unique)"),
    (
        ("lags",),
        3,
        FormatError,
        "problem.lags: expected a list, found 3 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("lags", 0),
        3,
        FormatError,
        "problem.lags[0]: expected an object, found 3 (correct it; docs/formats.md describes the format)",
    ),
    (("lags", 0, "a"), MISSING, FormatError, "problem.lags[0]: key 'a' is missing (add it)"),
    (
        ("lags", 0, "a"),
        7,
        ModelError,
        "problem: lags[0]: a is 7, there are 2 tasks (tasks are numbered from 0 in the order of the problem)",
    ),
    (
        ("lags", 0, "a"),
        "t",
        FormatError,
        "problem.lags[0].a: expected an integer, found 't' (correct it; docs/formats.md describes the format)",
    ),
    (("lags", 0, "min"), MISSING, ModelError, "problem.lags[0]: lag: neither min nor max is given (give one of them)"),
    (("lags", 0, "max"), -1, ModelError, "problem.lags[0]: lag: min 0 is above max -1 (swap the bounds)"),
    (
        ("lags", 0, "b_edge"),
        "finish",
        FormatError,
        "problem.lags[0].b_edge: expected 'start' or 'end', found 'finish' (correct it; docs/formats.md describes "
        "the format)",
    ),
    (
        ("lags", 0, "iterations"),
        1,
        ModelError,
        "problem: lags[0]: iterations is not 0 in a problem without cycle (give the problem a cycle)",
    ),
    (
        ("selections", 0, "kind"),
        "exactly",
        FormatError,
        "problem.selections[0].kind: unknown kind 'exactly' (did you mean 'exactly_one'?)",
    ),
    (
        ("selections", 0, "kind"),
        3,
        FormatError,
        "problem.selections[0].kind: expected a string, found 3 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("selections", 0, "tasks"),
        [0, "u"],
        FormatError,
        "problem.selections[0].tasks: expected a list of integers, found [0, 'u'] (correct it; docs/formats.md "
        "describes the format)",
    ),
    (
        ("selections", 0, "tasks"),
        [0, 5],
        ModelError,
        "problem: selections[0]: task 5 does not exist, there are 2 (tasks are numbered from 0 in the order of the "
        "problem)",
    ),
    (("selections", 0, "tasks"), MISSING, FormatError, "problem.selections[0]: key 'tasks' is missing (add it)"),
    (
        ("mode_links", 0, "mode_a"),
        3,
        ModelError,
        "problem: mode_links[0]: task 't' has no mode 3 (its modes are numbered 0 to 0)",
    ),
    (
        ("mode_links", 0, "modes_b"),
        [],
        ModelError,
        "problem.mode_links[0]: mode_link.modes_b: modes_b is empty (forbid the pair with a selection instead)",
    ),
    (
        ("mode_links", 0, "modes_b"),
        0,
        FormatError,
        "problem.mode_links[0].modes_b: expected a list, found 0 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("objective",),
        "makespan",
        FormatError,
        "problem.objective: expected a list, found 'makespan' (correct it; docs/formats.md describes the format)",
    ),
    (
        ("objective",),
        [["makespan", 1]],
        FormatError,
        "problem.objective: expected a list of stages, each a list of [metric, weight], found [['makespan', 1]] "
        "(correct it; docs/formats.md describes the format)",
    ),
    (
        ("objective",),
        [[["makespan"]]],
        FormatError,
        "problem.objective: expected a list of stages, each a list of [metric, weight], found [[['makespan']]] "
        "(correct it; docs/formats.md describes the format)",
    ),
    (
        ("objective",),
        [[["makspan", 1]]],
        ModelError,
        "problem.objective: objective: unknown metric 'makspan' (did you mean 'makespan'?)",
    ),
    (
        ("objective",),
        [[["makespan", 1.5]]],
        ModelError,
        "problem.objective: objective: weight of 'makespan' is 1.5 (give a non-zero integer of at most 4398046511104)",
    ),
    (
        ("objective",),
        [[[["makespan"], 1]]],
        ModelError,
        "problem.objective: objective: unknown metric ['makespan'] (did you mean 'makespan'?)",
    ),
    (
        ("objective",),
        [],
        ModelError,
        "problem.objective: objective: an objective or one of its stages is empty (name a metric, or use None for "
        "any feasible schedule)",
    ),
    (
        ("unit",),
        "ms",
        FormatError,
        "problem.unit: expected an object, found 'ms' (correct it; docs/formats.md describes the format)",
    ),
    (
        ("unit", "seconds_per_tick"),
        0.001,
        FormatError,
        "problem.unit.seconds_per_tick: expected a fraction as text, such as '1/1000', found 0.001 (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("unit", "seconds_per_tick"),
        "a/b",
        FormatError,
        "problem.unit.seconds_per_tick: expected a fraction as text, such as '1/1000', found 'a/b' (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("unit", "seconds_per_tick"),
        "1/0",
        FormatError,
        "problem.unit.seconds_per_tick: expected a fraction as text, such as '1/1000', found '1/0' (correct it; "
        "docs/formats.md describes the format)",
    ),
    (
        ("unit", "seconds_per_tick"),
        "-1",
        ModelError,
        "problem.unit: unit: seconds_per_tick is -1 (give a positive fraction)",
    ),
    (
        ("unit", "label"),
        5,
        FormatError,
        "problem.unit.label: expected a string, found 5 (correct it; docs/formats.md describes the format)",
    ),
    (("unit", "label"), "", ModelError, "problem.unit: unit.label: label is '' (give a non-empty string)"),
    (("unit", "length"), 5, FormatError, "problem.unit: unknown key 'length' (known: label, seconds_per_tick)"),
    (("horizon",), -5, ModelError, "problem: horizon: -5 is outside [0, 4398046511104] (check the unit and the sign)"),
    (
        ("horizon",),
        "late",
        FormatError,
        "problem.horizon: expected an integer, found 'late' (correct it; docs/formats.md describes the format)",
    ),
    (
        ("cycle",),
        5,
        FormatError,
        "problem.cycle: expected a list, found 5 (correct it; docs/formats.md describes the format)",
    ),
    (
        ("cycle",),
        [5],
        FormatError,
        "problem.cycle: expected a list of 2 integers, found [5] (correct it; docs/formats.md describes the format)",
    ),
    (("cycle",), [5, 4], ModelError, "problem: cycle: minimum 5 is above maximum 4 (swap the bounds)"),
    (
        ("cycle",),
        [5, 5],
        ModelError,
        "problem: cycle: resource 'm' has transitions in a cyclic problem (unroll a few rounds into a plain problem)",
    ),
    (
        ("metadata",),
        [],
        FormatError,
        "problem.metadata: expected an object, found [] (correct it; docs/formats.md describes the format)",
    ),
    (("metadata", "a"), [1], ModelError, "problem: metadata['a']: [1] is not a JSON scalar (store text)"),
]
