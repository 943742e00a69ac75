"""Running the command: streams, signals, time-out, and one place where exceptions become exit codes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings as python_warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TextIO

import click

from schedcore.cli.command import ENV_PREFIX, Verbs, check_settings, common_options, wants_json
from schedcore.cli.session import Finished, Outcome, Session
from schedcore.cli.timeout import TimedOut
from schedcore.errors import InputError, SchedError, UnknownNameError, did_you_mean


class Interrupted(SchedError):
    """Ctrl-C or SIGTERM ended the command."""

    exit_code = 130


class InternalError(SchedError):
    """An exception that nobody meant to raise: a bug."""

    exit_code = 1


class _Terminated(KeyboardInterrupt):
    """SIGTERM, as an exception that unwinds like Ctrl-C."""


def _show_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from schedcore.cli.version import version_data, version_text

        data = version_data()
        raise Finished(Outcome(data, version_text(data)))


def build_command() -> click.Command:
    """The whole command; also what the reference is generated from."""
    return Verbs(
        name="sched",
        help="State scheduling problems, solve them, check them, and compare methods.",
        epilog="'sched VERB --help' explains a verb. Trailing key=value words override its configuration.",
        params=[
            *common_options(),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_version,
                help="Show the versions of sched and of the libraries that its results depend on.",
            ),
        ],
        no_args_is_help=False,
        invoke_without_command=True,
        callback=click.pass_context(_without_verb),
        subcommand_metavar="VERB [ARGS]...",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def _without_verb(ctx: click.Context) -> Outcome | None:
    if ctx.invoked_subcommand is not None:
        return None
    session = ctx.find_object(Session)
    if session is not None:
        check_settings(session, ctx)
        if session.machine_readable:
            raise click.UsageError("no verb given", ctx)
    return Outcome({}, ctx.get_help())


def run_process(arguments: Sequence[str]) -> int:
    """Run as the process's command: real streams and signals.  Returns the exit code."""
    if sys.stdout is None:  # closed by the caller
        sys.stdout = _closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if "" not in sys.path and os.getcwd() not in sys.path:
        # `--solver my_rules:Mine` finds my_rules.py here, as with python -m; behind everything installed.
        sys.path.append(os.getcwd())
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, _on_sigterm)
    with _own_stdout(any(wants_json(arguments))) as out:
        return run(arguments, out=out, err=sys.stderr)


def run(arguments: Sequence[str], *, out: IO[str], err: IO[str]) -> int:
    """Run with these words, writing to these streams; returns the exit code and never raises.

    For the process's own command use :func:`run_process`; this is the part that tests and embedders
    can call.
    """
    as_json, as_jsonl = wants_json(arguments)
    session = Session(out=out, err=err, json=as_json, jsonl=as_jsonl)
    code = 1
    try:
        try:
            with _python_warnings(session):
                outcome = _invoke(arguments, session)
        except BaseException as error:
            outcome = _failure(error, session)
        code = outcome.exit_code
        session.finish(outcome)
    except BrokenPipeError:
        # The reader has gone (`sched list | head`): what it wanted, it has.
        _forget(out)
    except OSError as error:
        # Only the output is written here; a full disk, for one.
        _forget(out)
        session.print_error(SchedError(f"the output could not be written: {error.strerror or error}"))
        code = SchedError.exit_code
    except KeyboardInterrupt:
        code = Interrupted.exit_code
    return code


def _invoke(arguments: Sequence[str], session: Session) -> Outcome:
    try:
        result: Any = build_command().main(
            args=list(arguments),
            prog_name="sched",
            standalone_mode=False,
            obj=session,
            auto_envvar_prefix=ENV_PREFIX,
            complete_var="_SCHED_COMPLETE",
        )
    except Finished as finished:
        return finished.outcome
    except SystemExit as stop:
        # click ends the process after it has answered a completion request, or when its output broke.
        return Outcome({}, error=None if not stop.code else InternalError("the output could not be written"))
    if not isinstance(result, Outcome):
        raise TypeError(f"verb {session.command!r} returned {type(result).__name__}, not Outcome")
    return result


def _failure(error: BaseException, session: Session) -> Outcome:
    """The outcome for an exception; every error that can reach the user passes here."""
    if session.debug:
        session.note("".join(traceback.format_exception(error)).rstrip())
    return Outcome({}, error=expected_error(error, session.command))


