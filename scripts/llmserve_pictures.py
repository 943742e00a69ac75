"""Make the pictures of docs/llmserve.md: ``python scripts/llmserve_pictures.py [--out docs/img]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from llmserve.deployment import parse_deployment
from llmserve.paper import OTHER_S
from llmserve.plan.picture import interference_figure, plan_figure
from llmserve.plan.search import layer_question, search_plan
from llmserve.roofline import roofline
from schedcore.plot import save


def main(argv: list[str] | None = None) -> None:
    """Search the plans and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/img"), help="folder for the pictures")
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    large = parse_deployment("llama-2-70b@8xa100")
    save(roofline(large, "512-1024", 512, 1024, 2048).figure(), out / "llmserve-roofline.png")
    save(interference_figure(), out / "llmserve-interference.png")
    for name, deployment, other_s, p, d in (
        ("70b", large, OTHER_S, 512, 1024),
        ("8b", parse_deployment("llama-3-8b@1xh200"), 0.0, 1024, 512),
    ):
        plan = search_plan(layer_question(deployment, f"{p}-{d}", p, d, other_s=other_s))
        save(plan_figure(plan), out / f"llmserve-plan-{name}.png")
        print(f"{name}: {1e3 * plan.period_s:.3f} ms per layer, gain {plan.gain:.3f}")


if __name__ == "__main__":
    main()
