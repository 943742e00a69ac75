"""Bar F9: what starting costs, each the least of several fresh processes.

python benchmarks/core_startup.py [--runs 7]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from _machine import figure, machine

HEAVY = ("torch", "ray", "ortools", "hydra", "pandas", "matplotlib", "numba", "scipy", "gymnasium", "simpy", "qutip")


def least(words: list[str], runs: int) -> float:
    """Shortest wall time of a command, in seconds."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Measure, and print beside the bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print(f"machine: {machine()}")
    python = sys.executable
    numpy_s = least([python, "-c", "import numpy"], runs)
    model_s = least([python, "-c", "import schedcore.model"], runs)
    import_s = least([python, "-c", "import schedcore"], runs)
    help_s = least([python, "-m", "schedcore", "--help"], runs)
    bar = numpy_s + 0.05
    print(f"     import numpy takes {numpy_s:.3f} s, import schedcore.model {model_s:.3f} s")
    print(figure("F9", "import schedcore", f"{import_s:.3f} s", f"<= {bar:.3f} s", import_s <= bar))
    print(figure("F9", "sched --help", f"{help_s:.3f} s", "<= 0.4 s", help_s <= 0.4))
    code = f"import sys; import schedcore.cli; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    loaded = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    print(figure("F9", f"heavy libraries loaded by the command {loaded or ''}", str(len(loaded)), "0", not loaded))


if __name__ == "__main__":
    main()
