"""Files that the command reads and writes: problems of any format, schedules, documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from schedcore.io import Document
    from schedcore.model import Problem, Schedule
    from schedcore.registry import LoadedInstance
    from schedcore.solvers.protocol import SolveResult


def find_path(name: str, data_dirs: Sequence[Path] = ()) -> Path:
    """The file called ``name``: as it stands, else in one of ``data_dirs``.

    Raises
    ------
    UnknownNameError
        There is none.  If it is the name of an instance, the remedy says how to ask for it.
    """
    path = Path(name).expanduser()
    if path.exists():
        return path
    for folder in data_dirs:
        if not path.is_absolute() and (folder / path).is_file():
            return folder / path
    raise UnknownNameError(f"there is no file {name!r}", where=name, remedy=_remedy(path, name))


def _remedy(path: Path, name: str) -> str:
    from schedcore.errors import SchedError, did_you_mean
    from schedcore.registry import domain_names, get_domain

    for domain in domain_names():
        try:
            names = get_domain(domain).instance_names()
        except SchedError:
            continue
        if name in names or name.lower() in names:
            return f"an instance of {domain}; put the domain before it:  {domain} {name}"
    folder = path.parent
    if folder.is_dir():
        near = did_you_mean(path.name, [entry.name for entry in folder.iterdir()])
        if near.startswith("did you mean"):
            return near
    return "check the path, or put a domain before the name of an instance"


def load_file(name: str, data_dirs: Sequence[Path] = (), format_name: str | None = None) -> LoadedInstance:
    """The problem in a file, without any domain."""
    from schedcore.io import read_problem
    from schedcore.registry import LoadedInstance

    path = find_path(name, data_dirs)
    problem = read_problem(path, format_name)
    return LoadedInstance(problem, problem.name, origin=path)


def read_schedule(path: Path, problem: Problem) -> Schedule:
    """The schedule of ``problem`` in a schedule file or a document."""
    from schedcore.io import read_schedule

    return read_schedule(find_path(str(path)), problem)


def schema_of(path: Path) -> str | None:
    """The family of the native JSON in a file (``problem``, ``schedule``, ``document``), or ``None``.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    import json

    from schedcore.io import read_text

    text = read_text(path)
    if not text.lstrip().startswith("{"):
        return None
    try:
        data = json.loads(text)
    except ValueError:
        return None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or not schema.startswith("sched."):
        return None
    return schema.removeprefix("sched.").partition("/")[0]


def read_any(path: Path, format_name: str | None = None) -> Document:
    """A document, or the problem in a file of any format as a document without schedule."""
    from schedcore.io import Document, read_document, read_problem

    if format_name is None and schema_of(path) == "document":
        return read_document(path)
    return Document(read_problem(path, format_name))


def check_document_file(path: Path | None, where: str = "--out") -> None:
    """Refuse a name for a document that does not end in ``.json``."""
    if path is not None and path.suffix.lower() != ".json":
        raise InputError(
            f"cannot write a document as {path.suffix or 'a file without ending'}",
            where=where,
            remedy="end the name in .json; 'sched convert' writes the other formats",
        )


def document_of(loaded: LoadedInstance, result: SolveResult) -> Document:
    """What a solve found, as a document."""
    from schedcore import __version__
    from schedcore.io import Document

    found: dict[str, Any] = {
        "instance": loaded.name,
        "status": str(result.status),
        "objective": list(result.objective),
        "bound": result.bound,
        "solver": result.solver,
        "seed": result.seed,
        "message": result.message,
        "wall_s": round(result.wall_s, 4),
        "trace": [list(point) for point in result.trace],
        "sched": __version__,
    }
    return Document(loaded.problem, result.schedule, found)


def write_document(path: Path, loaded: LoadedInstance, result: SolveResult) -> None:
    """Write problem, schedule and how it was found to ``path``."""
    from schedcore.io import write_document

    write_document(document_of(loaded, result), path)
