"""A Ray cluster of several nodes on this machine, made of ``ray start`` processes; nothing of it is left behind."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from support.command import ROOT, environment

OBJECT_STORE = 100_000_000


@dataclass
class Node:
    """A node: the process ``ray start --block``, in a group with all that it started."""

    process: subprocess.Popen[bytes]

    def holds(self, pid: int) -> bool:
        """Whether the process ``pid`` lives and was started by this node."""
        while pid > 1 and pid != self.process.pid:
            try:
                # The name of the process, in brackets, may hold blanks; what follows is state and parent.
                pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                return False
        return pid == self.process.pid

    def kill(self) -> None:
        """End it as a power failure would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class RayCluster:
    """A head and its nodes; ``env`` is what drivers and clients need."""

    folder: Path
    port: int
    dashboard: int
    client_port: int
    env: dict[str, str]
    nodes: list[Node] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where drivers join."""
        return f"127.0.0.1:{self.port}"

    @property
    def jobs(self) -> str:
        """Where jobs are submitted."""
        return f"http://127.0.0.1:{self.dashboard}"

    @property
    def client(self) -> str:
        """Where clients connect."""
        return f"ray://127.0.0.1:{self.client_port}"

    def start(self, *words: str) -> Node:
        """Start a node and wait until it is up: two that start at a time may choose the same ports."""
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *words, "--block", "--disable-usage-stats"]
        command += [f"--object-store-memory={OBJECT_STORE}"]
        with (self.folder / f"node-{len(self.nodes)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=self.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self.nodes.append(Node(process))
        self._wait_until_up()
        return self.nodes[-1]

    def log(self) -> str:
        """What the nodes printed."""
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.folder.glob("node-*.log")))

    def _wait_until_up(self, timeout_s: float = 90) -> None:
        """Wait until all nodes say that they have started."""
        deadline = time.monotonic() + timeout_s
        while self.log().count("Ray runtime started") < len(self.nodes):
            late = time.monotonic() > deadline or any(node.process.poll() is not None for node in self.nodes)
            assert not late, f"no cluster:\n{self.log()[-3000:]}"
            time.sleep(0.2)

    def wait_for_jobs(self, timeout_s: float = 90) -> None:
        """Wait until jobs can be submitted."""
        deadline = time.monotonic() + timeout_s
        request = urllib.request.Request(
            f"{self.jobs}/api/jobs/", headers={"Authorization": f"Bearer {self.env['RAY_AUTH_TOKEN']}"}
        )
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5) as answer:
                if answer.status == 200:
                    return
            assert time.monotonic() < deadline, f"no job server: {self.log()[-2000:]}"
            time.sleep(0.5)


@contextlib.contextmanager
def ray_cluster(*, head_cpus: int = 0, dashboard: bool = False) -> Iterator[RayCluster]:
    """A cluster with a head; its whole trace is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="srt-", dir="/tmp"))
    env = environment(
        RAY_TMPDIR=str(folder),
        RAY_AUTH_MODE="token",
        RAY_AUTH_TOKEN=secrets.token_hex(32),
        RAY_USAGE_STATS_ENABLED="0",
        RAY_ENABLE_UV_RUN_RUNTIME_ENV="0",
        RAY_raylet_start_wait_time_s="120",
        # Jobs run what is called python on the path.
        PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    )
    env["PYTHONPATH"] += os.pathsep + str(ROOT / "tests")
    env.pop("RAY_ADDRESS", None)
    cluster = RayCluster(folder, _free_port(), _free_port(), _free_port(), env)
    try:
        cluster.start(
            "--head",
            f"--port={cluster.port}",
            f"--num-cpus={head_cpus}",
            f"--include-dashboard={str(dashboard).lower()}",
            f"--dashboard-port={cluster.dashboard}",
            # Ray refuses the word where the extra "cluster" is not installed.
            *([f"--ray-client-server-port={cluster.client_port}"] if find_spec("grpc") else []),
        )
        yield cluster
    finally:
        for node in reversed(cluster.nodes):
            node.kill()
        from schedcore.experiments.backends.ray_local import Leftover, _users, remove

        remove(Leftover(folder, tuple(_users(folder))), patience_s=0.0)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
