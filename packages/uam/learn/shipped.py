"""The policies whose checkpoints come with the package, as the registry names them."""

from __future__ import annotations

from functools import partial

from uam.learn.checkpoint import shipped_policy

captain = partial(shipped_policy, "captain")
captain_seed1 = partial(shipped_policy, "captain-seed1")
captain_seed2 = partial(shipped_policy, "captain-seed2")
captain_gail = partial(shipped_policy, "captain-gail")
captain_ppo = partial(shipped_policy, "captain-ppo")
captain_gcn = partial(shipped_policy, "captain-gcn")
captain_notransformer = partial(shipped_policy, "captain-notransformer")
captain_mlp = partial(shipped_policy, "captain-mlp")
