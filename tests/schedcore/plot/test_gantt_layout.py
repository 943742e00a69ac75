from __future__ import annotations

import pytest
from support.plot_cases import big_job_shop, cyclic_layer, everything, job_shop

from schedcore.errors import InputError
from schedcore.model import Schedule
from schedcore.plot.layout import GanttLayout, layout_gantt


def bars(layout: GanttLayout, label: str) -> list[tuple[str, int, int, int]]:
    """(task, lane, start, end) of the bars in a group."""
    group = next(g for g in layout.groups if g.label == label)
    columns = layout.bars
    return [
        (
            layout.problem.tasks[int(layout.schedule.task[p])].name,
            int(row) - group.first_row,
            int(start),
            int(end),
        )
        for row, start, end, p in zip(columns.row, columns.start, columns.end, columns.placement, strict=True)
        if group.first_row <= row < group.first_row + group.num_rows
    ]


def test_a_job_shop_has_a_row_per_machine_and_a_bar_per_operation() -> None:
    problem, schedule = job_shop()
    layout = layout_gantt(problem, schedule)
    assert [g.label for g in layout.groups] == [f"m{k}" for k in range(6)]
    assert layout.num_rows == 6
    assert len(layout.bars) == 36
    assert (layout.x_min, layout.x_max) == (0, 60)
    assert bars(layout, "m2")[:2] == [("j0.o0", 0, 0, 1), ("j2.o0", 0, 1, 6)]


def test_lanes_setups_calendars_and_tasks_without_resource() -> None:
    problem, schedule = everything()
    layout = layout_gantt(problem, schedule)
    assert [g.label for g in layout.groups] == ["press", "oven", "crew", "no resource"]
    assert bars(layout, "crew") == [("red.cut", 0, 2, 6), ("blue.cut", 0, 9, 14), ("inspect", 1, 3, 9)]
    assert bars(layout, "no resource") == [("dry", 0, 12, 19), ("done", 0, 20, 20)]
    # From the initial state 1 to state 0 takes 2 ticks, from 0 to 1 takes 3: right before starts 2 and 9.
    assert layout.setups.tolist() == [[0, 0, 2], [0, 6, 9]]
    closed = {g.label: g.closed for g in layout.groups}
    assert closed["oven"] == ((6, 9, 1.0),)
    assert closed["crew"] == ((10, 14, 0.5),)
    assert layout.row_heights().tolist() == [1, 1, 0.6, 0.6, 1]


def test_bars_that_overlap_on_a_machine_get_lanes() -> None:
    problem, schedule = job_shop()
    late = [(p.task, p.mode, p.start + (2 if p.task == 1 else 0), p.end + (2 if p.task == 1 else 0)) for p in schedule]
    moved = layout_gantt(problem, Schedule(late))  # j0.o1 on m0 at [3, 6): nobody there
    assert next(g for g in moved.groups if g.label == "m0").num_rows == 1
    clash = [(p.task, p.mode, *((0, 3) if p.task == 19 else (p.start, p.end))) for p in schedule]  # j3.o1 on m0
    layout = layout_gantt(problem, Schedule(clash))
    assert next(g for g in layout.groups if g.label == "m0").num_rows == 2


def test_rows_by_task_are_grouped_by_job_in_order_of_start() -> None:
    problem, schedule = everything()
    layout = layout_gantt(problem, schedule, by="task")
    assert [(g.label, g.row_labels) for g in layout.groups] == [
        ("red", ("red.cut", "red.bake", "dry")),
        ("blue", ("blue.cut", "blue.bake", "done")),
        ("no job", ("inspect",)),
    ]
    assert len(layout.bars) == len(schedule) == 7  # the absent optional task has no row


def test_many_tasks_share_the_lanes_of_their_job() -> None:
    problem, schedule = big_job_shop(30, 20)
    layout = layout_gantt(problem, schedule, by="task")
    assert [g.label for g in layout.groups] == list(problem.jobs)
    assert layout.num_rows == 30  # the operations of a job follow each other


def test_cyclic_work_is_folded_or_unrolled() -> None:
    problem, schedule = cyclic_layer()
    folded = layout_gantt(problem, schedule)
    assert (folded.x_min, folded.x_max) == (0, 4)
    assert bars(folded, "link") == [("send", 0, 0, 1), ("use", 0, 1, 2), ("send", 0, 3, 4)]
    assert bars(folded, "share") == [("long", 0, 0, 3), ("long", 1, 1, 4)]
    wide = layout_gantt(problem, schedule, cyclic="unrolled", rounds=2)
    assert bars(wide, "link") == [("send", 0, 3, 5), ("use", 0, 5, 6), ("send", 0, 7, 9), ("use", 0, 9, 10)]
    assert wide.x_max == 11


def test_nonsense_in_a_schedule_is_shown_not_refused() -> None:
    problem, _ = job_shop()
    odd = Schedule([(99, 0, 0, 3), (0, 5, -4, 2), (1, 0, 5, 1), (1, 0, 7, 9)])
    layout = layout_gantt(problem, odd)
    assert layout.x_min == -4
    assert layout.groups[-1].label == "no resource"  # the unknown task and the unknown mode
    assert len(layout.bars) == 4
    by_task = layout_gantt(problem, odd, by="task")
    assert by_task.groups[-1].row_labels == ("unknown task 99",)


def test_empty_schedule_has_rows_but_no_bars() -> None:
    problem, _ = job_shop()
    layout = layout_gantt(problem, Schedule())
    assert (layout.num_rows, len(layout.bars), layout.x_max) == (6, 0, 1)
    assert layout_gantt(problem, Schedule(), by="task").num_rows == 0


def test_unknown_views_are_refused() -> None:
    problem, schedule = job_shop()
    with pytest.raises(InputError, match="by: unknown view 'machine' \\(use 'resource' or 'task'\\)"):
        layout_gantt(problem, schedule, by="machine")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cyclic: unknown cyclic view 'flat'"):
        layout_gantt(problem, schedule, cyclic="flat")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="rounds is 0"):
        layout_gantt(problem, schedule, rounds=0)
