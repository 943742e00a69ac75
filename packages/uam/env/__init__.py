"""Environments: :class:`uam.env.gym_env.UamEnv` (Gymnasium) and :mod:`uam.env.aec_env` (PettingZoo)."""
