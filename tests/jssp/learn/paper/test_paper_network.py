"""The network: its size, its two implementations, and the layers that it is made of."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from jssp import generate
from jssp.adapter import to_problem
from jssp.env.batch import BatchJobShopEnv
from jssp.env.cp_env import CpEnv
from jssp.env.modes import ActionMode
from jssp.env.observation import ObservationForm
from jssp.learn.paper import forward
from jssp.learn.paper.checkpoint import SHAPES
from jssp.learn.paper.general import logits
from jssp.learn.paper.network import ILLEGAL, PARAMETERS, PaperNetwork, positions


def network(*, legacy: bool = False, seed: int = 0) -> PaperNetwork:
    """A network with weights large enough that every part matters."""
    torch.manual_seed(seed)
    made = PaperNetwork(legacy=legacy)
    for parameter in made.parameters():
        nn.init.normal_(parameter, 0.1, 0.4)
    return made.eval()


def weights_of(made: PaperNetwork) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in made.state_dict().items()}


def test_the_network_has_2442_parameters() -> None:
    made = PaperNetwork()
    assert sum(p.numel() for p in made.parameters()) == PARAMETERS == 2442
    assert {name: tuple(value.shape) for name, value in made.state_dict().items()} == SHAPES
    assert sum(math.prod(shape) for shape in SHAPES.values()) == 2442


def reference(made: PaperNetwork, seen: dict[str, torch.Tensor]) -> torch.Tensor:
    """The same function in the words of the specification, with torch's own encoder layers."""
    rep, kinds = seen["interval_rep"], seen["start_end_tokens"].long()
    ignored = seen["attention_interval_mask"].bool()
    count, n, window, _ = rep.shape
    values = torch.cat((made.fixed(rep[..., 0].long()), rep[..., 1:3], made.next(rep[..., 3].long())), dim=-1)
    real = (kinds == 0).unsqueeze(-1)
    values = torch.where(real, values, made.special(kinds))
    hidden = made.embed(values) + real * positions(seen["index_interval"])
    padding = ignored.reshape(count * n, window)
    rows = made.tokens(hidden.reshape(count * n, window, 8), src_key_padding_mask=padding)
    if made.legacy:
        job = rows.mean(dim=1)
    else:
        kept = (~padding).unsqueeze(-1)
        job = (rows * kept).sum(dim=1) / kept.sum(dim=1)
    job = job.reshape(count, n, 8)
    job = made.jobs(job, src_mask=~seen["job_resource_mask"][:, :n, :n].bool()) + job
    out = torch.cat((made.job_head(job).squeeze(-1), made.noop_head(job).mean(dim=1)), dim=1)
    return out.masked_fill(~seen["action_mask"].bool(), ILLEGAL)


def states(mode: str, form: ObservationForm, steps: int):
    env = BatchJobShopEnv([generate("taillard:7x6:1"), generate("demirkol:7x5:2")], 3, mode=mode, form=form)
    rng = np.random.default_rng(0)
    for _ in range(steps):
        yield env
        env.step_keys(rng.random((env.num_envs, env.num_jobs + 1)))


@pytest.mark.parametrize("form", [ObservationForm(), ObservationForm("absolute"), ObservationForm(legacy=True)])
@pytest.mark.parametrize("mode", list(ActionMode))
def test_all_implementations_agree_along_episodes(mode, form) -> None:
    made = network(legacy=form.legacy)
    weights = forward.pack(weights_of(made))
    for env in states(mode, form, 60):
        raw = env.raw_observation()
        mask = raw["action_mask"]
        fast = np.empty(mask.shape, dtype=np.float32)
        forward.all_logits(
            weights,
            form.legacy,
            raw["interval_rep"],
            raw["start_end_tokens"],
            raw["attention_interval_mask"],
            raw["index_interval"],
            mask,
            raw["group"],
            fast,
        )
        with torch.no_grad():
            slow, plain = made(env.observe_torch()).numpy(), reference(made, env.observe_torch()).numpy()
        np.testing.assert_allclose(slow, plain, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(fast[mask], slow[mask], rtol=1e-4, atol=1e-5)
        assert (fast[~mask] <= -3e38).all()


def test_the_general_form_gives_the_same_logits() -> None:
    made = network()
    weights = forward.pack(weights_of(made))
    shop = generate("taillard:5x4:1")
    env, general = BatchJobShopEnv([shop]), CpEnv(to_problem(shop))
    rng = np.random.default_rng(1)
    for _ in range(25):
        with torch.no_grad():
            expected = made(env.observe_torch()).numpy()[0]
        mask = general.action_mask()
        np.testing.assert_allclose(
            logits(weights, False, general.observe())[mask], expected[mask], rtol=1e-4, atol=1e-5
        )
        ranking = rng.permutation(6)
        env.step(ranking[None])
        general.step(ranking.tolist())


def test_jobs_may_be_permuted() -> None:
    made = network()
    seen = BatchJobShopEnv([generate("taillard:6x4:3")]).observe_torch()
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    with_last = torch.cat((order, torch.tensor([6])))
    mixed = {key: value[:, order] for key, value in seen.items() if key not in ("action_mask", "job_resource_mask")}
    mixed["action_mask"] = seen["action_mask"][:, with_last]
    mixed["job_resource_mask"] = seen["job_resource_mask"][:, with_last][:, :, with_last]
    with torch.no_grad():
        torch.testing.assert_close(made(mixed), made(seen)[:, with_last])


def test_positions_are_those_of_the_sinusoidal_table_without_end() -> None:
    table = positions(torch.tensor([0, 7, 1234]))
    for row, place in zip(table, (0, 7, 1234)):
        for i in range(0, 8, 2):
            angle = place / 10000 ** (i / 8)
            assert float(row[i]) == pytest.approx(math.sin(angle), abs=2e-4)
            assert float(row[i + 1]) == pytest.approx(math.cos(angle), abs=2e-4)


def test_a_job_of_many_operations_is_no_obstacle() -> None:
    shop = generate("taillard:3x130:1")
    made = network()
    env = BatchJobShopEnv([shop], form=ObservationForm("absolute"))
    with torch.no_grad():
        assert torch.isfinite(made(env.observe_torch())[0, :3]).all()
