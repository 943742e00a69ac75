"""What a stretch of work used: processor time and memory of this process."""

from __future__ import annotations

import os
import resource
import sys
import time


class Usage:
    """Measures from its creation until :meth:`read`.

    The largest resident memory is that of this stretch on Linux (where the kernel's mark can be set back), of the
    whole life of the process elsewhere.
    """

    def __init__(self) -> None:
        self.started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
        _reset_peak()
        self._cpu_s = _cpu_s()
        self._begin = time.perf_counter()

    def wall_s(self) -> float:
        """Seconds so far."""
        return round(time.perf_counter() - self._begin, 4)

    def read(self) -> dict[str, float | None]:
        """``cpu_s`` of this process and its children that have ended, ``peak_rss_mb``, and ``load`` at the start."""
        return {"cpu_s": round(_cpu_s() - self._cpu_s, 4), "peak_rss_mb": _peak_rss_mb(), "load": self.load}


def _cpu_s() -> float:
    return sum(use.ru_utime + use.ru_stime for use in map(resource.getrusage, _WHO))


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _reset_peak() -> None:
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass


def _peak_rss_mb() -> float:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    unit = 1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
