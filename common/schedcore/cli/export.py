"""``sched export``: the trials of a run for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from schedcore.cli.command import verb
from schedcore.cli.progress import progress
from schedcore.cli.runs import run_argument, runs_dir_option
from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError


@verb("export", short_help="Write the trials of a run as CSV or Parquet, or to a tracker.")
@run_argument()
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), help="Default: csv.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where trials, metrics and traces go.  [default: RUN/export]",
)
@click.option("--to", "sink", type=click.Choice(["mlflow", "tensorboard"]), help="Send to a tracker instead.")
@click.option("--uri", metavar="URI", help="Of the MLflow server or database, such as sqlite:///mlflow.db.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Of TensorBoard's files.",
)
@runs_dir_option()
def export(
    session: Session,
    run: str,
    form: str | None,
    out: Path | None,
    sink: str | None,
    uri: str | None,
    folder: Path | None,
    runs_dir: Path,
) -> Outcome:
    """Write the trials of RUN: a folder that 'sched sweep' or 'sched run' wrote, or its name in runs/.

    \b
    trials    a row per trial, finished or not: what it was given, what came of it
    metrics   a row per trial and metric
    traces    a row per trial and improvement: seconds, value, bound

    --to mlflow --uri URI and --to tensorboard --dir FOLDER send the finished trials to a tracker
    (extra: tracking); sent again, a trial takes the place of its older self. Parquet needs the extra
    parquet.
    """
    from schedcore.experiments.export import frames_of, write_frames
    from schedcore.experiments.report import read_run
    from schedcore.experiments.run_folder import find_run

    path = find_run(run, runs_dir)
    if sink is not None:
        if form is not None or out is not None:
            raise InputError(
                "--format and --out are for files", where="--to", remedy=f"leave them out with --to {sink}"
            )
        return _send(session, path, sink, uri, folder)
    if uri is not None or folder is not None:
        raise InputError(
            "--uri and --dir belong to a tracker", where="--to", remedy="add --to mlflow or --to tensorboard"
        )
    data = read_run(path)
    frames = frames_of(data)
    files = write_frames(frames, out or path / "export", form or "csv")
    rows = {frame.name: len(frame.rows) for frame in frames}
    text = "\n".join(f"{file}  ({count:,} rows)" for file, count in zip(files, rows.values()))
    return Outcome({"run": data.name, "written": [str(file) for file in files], "rows": rows}, text)


def _send(session: Session, path: Path, sink: str, uri: str | None, folder: Path | None) -> Outcome:
    from schedcore.experiments.report import read_run
    from schedcore.experiments.sinks import get_sink, send_run

    wanted, other = ("--uri", folder) if sink == "mlflow" else ("--dir", uri)
    place = uri if sink == "mlflow" else None if folder is None else str(folder)
    if other is not None:
        raise InputError(f"{sink} takes {wanted} alone", where="--to", remedy=f"give {wanted}")
    if place is None:
        raise InputError(f"{sink} needs a place to write to", where="--to", remedy=f"give {wanted}")
    made = get_sink(sink, place)
    data = read_run(path)
    with progress(session) as report:
        sent = send_run(data, made, lambda done, total: report(done, total, f"sending to {sink}"))
    return Outcome({"run": data.name, "sink": sink, "place": place, "sent": sent}, f"{sent:,} trials sent to {place}")
