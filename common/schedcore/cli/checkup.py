"""The checks of ``sched doctor``.  Each yields one line; none changes anything or imports a heavy library."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from schedcore.errors import SchedError

DISTRIBUTION = "sched-research"
_MB = 1 << 20
_GB = 1 << 30

# Import names that differ from the distribution's.
_IMPORT_NAMES = {"hydra-core": "hydra", "torch-geometric": "torch_geometric"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; ``remedy`` says what to do about a warning or a failure."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """The check as plain data."""
        return asdict(self)


def checkup(*, config_dir: Path | None = None, imports: bool = False, kernels: bool = False) -> Iterator[Check]:
    """All checks, in the order of the report."""
    yield _python()
    yield _installation()
    libraries = _requirements()
    yield from _libraries(libraries)
    yield _torch_build()
    yield from _domains()
    yield _configuration(config_dir)
    yield _processors()
    yield _memory()
    yield _shared_memory()
    yield _gpu()
    yield _disk()
    yield from _ray_leftovers()
    if kernels:
        yield _kernels()
    if imports:
        for name in libraries:
            yield _import(_IMPORT_NAMES.get(name, name))


def _python() -> Check:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    return Check("python", "ok", detail)


def _installation() -> Check:
    from schedcore import __version__
    from schedcore.cli.version import git_revision

    revision = git_revision()
    detail = f"sched {__version__}" + (f", git {revision}" if revision else "") + f", {Path(__file__).parents[1]}"
    try:
        installed = version(DISTRIBUTION)
    except PackageNotFoundError:
        return Check("installation", "warn", detail, f"{DISTRIBUTION} is not installed; domains register when it is")
    if installed != __version__:
        remedy = "install again:  scripts/bootstrap.sh --force"
        return Check("installation", "warn", f"{detail}; installed as {installed}", remedy)
    return Check("installation", "ok", detail)


def _requirements() -> tuple[str, ...]:
    """Names of the libraries that the installed distribution asks for, without its extras."""
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return ()
    names = []
    for line in lines:
        requirement, _, marker = line.partition(";")
        if "extra ==" in marker:
            continue
        if "sys_platform == 'linux'" in marker.replace('"', "'") and not (
            sys.platform == "linux" and platform.machine() == "x86_64"
        ):
            continue
        match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
        if match:
            names.append(match[0])
    return tuple(names)


def _libraries(names: tuple[str, ...]) -> Iterator[Check]:
    from schedcore.cli.version import library_version

    found = {name: library_version(name) for name in names}
    present = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    missing = [name for name, number in found.items() if number is None]
    if missing:
        remedy = "set up again:  scripts/bootstrap.sh --force"
        yield Check("libraries", "fail", "missing: " + ", ".join(missing), remedy)
    elif present:
        yield Check("libraries", "ok", present)


def _torch_build() -> Check:
    from importlib.metadata import distribution

    try:
        torch = distribution("torch")
    except PackageNotFoundError:
        return Check("torch build", "warn", "torch is not installed", "needed to train and to serve")
    wants_cuda = any(line.startswith(("nvidia-", "cuda-")) for line in torch.requires or ())
    cuda = "+cpu" not in torch.version and (wants_cuda or "+cu" in torch.version)
    if cuda or not _nvidia_driver():
        return Check("torch build", "ok", f"{torch.version}, {'CUDA' if cuda else 'CPU'}")
    remedy = "SCHED_TORCH=cuda scripts/bootstrap.sh"
    return Check("torch build", "warn", f"{torch.version}, a CPU build beside an NVIDIA GPU", remedy)


def _domains() -> Iterator[Check]:
    from schedcore.registry import domain_names, get_domain

    try:
        names = domain_names()
    except SchedError as error:
        yield Check("domains", "fail", str(error), error.remedy)
        return
    if not names:
        yield Check("domains", "warn", "none registered", "install the project:  scripts/bootstrap.sh")
    for name in names:
        try:
            domain = get_domain(name)
            count = len(domain.instance_names())
        except SchedError as error:
            yield Check(f"domain {name}", "fail", error.what, error.remedy)
        except Exception as error:
            remedy = "a bug of that domain; run with --debug"
            yield Check(f"domain {name}", "fail", f"{type(error).__name__}: {error}", remedy)
        else:
            yield Check(f"domain {name}", "ok", f"{count} instances, {len(domain.suites)} suites")


def _configuration(config_dir: Path | None) -> Check:
    from schedcore.configdir import find_config_dir

    try:
        found = find_config_dir(config_dir)
    except SchedError as error:
        return Check("configuration", "fail", error.what, error.remedy)
    count = len(found.experiments())
    return Check("configuration", "ok", f"{found.path} (found by {found.found_by}), {count} experiments")


def granted_cpus() -> int:
    """Processors this process may use: the affinity mask, cut by the quota of the control group."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        if quota != "max":
            count = min(count, max(1, int(int(quota) / int(period))))
    except (OSError, ValueError):
        pass
    return count


