"""Cost of the execution: 100,000 slots of SURFnet with 50 demands in 10 s, and 100 x 100 packets on GARR in 2 s."""

from __future__ import annotations

import argparse
import time

from _machine import machine

from qnet.admission import admit
from qnet.compiling import ReferenceProtocols
from qnet.dynamic import simulate_dynamic
from qnet.execution import execute
from qnet.networks import get_network
from qnet.packets import PathModel, random_applications
from qnet.physics.hardware import futuristic_hardware
from qnet.workload import load_workload


def main(argv: list[str] | None = None) -> None:
    """Print both figures and their bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, default=100_000, help="slots to play")
    arguments = parser.parse_args(argv)
    print(machine())
    compiler = ReferenceProtocols(get_network("surfnet"))
    offered: list = []
    seed = 0
    while len(offered) < 400:
        offered += load_workload(compiler, 0.98, 20.0, seed)
        seed += 1
    admission = admit(offered[:120])
    demands = admission.demands[:50]
    again = admit(demands)
    begin = time.process_time()
    result = execute(again.schedule, again.demands, futuristic_hardware(10.0), slots=arguments.slots)
    spent = time.process_time() - begin
    print(f"{len(result.demands)} demands, {arguments.slots} slots of SURFnet: {spent:.2f} s (bar for 100,000: 10 s)")
    network, model = get_network("garr"), PathModel()
    applications = random_applications(network, 100, 0.5, seed=0)
    begin = time.process_time()
    packets = simulate_dynamic(applications, model.slot_s, seed=0, links=len(network.links))
    spent = time.process_time() - begin
    print(f"100 applications x 100 packets on GARR: {spent:.2f} s (bar 2 s), completion {packets.completed_ratio:.3f}")


if __name__ == "__main__":
    main()
