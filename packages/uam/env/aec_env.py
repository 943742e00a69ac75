"""The day as a PettingZoo AEC environment: every aircraft is an agent, and the event queue says whose turn it is."""

from __future__ import annotations

from typing import Any

from pettingzoo import AECEnv

from uam.env.gym_env import ScenarioSource, UamEnv


class UamAecEnv(AECEnv):
    """An AEC environment around :class:`~uam.env.gym_env.UamEnv`, which takes the same arguments.

    Agents are ``aircraft_0`` and so on.  All agents share the observation, taken at the moment of their turn; the
    reward of a decision goes to the aircraft that made it.  The day ends for all at once.
    """

    metadata = {"name": "uam_v0", "is_parallelizable": False, "render_modes": []}  # noqa: RUF012

    agent_selection: str

    def __init__(self, scenario: ScenarioSource = "fixed8", **options: Any) -> None:
        super().__init__()
        self._env = UamEnv(scenario, **options)
        self.possible_agents = [f"aircraft_{k}" for k in range(self._env.sizes.aircraft)]
        self.render_mode = None

    def observation_space(self, agent: str) -> Any:
        return self._env.observation_space

    def action_space(self, agent: str) -> Any:
        return self._env.action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        # PettingZoo's own tests hand over options that no environment knows; only ours are passed on.
        known = {key: value for key, value in (options or {}).items() if key == "scenario"}
        self._observation, info = self._env.reset(seed=seed, options=known)
        self.agents = self.possible_agents[: self._env.scenario.plan.num_aircraft]
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}
        self._turn(info)

    def observe(self, agent: str) -> Any:
        return self._observation

    def step(self, action: int | None) -> None:
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self._observation, reward, done, _, info = self._env.step(int(action))  # type: ignore[arg-type]
        self.rewards[agent] = reward
        self._accumulate_rewards()
        if done:
            self.terminations = dict.fromkeys(self.agents, True)
            self.infos = dict.fromkeys(self.agents, info)
            self.agent_selection = self.agents[0]
        else:
            self._turn(info)

    def _turn(self, info: dict[str, Any]) -> None:
        self.agent_selection = self.possible_agents[info["aircraft"]]
        self.infos[self.agent_selection] = info

    def render(self) -> None:
        return None

    def close(self) -> None:
        self._env.close()
