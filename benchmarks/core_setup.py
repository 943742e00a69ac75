"""Bar F14: set-up from a clean clone: what is downloaded, how long it takes, what a second run costs.

    python benchmarks/core_setup.py

Clones the last commit into a temporary folder and runs scripts/bootstrap.sh there.  The download is what the network
interfaces of this machine received meanwhile (Linux), so nothing else should be loading.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from _machine import figure, machine

ROOT = Path(__file__).resolve().parents[1]


def received() -> int:
    """Bytes that all interfaces but loopback have received."""
    lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return sum(int(line.split(":")[1].split()[0]) for line in lines if not line.strip().startswith("lo:"))


def main() -> None:
    """Set up twice and print the figures."""
    print(f"machine: {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        before, began = received(), time.perf_counter()
        subprocess.run(["sh", "scripts/bootstrap.sh"], cwd=clone, check=True)
        first_s, gigabytes = time.perf_counter() - began, (received() - before) / 1e9
        began = time.perf_counter()
        subprocess.run(["sh", "scripts/bootstrap.sh"], cwd=clone, check=True)
        second_s = time.perf_counter() - began
    print(f"     set-up took {first_s:.0f} s")
    print(figure("F14", "download", f"{gigabytes:.2f} GB", "<= 1.5 GB", gigabytes <= 1.5))
    print(figure("F14", "second run", f"{second_s:.2f} s", "<= 2 s", second_s <= 2))


if __name__ == "__main__":
    main()
