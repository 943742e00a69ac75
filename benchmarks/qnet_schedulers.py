"""Cost of the periodic schedulers: an admission series of 26 demands on the star in 0.1 s, of 20 on SURFnet in 1 s.

The authors' code took 33 s and 99 s for such series.  The bar is CPU time on one core; every admission schedules the
whole set again, as published.
"""

from __future__ import annotations

import argparse
import json
import time

from _machine import machine

from qnet.admission import admit
from qnet.compiling import ReferenceProtocols
from qnet.networks import get_network
from qnet.workload import load_workload

CASES = (("star", 0.55, 50.0, 26, 0.1), ("H", 0.55, 20.0, 14, 0.1), ("surfnet", 0.98, 50.0, 20, 1.0))
LABELS = ("pts-np-edf", "rcpsp-np-fpr", "rcpsp-np-edf", "rcpsp-cedf", "rcpsp-pb", "rcpsp-strict")


def main(argv: list[str] | None = None) -> None:
    """Print a line per network and scheduler; the bar is for ``rcpsp-np-edf``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="the fastest of so many counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    rows = []
    for network, fidelity, load_hz, count, bar_s in CASES:
        compiler = ReferenceProtocols(get_network(network))
        workload: list = []
        seed = 0
        while len(workload) < count:
            workload += load_workload(compiler, fidelity, load_hz, seed)
            seed += 1
        workload = workload[:count]
        for label in LABELS:
            times = []
            for _ in range(arguments.repeats):
                begin = time.process_time()
                found = admit(workload, label)
                times.append(time.process_time() - begin)
            rows.append(
                {
                    "network": network,
                    "demands": count,
                    "scheduler": label,
                    "accepted": len(found.accepted),
                    "cpu_s": min(times),
                    "bar_s": bar_s if label == "rcpsp-np-edf" else None,
                }
            )
    if arguments.json:
        print(json.dumps({"machine": machine(), "rows": rows}))
        return
    print(machine())
    for row in rows:
        bar = (
            ""
            if row["bar_s"] is None
            else f"  bar {row['bar_s']} s: {'held' if row['cpu_s'] <= row['bar_s'] else 'MISSED'}"
        )
        print(
            f"{row['network']:<8} {row['demands']} demands  {row['scheduler']:<13} {row['accepted']:>3} accepted "
            f"{row['cpu_s'] * 1000:8.1f} ms{bar}"
        )


if __name__ == "__main__":
    main()
