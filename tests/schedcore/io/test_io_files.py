"""Problems, schedules and documents in files: round trips, and everything that can be wrong with a file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from strategies_core import Case
from support.refusals import refusal
from support.rich_problems import rich_cases

from schedcore.errors import FormatError, InputError, ModelError, UnknownNameError, UnsupportedFeatureError
from schedcore.io import (
    FORMATS,
    Document,
    document_from_dict,
    document_to_dict,
    read_document,
    read_problem,
    read_schedule,
    read_text,
    write_document,
    write_problem,
    write_schedule,
)
from schedcore.io import text_file as text_file_module
from schedcore.model import Mode, Objective, Problem, ProblemBuilder, Schedule, Task, TimeLag

SHOP = "2 2\n0 3 1 4\n1 2 0 5\n"


def shop(**changes: Any) -> Problem:
    """The job shop of ``SHOP``."""
    b = ProblemBuilder("shop")
    m = [b.unary("m0"), b.unary("m1")]
    for j, route in enumerate([[(0, 3), (1, 4)], [(1, 2), (0, 5)]]):
        job = b.job(f"j{j}")
        b.chain(*[b.task(f"j{j}.o{k}", time, on=m[machine], job=job) for k, (machine, time) in enumerate(route)])
    b.minimise(makespan=1)
    return b.build().replace(**changes)


def put(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


# --- round trips ----------------------------------------------------------------------------------


@given(case=rich_cases())
def test_native_files_keep_everything_and_are_stable_to_the_byte(case: Case, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("io")
    problem, schedule = case
    write_problem(problem, folder / "p.json")
    assert read_problem(folder / "p.json") == problem
    assert read_problem(folder / "p.json").fingerprint() == problem.fingerprint()
    write_schedule(schedule, folder / "s.json", problem)
    assert read_schedule(folder / "s.json", problem) == schedule
    document = Document(problem, schedule, {"solver": "hand", "objective": [3, None], "trace": [[0.5, 3.0, None]]})
    write_document(document, folder / "d.json")
    assert read_document(folder / "d.json") == document
    assert read_problem(folder / "d.json") == problem
    assert read_schedule(folder / "d.json", problem) == schedule
    write_problem(read_problem(folder / "p.json"), folder / "p2.json")
    write_schedule(read_schedule(folder / "s.json"), folder / "s2.json", problem)
    write_document(read_document(folder / "d.json"), folder / "d2.json")
    for kind in "psd":
        assert (folder / f"{kind}2.json").read_bytes() == (folder / f"{kind}.json").read_bytes()


def test_the_text_of_a_schedule_by_hand(tmp_path: Path) -> None:
    write_schedule(Schedule([(1, 0, 3, 5), (0, 0, 0, 3)], cycle=5), tmp_path / "s.json")
    assert (tmp_path / "s.json").read_text() == (
        '{\n"cycle": 5,\n"placements": [\n[0,0,0,3],\n[1,0,3,5]\n],\n"schema": "sched.schedule/1"\n}\n'
    )


def test_documents_may_lack_schedule_and_result(tmp_path: Path) -> None:
    write_document(Document(shop()), tmp_path / "d.json")
    assert read_document(tmp_path / "d.json") == Document(shop(), None, {})
    assert set(document_to_dict(Document(shop()))) == {"schema", "problem"}


@pytest.mark.parametrize("name", ["p.txt", "p", "p.jsp", "p.data"])
def test_text_is_read_whatever_its_ending(name: str, tmp_path: Path) -> None:
    assert read_problem(put(tmp_path, name, SHOP)) == shop(name="p")


def test_a_name_may_be_given(tmp_path: Path) -> None:
    assert read_problem(put(tmp_path, "p.txt", SHOP), name="shop") == shop()
    write_problem(shop(), tmp_path / "p.json")
    assert read_problem(tmp_path / "p.json") == shop()
    assert read_problem(tmp_path / "p.json", name="other") == shop(name="other")


def test_byte_order_marks_and_foreign_line_ends_do_not_matter(tmp_path: Path) -> None:
    assert read_problem(put(tmp_path, "shop.txt", b"\xef\xbb\xbf" + SHOP.replace("\n", "\r\n").encode())) == shop()
    assert read_problem(put(tmp_path, "shop.txt", SHOP.strip())) == shop()


def test_formats_are_chosen_by_the_ending_or_by_name(tmp_path: Path) -> None:
    for name, first in (("p.jsp", "2 2\n"), ("p.fjs", "2 2 1\n"), ("p.json", "{\n"), ("p.rcp", "6 2\n")):
        write_problem(shop(), tmp_path / name)
        assert (tmp_path / name).read_text().startswith(first)
    write_problem(shop(), tmp_path / "p.sm")
    assert "PRECEDENCE RELATIONS:" in (tmp_path / "p.sm").read_text()
    write_problem(shop(), tmp_path / "p.txt", format="fjsplib")
    assert read_problem(tmp_path / "p.txt") == shop(name="p")


def test_every_format_that_can_be_written_can_be_read() -> None:
    assert {f.name for f in FORMATS.values() if f.can_read} == set(FORMATS)
    assert {f.name for f in FORMATS.values() if not f.can_write} == {"taillard"}
    assert all(name == f.name and f.doc for name, f in FORMATS.items())
    suffixes = [suffix for f in FORMATS.values() for suffix in f.suffixes]
    assert len(set(suffixes)) == len(suffixes)


# --- files that cannot be read --------------------------------------------------------------------


def test_missing_files_suggest_near_misses(tmp_path: Path) -> None:
    near = put(tmp_path, "ta01.txt", SHOP)
    path = str(tmp_path / "ta1.txt")
    assert refusal(lambda: read_problem(path), InputError) == f"{path}: no such file (did you mean {near!r}?)"
    path = str(tmp_path / "something-else.rcp")
    assert refusal(lambda: read_problem(path), InputError) == f"{path}: no such file (check the path)"
    path = str(tmp_path / "no-folder" / "a.txt")
    folder = str(tmp_path / "no-folder")
    assert refusal(lambda: read_problem(path), InputError) == (
        f"{path}: no such file (folder {folder!r} does not exist or cannot be read)"
    )


def test_folders_are_refused(tmp_path: Path) -> None:
    assert refusal(lambda: read_problem(tmp_path), InputError) == f"{tmp_path}: is a folder (name a file in it)"


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", SHOP) + "/b.txt"
    assert refusal(lambda: read_problem(path), InputError) == f"{path}: cannot read: Not a directory (check the path)"


def test_impossible_paths_are_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "a\0b")
    assert refusal(lambda: read_text(path), InputError) == f"{path}: cannot read: embedded null byte (check the path)"


def test_files_without_permission_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "a.txt", SHOP)

    def denied(self: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)  # permission bits do not stop root
    text = f"{path}: no permission to read (change its permissions)"
    assert refusal(lambda: read_problem(path), InputError) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is empty (check how it was made)"),
        (b" \n\t\n", "the file is empty (check how it was made)"),
        (b"2 2\n\0\0", "a binary file (byte 4 is 0) (give a text file)"),
        (b"2 2\n\xff\xfe", "not UTF-8 text (byte 4 is 0xff) (give a text file in UTF-8)"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, text: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", content)
    assert refusal(lambda: read_problem(path), FormatError) == f"{path}: {text}"
    assert refusal(lambda: read_schedule(path), FormatError) == f"{path}: {text}"
    assert refusal(lambda: read_document(path), FormatError) == f"{path}: {text}"


# --- formats that are not what they should be -----------------------------------------------------


def test_unknown_formats_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", SHOP)
    text = "format: unknown format 'jsplip' (did you mean 'jsplib' or 'fjsplib' or 'psplib'?)"
    assert refusal(lambda: read_problem(path, format="jsplip"), UnknownNameError) == text
    assert refusal(lambda: write_problem(shop(), path, format="jsplip"), UnknownNameError) == text


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        (
            "a.rcp",
            SHOP,
            "{path}:3: not of format patterson: successor 0 of activity 1 does not exist (the content is of format "
            "jsplib: name that format, or rename the file)",
        ),
        (
            "a.jsp",
            "2 2\n1 1 1 5\n1 2 1 3 2 4\n",
            "{path}:2: not of format jsplib: job j0 visits machine 1 2 times (the content is of format fjsplib: name "
            "that "
            "format, or rename the file)",
        ),
        (
            "a.json",
            SHOP,
            "{path}:1: not of format json: not valid JSON: Extra data (column 3) (the content is of format jsplib: "
            "name "
            "that format, or rename the file)",
        ),
        (
            "a.sm",
            '{"schema": "sched.problem/1", "name": "p", "tasks": []}',
            "{path}:1: not of format psplib: the header has no line with the number of jobs (the content is of format "
            "json: name that format, or rename the file)",
        ),
        # Nothing fits: the format of the ending is what was meant.
        (
            "a.rcp",
            "2 1\n4\n1 1 1 2\n",
            "{path}:3: the file ends where the duration of activity 2 is expected (the file is cut off, or a count "
            "in it "
            "is wrong)",
        ),
        # No ending that tells: the format in which most of the text makes sense.
        (
            "a.txt",
            "3 2\n0 3 1 4\n1 2 0 5\n0 1 1\n",
            "{path}:4: job j2 has 3 numbers, expected 4: 2 pairs machine duration (complete the line, or correct the "
            "number of machines; read as jsplib, the format that fits best)",
        ),
        (
            "a.txt",
            "3 2\n2 1 1 5 2 1 3 2 4\n1 1 1 2\n1 1 7 2\n",
            "{path}:4: machine 7 of operation j2.o0 does not exist (machines are numbered 1 to 2; read as fjsplib, the "
            "format that fits best)",
        ),
        # Every line has its pairs: a job shop, however far its numbers make sense as a project.
        (
            "a.txt",
            "3 3\n0 3 1 2 2 2\n1 4 1 2 2 3\n2 1 1 2 0 1\n",
            "{path}:3: job j1 visits machine 1 2 times (every job visits every machine once; use the fjsplib format "
            "for other shops; read as jsplib, the format that fits best)",
        ),
        (
            "a.txt",
            "3 3\n1 3 2 2 3 2\n1 4 3 2 2 3\n2 1 1 2 3 1\n",
            "{path}:2: machine 3 of job j0 does not exist (machines are numbered 0 to 2; in this file they seem to "
            "count from 1; read as jsplib, the format that fits best)",
        ),
        (
            "a.txt",
            "some words\nof nothing\n",
            "{path}: the content is of no known format (jsplib: line 1: 'some' is not a whole number; fjsplib: line 1: "
            "'some' is not a whole number; patterson: line 1: 'some' is not a whole number) (correct it, or name the "
            "format: json, jsplib, taillard, fjsplib, patterson, psplib)",
        ),
        # Titles and brackets tell the format.
        (
            "a.txt",
            "2 2\nTimes\n1 2\nMachines\n",
            None,
        ),
        ("a.txt", "jobs (x): 1\nPRECEDENCE RELATIONS:\n", None),
        ("a.txt", '{"schema": 5', "{path}:1: the JSON text ends too early (the file is cut off)"),
    ],
)
def test_content_of_another_or_no_format_is_explained(
    name: str, content: str, text: str | None, tmp_path: Path
) -> None:
    path = put(tmp_path, name, content)
    found = refusal(lambda: read_problem(path), FormatError)
    if text is None:
        assert found.startswith((f"{path}:2", f"{path}:4"))
    else:
        assert found == text.format(path=path)


def test_a_text_that_fits_several_formats_is_not_guessed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from schedcore.io import formats

    monkeypatch.setattr(formats, "_BY_CONTENT", ("jsplib", "taillard", "fjsplib"))
    monkeypatch.setattr(
        formats,
        "FORMATS",
        {**FORMATS, "fjsplib": FORMATS["jsplib"].__class__("fjsplib", (), "", FORMATS["jsplib"].read)},
    )
    path = put(tmp_path, "a.txt", SHOP)
    text = f"{path}: the content fits the formats jsplib and fjsplib (name the format)"
    assert refusal(lambda: read_problem(path), FormatError) == text


@pytest.mark.parametrize(
    ("content", "text", "kind"),
    [
        (
            "[]",
            "{path}: problem: expected an object, found [] (correct it; docs/formats.md describes the format)",
            FormatError,
        ),
        (
            "5",
            "{path}: problem: expected an object, found 5 (correct it; docs/formats.md describes the format)",
            FormatError,
        ),
        (
            "{}",
            '{path}: a JSON object without the key \'schema\' (problems have "schema": "sched.problem/1")',
            FormatError,
        ),
        (
            '{"schema": "sched.schedule/1", "placements": []}',
            "{path}: problem: unknown key 'placements' (known: cycle, horizon, jobs, lags, metadata, mode_links, name, "
            "objective, resources, schema, selections, tasks, ...)",
            FormatError,
        ),
        (
            '{"schema": "sched.problem/3", "name": "p", "tasks": []}',
            "{path}: problem.schema: schema is 'sched.problem/3', expected 'sched.problem/1' (this file was written by "
            "another version of the format; use the version of sched that wrote it)",
            FormatError,
        ),
        (
            '{"schema": "sched.problem/1", "name": "p", "tasks": [{"name": "t", "modes": [{"duration": NaN}]}]}',
            "{path}: NaN is no JSON (write a finite number, or leave the key out)",
            FormatError,
        ),
        (
            '{"schema": "sched.problem/1", "name": "p", "tasks": [{"name": "t", "modes": [{"duration": -1}]}]}',
            "{path}: problem.tasks[0].modes[0]: mode.duration: -1 is outside [0, 4398046511104] (check the unit and "
            "the "
            "sign)",
            ModelError,
        ),
        (
            '{"schema": "sched.document/1", "problem": {"schema": "sched.problem/1", "name": 5, "tasks": []}}',
            "{path}: document.problem.name: expected a string, found 5 (correct it; docs/formats.md describes the "
            "format)",
            FormatError,
        ),
    ],
)
def test_native_files_with_faults_are_refused(content: str, text: str, kind: type[InputError], tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", content)
    assert refusal(lambda: read_problem(path), kind) == text.format(path=path)


def test_a_huge_number_of_digits_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsp", f"1 1\n0 {'9' * 5000}\n")
    text = refusal(lambda: read_problem(path), FormatError)
    assert text.startswith(f"{path}:2: '9999")
    assert "is too large" in text


# --- schedules and documents ----------------------------------------------------------------------


def test_schedules_of_other_problems_are_refused(tmp_path: Path) -> None:
    schedule, path = Schedule([(0, 0, 0, 3)]), str(tmp_path / "s.json")
    write_schedule(schedule, path, shop())
    other = shop(name="other", horizon=99)
    message = (
        f"the schedule was made for the problem with fingerprint {shop().meaning_fingerprint()}, not for 'other' "
        f"({other.meaning_fingerprint()}) (use the problem that it was made for, or take the key 'problem' out of the "
        f"schedule)"
    )
    assert read_schedule(path) == schedule
    assert read_schedule(path, shop(name="renamed", metadata={"a": 1})) == schedule
    assert refusal(lambda: read_schedule(path, other), FormatError) == f"{path}: schedule: {message}"
    write_document(Document(shop(), schedule), path)
    assert refusal(lambda: read_schedule(path, other), FormatError) == f"{path}: document.schedule: {message}"
    data = document_to_dict(Document(shop(), schedule)) | {"problem": document_to_dict(Document(other))["problem"]}
    assert refusal(lambda: document_from_dict(data), FormatError) == f"document.schedule: {message}"
    write_schedule(schedule, path)  # without fingerprint nothing can be compared
    assert read_schedule(path, other) == schedule


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    problem, schedule, document = (str(tmp_path / f"{n}.json") for n in ("problem", "schedule", "document"))
    write_problem(shop(), problem)
    write_schedule(Schedule(), schedule)
    write_document(Document(shop()), document)
    assert refusal(lambda: read_schedule(document), FormatError) == (
        f"{document}: the document has no schedule (solve the problem first)"
    )
    assert refusal(lambda: read_schedule(problem), FormatError) == (
        f"{problem}: a problem, a schedule is needed (give a file with a schedule, as sched solve --out writes it)"
    )
    for path, kind in ((problem, "sched.problem"), (schedule, "sched.schedule")):
        assert refusal(lambda path=path: read_document(path), FormatError) == (
            f"{path}: a file of kind {kind}, a document is needed (give a file with problem and schedule, as sched "
            f"solve "
            "--out writes it)"
        )
    text = put(tmp_path, "a.txt", SHOP)
    assert refusal(lambda: read_document(text), FormatError).startswith(f"{text}:1: not valid JSON")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (5, "document: expected an object, found 5 (correct it; docs/formats.md describes the format)"),
        ({"schema": "sched.document/1"}, "document: key 'problem' is missing (add it)"),
        ({"schema": "sched.document/1", "problems": 5}, "document: unknown key 'problems' (did you mean 'problem'?)"),
        (
            {"schema": "sched.document/2", "problem": {}},
            "document.schema: schema is 'sched.document/2', expected 'sched.document/1' (this file was written by "
            "another "
            "version of the format; use the version of sched that wrote it)",
        ),
        (
            document_to_dict(Document(Problem())) | {"result": 5},
            "document.result: expected an object, found 5 (correct it; docs/formats.md describes the format)",
        ),
        (
            document_to_dict(Document(Problem())) | {"schedule": []},
            "document.schedule: expected an object, found [] (correct it; docs/formats.md describes the format)",
        ),
    ],
)
def test_malformed_documents_are_refused(data: object, text: str) -> None:
    assert refusal(lambda: document_from_dict(data), FormatError) == text


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (5, "document.result: result is no mapping with text as keys (give a dict)"),
        ({1: 2}, "document.result: result is no mapping with text as keys (give a dict)"),
        ({"a": float("nan")}, None),
        ({"a": object}, None),
        ({"a": {3, 4}}, None),
    ],
)
def test_results_that_are_no_json_are_refused(result: Any, text: str | None) -> None:
    found = refusal(lambda: Document(Problem(), None, result), InputError)
    if text is None:
        assert found.startswith("document.result: result cannot be written as JSON: ")
    else:
        assert found == text


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "text", "kind"),
    [
        (
            lambda folder: write_problem(shop(), folder / "a.txt"),
            "{folder}/a.txt: the ending '.txt' stands for no format (use one of .json, .jsp, .jss, .fjs, .rcp, .sm, "
            ".mm; "
            "or name the format: json, jsplib, fjsplib, patterson, psplib)",
            InputError,
        ),
        (
            lambda folder: write_problem(shop(), folder / "a.txt", "taillard"),
            "format: taillard can only be read (write one of: json, jsplib, fjsplib, patterson, psplib)",
            InputError,
        ),
        (
            lambda folder: write_problem(shop(horizon=9), folder / "a.jsp"),
            "format jsplib does not support: horizon (write it as json)",
            UnsupportedFeatureError,
        ),
        (
            lambda folder: write_problem(shop(), folder),
            None,
            InputError,
        ),
        (
            lambda folder: write_problem(shop(), folder, "json"),
            "{folder}: '{folder}' is a folder (name a file in it)",
            InputError,
        ),
        (
            lambda folder: write_schedule(Schedule(), folder / "none" / "s.json"),
            "{folder}/none/s.json: folder '{folder}/none' does not exist (create it:  mkdir -p {folder}/none)",
            InputError,
        ),
        (
            lambda folder: write_document(Document(shop()), folder / "file" / "d.json"),
            "{folder}/file/d.json: '{folder}/file' is not a folder (choose another path)",
            InputError,
        ),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    call: Callable[[Path], None], text: str | None, kind: type[InputError], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("untouched")
    with pytest.raises(kind) as caught:
        call(tmp_path)
    assert caught.value.remedy
    if text is not None:
        assert str(caught.value) == text.format(folder=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "untouched"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.json"
    write_schedule(Schedule(), path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    text = f"{path}: cannot write: No space left on device (check space and path)"
    assert refusal(lambda: write_schedule(Schedule([(0, 0, 0, 1)]), path), InputError) == text
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.json"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.json"
    write_problem(shop(), path)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_problem(shop(name="new"), path)
    assert read_problem(path) == shop()
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", denied)  # permission bits do not stop root
    path = tmp_path / "p.json"
    text = f"{path}: cannot write to '{tmp_path}': Permission denied (choose a folder that is yours)"
    assert refusal(lambda: write_problem(shop(), path), InputError) == text


def test_writing_keeps_the_permissions_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    write_problem(shop(), path)
    path.chmod(0o640)
    write_problem(shop(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_empty_problem_survives_in_native_files_only(tmp_path: Path) -> None:
    empty = Problem(objective=Objective.minimise(makespan=1))
    write_problem(empty, tmp_path / "p.json")
    assert read_problem(tmp_path / "p.json") == empty
    for name in ("p.jsp", "p.fjs", "p.rcp", "p.mm"):
        text = refusal(lambda name=name: write_problem(empty, tmp_path / name), InputError)
        assert "the problem has no tasks" in text


def test_a_cycle_of_precedences_is_infeasible_but_can_be_read_and_written(tmp_path: Path) -> None:
    problem = Problem(
        name="p",
        tasks=tuple(Task(f"a{i}", (Mode(int(2 <= i <= 3)),)) for i in range(1, 5)),
        lags=(TimeLag(0, 1), TimeLag(1, 2), TimeLag(2, 1), TimeLag(2, 3)),
        objective=Objective.minimise(makespan=1),
    )
    write_problem(problem, tmp_path / "p.rcp")
    assert read_problem(tmp_path / "p.rcp") == problem
    assert text_file_module.read_text(tmp_path / "p.rcp").startswith("4 0\n")