def expected_error(error: BaseException, command: str) -> SchedError:
    """``error`` in the terms of :mod:`schedcore.errors`: what, where, what to do, and an exit code."""
    if isinstance(error, SchedError):
        return error
    if isinstance(error, TimedOut):
        return error.error
    if isinstance(error, click.ClickException):
        return _usage_error(error, command)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        terminated = isinstance(error, _Terminated) or isinstance(error.__cause__, _Terminated)
        return Interrupted("terminated" if terminated else "interrupted")
    if isinstance(error, MemoryError):
        return InternalError("out of memory", remedy="use a smaller instance, fewer workers, or a larger machine")
    if isinstance(error, OSError) and error.filename is not None:
        return InputError(
            error.strerror or type(error).__name__,
            where=str(error.filename),
            remedy="check the path and its permissions",
        )
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return InternalError(
        f"internal error: {text}",
        where=_place(error),
        remedy="this is a bug; run again with --debug for the traceback, and report it",
    )


def _usage_error(error: click.ClickException, command: str) -> SchedError:
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "sched" if command == "sched" else f"sched {command}"
    help_hint = f"{path} --help  explains the usage"
    if isinstance(error, click.NoSuchOption):
        known = [name for parameter in ctx.command.get_params(ctx) for name in parameter.opts] if ctx else []
        near = did_you_mean(error.option_name, [name for name in known if name.startswith("--")])
        remedy = near if near.startswith("did you mean") else help_hint
        return UnknownNameError(f"unknown option {error.option_name!r}", where=path, remedy=remedy)
    where = path
    parameter = getattr(error, "param", None)
    if (
        isinstance(error, click.BadParameter)
        and parameter is not None
        and not isinstance(error, click.MissingParameter)
    ):
        names = parameter.opts if isinstance(parameter, click.Option) else [parameter.make_metavar(ctx)]
        where = f"{path} {names[-1]}"
        if isinstance(parameter.type, click.Choice):
            # The message quotes the value first, then the choices.
            given = error.message.split("'")[1] if "'" in error.message else ""
            near = did_you_mean(given, [str(choice) for choice in parameter.type.choices])
            if near.startswith("did you mean"):
                return UnknownNameError(error.message.rstrip("."), where=where, remedy=near)
        return InputError(error.message.rstrip("."), where=where, remedy=help_hint)
    return InputError(error.format_message().rstrip(".").replace("\n", " "), where=where, remedy=help_hint)


def _place(error: BaseException) -> str | None:
    """File and line of the innermost frame in this project, else of the innermost frame."""
    frames = traceback.extract_tb(error.__traceback__)
    root = Path(__file__).resolve().parents[2]
    for frame in reversed(frames):
        if Path(frame.filename).is_relative_to(root):
            return f"{frame.filename}:{frame.lineno}"
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def _on_sigterm(number: int, frame: object) -> None:
    raise _Terminated


@contextlib.contextmanager
def _python_warnings(session: Session) -> Iterator[None]:
    """Send warnings of libraries through the session, so that ``--json`` carries them."""
    shown = python_warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        session.warn(f"{category.__name__}: {message}")

    python_warnings.showwarning = show
    try:
        yield
    finally:
        python_warnings.showwarning = shown


@contextlib.contextmanager
def _own_stdout(guard: bool) -> Iterator[IO[str]]:
    """The stream for data.

    With ``guard`` everything else that writes to stdout, compiled libraries included, lands on stderr,
    so that a program reading the JSON output sees nothing but it.
    """
    if not guard:
        yield sys.stdout
        return
    try:
        number = sys.stdout.fileno()
        sys.stdout.flush()
        out = os.fdopen(os.dup(number), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), number)
    except (OSError, ValueError):
        # No real file behind stdout: nothing to protect it from.
        yield sys.stdout
        return
    try:
        yield out
    finally:
        with contextlib.suppress(OSError):
            out.close()


def _closed() -> TextIO:
    """A stream on which every write fails, as on the closed descriptor that it stands for."""
    return open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")


def _forget(stream: IO[str]) -> None:
    """Point a broken stream at nothing, so that the interpreter's last flush stays silent."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
