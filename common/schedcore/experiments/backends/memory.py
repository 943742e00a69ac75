"""Memory of processes and of the machine, read from the system without any library."""

from __future__ import annotations

import os
import subprocess
import sys

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 1024 * 1024


def tree_rss_mb(pid: int) -> float:
    """Resident memory of the process ``pid`` and its descendants in MiB; 0 if it is gone."""
    if not sys.platform.startswith("linux"):
        return _tree_by_ps(pid)
    total, left = 0.0, [pid]
    while left:
        process = left.pop()
        try:
            with open(f"/proc/{process}/statm", encoding="ascii") as file:
                total += int(file.read().split()[1]) * _PAGE / _MB
            for thread in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:
                    left += [int(child) for child in file.read().split()]
        except (OSError, ValueError, IndexError):
            continue
    return total


def _tree_by_ps(pid: int) -> float:
    try:
        text = subprocess.run(
            ["ps", "-axo", "pid=,ppid=,rss="], capture_output=True, text=True, timeout=5, check=False
        ).stdout
        rows = [tuple(map(int, line.split())) for line in text.splitlines()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0.0
    chosen = {pid}
    while more := {process for process, parent, _ in rows if parent in chosen} - chosen:
        chosen |= more
    return sum(rss for process, _, rss in rows if process in chosen) / 1024


def available_mb() -> float | None:
    """Memory that may still be used in MiB: of the machine, or of the group of processes if that has less."""
    found = []
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    found.append(int(line.split()[1]) / 1024)
                    break
    except (OSError, ValueError):
        pass
    limit, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    if limit is not None and used is not None:
        cache = _inactive_file()
        found.append((limit - used + cache) / _MB)
    return min(found, default=None)


def _inactive_file() -> float:
    """Pages of files in the group that the kernel gives back when memory is asked for."""
    try:
        with open("/sys/fs/cgroup/memory.stat", encoding="ascii") as file:
            for line in file:
                if line.startswith("inactive_file "):
                    return float(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0.0


def _number(path: str) -> float | None:
    try:
        with open(path, encoding="ascii") as file:
            text = file.read().strip()
        return None if text == "max" else float(text)
    except (OSError, ValueError):
        return None


def kernel_kills() -> int:
    """How often the kernel has killed a process for want of memory since it was started."""
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            for line in file:
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
