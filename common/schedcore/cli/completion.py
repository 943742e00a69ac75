"""``sched completion``: the script that makes a shell complete verbs, options and names."""

from __future__ import annotations

import click

from schedcore.cli.command import verb
from schedcore.cli.session import Outcome, Session

_INSTALL = {
    "bash": 'add to ~/.bashrc:  eval "$(sched completion bash)"',
    "zsh": 'add to ~/.zshrc:  eval "$(sched completion zsh)"',
    "fish": "run once:  sched completion fish > ~/.config/fish/completions/sched.fish",
}


@verb("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(sorted(_INSTALL)), metavar="SHELL")
def completion(session: Session, shell: str) -> Outcome:
    """Print the completion script of SHELL: bash, fish or zsh.

    \b
    bash   add to ~/.bashrc:  eval "$(sched completion bash)"
    zsh    add to ~/.zshrc:   eval "$(sched completion zsh)"
    fish   run once:  sched completion fish > ~/.config/fish/completions/sched.fish
    """
    from click.shell_completion import get_completion_class

    from schedcore.cli.app import build_command

    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - the choice above lists only shells that click knows
        raise AssertionError(shell)
    if shell == "bash":
        # The class would start bash to look at its version, which says nothing about the bash that reads this.
        kind._check_version = staticmethod(lambda: None)  # type: ignore[attr-defined]
    script = kind(build_command(), {}, "sched", "_SCHED_COMPLETE").source()
    session.detail(_INSTALL[shell])
    return Outcome({"shell": shell, "script": script, "install": _INSTALL[shell]}, script)
