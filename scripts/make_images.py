"""Make the pictures of the documentation with the project itself.

    python scripts/make_images.py

Searches have deterministic limits and one worker, so the pictures change only when the code does.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "img"
LARGEST = 300_000


def main() -> int:
    """Write the pictures; exit status 1 if one is too large for the repository."""
    from jssp.adapter import to_problem
    from jssp.standard import standard_instance
    from schedcore.plot import distribution, plot_schedule, save
    from schedcore.policies import get_policy
    from schedcore.replay import LogNormal, Noise, Uncertainty, replay, replay_policy
    from schedcore.solvers import solve

    FOLDER.mkdir(parents=True, exist_ok=True)
    problem = to_problem(standard_instance("la16"))
    best = solve(problem, "tabu", time_limit_s=600, deterministic_limit=5.0)
    assert best.schedule is not None
    title = f"la16 by tabu search: {best.value} (optimal: 945)"
    written = [plot_schedule(problem, best.schedule, FOLDER / "gantt-la16.png", title=title)]

    noise = Uncertainty(default=Noise(LogNormal(1, 0.2), relative=True))
    rule = solve(problem, "mwkr").schedule
    assert rule is not None
    samples = {
        "tabu search, order kept": replay(problem, best.schedule, noise, scenarios=500).values().tolist(),
        "mwkr, order kept": replay(problem, rule, noise, scenarios=500).values().tolist(),
        "mwkr, decides anew": replay_policy(problem, get_policy("mwkr"), noise, scenarios=500).values().tolist(),
    }
    figure = distribution(samples, title="la16, every duration uncertain by a fifth")
    written.append(save(figure, FOLDER / "replay-la16.png"))

    from jssp.learn.ours.checkpoint import shipped
    from jssp.learn.ours.explain import decisions
    from jssp.learn.ours.picture import plot_decision
    from jssp.learn.ours.shop import shop_of

    shop = standard_instance("la16")
    # A decision in the middle, among three or four, on which the policy is of two minds.
    steps = [d for d in decisions(shop_of(shop), shipped().network) if 25 <= d.step <= 75 and 3 <= len(d.jobs) <= 4]
    doubtful = min(steps, key=lambda d: abs(d.probabilities.max() - 0.6))
    written.append(save(plot_decision(shop, doubtful), FOLDER / "decision-la16.png"))
    for path in written:
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT)}  {size / 1000:.0f} kB")
        if size > LARGEST:
            print(f"{path} is larger than {LARGEST} bytes", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
