"""The error of an answer that outgrows the memory."""

from __future__ import annotations

from llmserve.serving.request import Sequence
from schedcore.errors import InputError


class OutOfPagesError(InputError):
    """The only request that holds pages needs one more than there are.

    An engine ends ``sequence`` with what it has (``Scheduler.cancel``) and asks for the iteration again.
    """

    def __init__(self, sequence: Sequence, pages: int) -> None:
        super().__init__(
            f"the answer outgrows the {pages} pages that there are",
            where=f"request {sequence.id}",
            remedy="limit the length of answers, or use a deployment with more memory",
        )
        self.sequence = sequence

    def __reduce__(self) -> tuple[object, ...]:
        return InputError, (str(self),)
