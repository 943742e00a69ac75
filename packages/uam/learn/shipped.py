"""The policies whose checkpoints come with the package, as the registry names them."""

from __future__ import annotations

from functools import partial

from uam.learn.checkpoint import shipped_policy

captain = partial(shipped_policy, "captain")
