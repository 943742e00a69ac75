"""The identity of a trial: the hash of what decides its outcome, and nothing else."""

from __future__ import annotations

import dataclasses
import hashlib

from schedcore.experiments.trial import RECORD_SCHEMA, Trial

VOLATILE = frozenset({"key", "group", "method", "factors", "instance", "data_dirs", "timeout_s", "memory_mb"})
"""Fields of a trial that decide nothing: names for tables, places where files are found, limits enforced from outside
(a trial that ran into one has failed, and is run again).  The instance counts with its name and content instead of
its path."""


def trial_key(trial: Trial, *, instance: str, fingerprint: str, code: str) -> str:
    """The key of ``trial``; equal keys stand for equal results.

    Parameters
    ----------
    instance
        Name of the instance without its folder.
    fingerprint
        Hash of the content of the instance, or what the runner gives in its place.
    code
        Version of the code that computes; see :func:`~schedcore.experiments.code_version.code_version`.
    """
    from schedcore.model import canonical_json

    decides = {name: getattr(trial, name) for name in _DECIDES}
    text = canonical_json(
        {**decides, "instance": instance, "fingerprint": fingerprint, "code": code, "schema": RECORD_SCHEMA}
    )
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


_DECIDES = tuple(field.name for field in dataclasses.fields(Trial) if field.name not in VOLATILE)
