"""Ask the domain: its own simulation, its own description of an instance, and what a solution means in its nouns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError

if TYPE_CHECKING:
    from schedcore.cli.target import Target
    from schedcore.domain_verbs import Answer
    from schedcore.registry import LoadedInstance
    from schedcore.solvers.protocol import SolveResult


def simulate_in_domain(session: Session, target: Target, request: Mapping[str, Any]) -> Outcome | None:
    """The outcome of the domain's own simulation; ``None`` if it has none."""
    from schedcore.cli.progress import progress
    from schedcore.cli.signals import StopRequest
    from schedcore.domain_verbs import Request

    function = _function(target, "simulate")
    if function is None:
        return None
    stop = StopRequest()
    with progress(session) as report, stop.listening(session, "what is complete is shown"):
        answer = _checked(
            target,
            "simulate",
            function(
                Request(target.instance, dict(target.options), progress=report, should_stop=stop, **request),
            ),
        )
    _warn(session, answer)
    data = {
        "domain": target.domain,
        "instance": target.instance,
        **answer.data,
        "written": [str(path) for path in answer.written],
    }
    text = "\n".join([answer.text, *(f"written  {path}" for path in answer.written)])
    if stop() and answer.error is None:
        from schedcore.cli.app import Interrupted

        return Outcome(data, text, Interrupted(f"{stop.word} before the simulation was complete"))
    return Outcome(data, text, answer.error)


def info_of_domain(session: Session, target: Target, data_dirs: tuple[Path, ...]) -> Answer | None:
    """What the domain says of an instance; ``None`` if it says nothing."""
    from schedcore.domain_verbs import Request

    function = _function(target, "info")
    if function is None:
        return None
    request = Request(target.instance, dict(target.options), data_dirs)
    return _warn(session, _checked(target, "info", function(request)))


def describe(session: Session, target: Target, loaded: LoadedInstance, result: SolveResult) -> Answer | None:
    """What a solution means in the nouns of the domain; ``None`` if it says nothing."""
    function = _function(target, "describe")
    if function is None:
        return None
    return _warn(session, _checked(target, "describe", function(loaded, result, dict(target.options))))


def _function(target: Target, name: str) -> Callable[..., Any] | None:
    if target.domain is None:
        return None
    from schedcore.registry import get_domain, load_reference

    reference: str | None = getattr(get_domain(target.domain), name)
    if reference is None:
        return None
    found = load_reference(reference, where=f"{name} of domain {target.domain}")
    if not callable(found):
        raise InputError(f"{reference} is no function", where=f"{name} of domain {target.domain}", remedy="name one")
    return found  # type: ignore[no-any-return]


def _checked(target: Target, name: str, answer: Any) -> Answer:
    from schedcore.domain_verbs import Answer

    if not isinstance(answer, Answer):
        raise InputError(
            f"it gave a {type(answer).__name__}",
            where=f"{name} of domain {target.domain}",
            remedy="return a schedcore.domain_verbs.Answer",
        )
    return answer


def _warn(session: Session, answer: Answer) -> Answer:
    for warning in answer.warnings:
        session.warn(warning)
    return answer