def _processors() -> Check:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return Check("processors", "ok", f"{granted_cpus()} granted of {os.cpu_count()}{load}")


def _memory() -> Check:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        total, free = kib["MemTotal"] * 1024, kib["MemAvailable"] * 1024
    except (OSError, ValueError, KeyError, IndexError):
        return Check("memory", "ok", "unknown on this system")
    detail = f"{total / _GB:.1f} GB, {free / _GB:.1f} GB available"
    if free < 2 * _GB:
        return Check("memory", "warn", detail, "large solver runs and Ray want 2 GB or more")
    return Check("memory", "ok", detail)


def _shared_memory() -> Check:
    try:
        size = shutil.disk_usage("/dev/shm").total
    except OSError:
        return Check("shared memory", "ok", "no /dev/shm on this system")
    if size < 300 * _MB:
        remedy = "Ray wants 256 MB; with docker:  --shm-size=1g"
        return Check("shared memory", "warn", f"{size / _MB:.0f} MB", remedy)
    return Check("shared memory", "ok", f"{size / _GB:.1f} GB")


def _nvidia_driver() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _gpu() -> Check:
    if not _nvidia_driver():
        return Check("gpu", "ok", "none")
    try:
        query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Check("gpu", "warn", f"a driver, but nvidia-smi does not answer: {error}", "check the driver")
    return Check("gpu", "ok", "; ".join(answer.stdout.strip().splitlines()))


def _disk() -> Check:
    here = Path.cwd()
    free = shutil.disk_usage(here).free
    detail = f"{free / _GB:.1f} GB free in {here}"
    if not os.access(here, os.W_OK):
        return Check("disk", "warn", f"{here} is not writable", "results go to runs/ here; work in a folder of yours")
    if free < _GB:
        return Check("disk", "warn", detail, "free some space before long runs")
    return Check("disk", "ok", detail)


def _ray_leftovers() -> Iterator[Check]:
    from schedcore.experiments.backends.ray_local import leftovers

    for leftover in leftovers():
        processes = f", {len(leftover.pids)} processes" if leftover.pids else ""
        remedy = "the next sweep with --backend ray removes it"
        yield Check("ray", "warn", f"a killed command has left {leftover.path}{processes}", remedy)
    folder = Path(os.environ.get("RAY_TMPDIR", tempfile.gettempdir())) / "ray"
    if (folder / "ray_current_cluster").exists():
        remedy = "if no cluster of yours runs any more:  ray stop"
        yield Check("ray", "warn", f"{folder} names a running local cluster", remedy)
    elif os.environ.get("RAY_ADDRESS"):
        yield Check("ray", "ok", f"RAY_ADDRESS={os.environ['RAY_ADDRESS']}")
    present = [f"{name} ({'yes' if _has(modules) else 'no'})" for name, modules in _EXTRAS.items()]
    yield Check("extras", "ok", ", ".join(present))


_EXTRAS = {
    "cluster": ("aiohttp_cors", "grpc"),
    "tune": ("optuna", "tensorboardX"),
    "parquet": ("pyarrow",),
    "tracking": ("mlflow", "tensorboard"),
}
"""Extras, and modules by which they are known."""


def _has(modules: tuple[str, ...]) -> bool:
    return all(find_spec(module) is not None for module in modules)


def _kernels() -> Check:
    from schedcore.experiments.warm_up import compile_kernels

    try:
        times = dict(compile_kernels())
    except Exception as error:
        remedy = "a bug, or a cache folder that is not writable: set NUMBA_CACHE_DIR"
        return Check("kernels", "fail", f"{type(error).__name__}: {error}", remedy)
    return Check("kernels", "ok", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()))


def _import(name: str) -> Check:
    code = f"import time; t = time.perf_counter(); import {name}; print(round(time.perf_counter() - t, 2))"
    try:
        answer = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return Check(f"import {name}", "fail", "took more than 120 s", "reinstall it")
    if answer.returncode != 0:
        lines = answer.stderr.strip().splitlines()
        detail = lines[-1] if lines else f"ended with status {answer.returncode}"
        return Check(f"import {name}", "fail", detail, "reinstall it:  scripts/bootstrap.sh --force")
    return Check(f"import {name}", "ok", f"{answer.stdout.strip().splitlines()[-1]} s")
