"""A running console for the journeys: `manage.py up` as a stranger starts it, on a home of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Console:
    """`up` on a temporary home, with an environment that starts empty: no test settings leak in."""

    home: Path
    port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AIOPS_HOME": str(self.home),
            "AIOPS_PUBLIC_URL": self.url,
        }

    @property
    def password(self) -> str:
        return (self.home / "demo-password").read_text().strip()

    def start(self, seconds: float = 300) -> None:
        ports = ["--console-port", str(self.port), "--gateway-port", str(self.gateway_port)]
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--home", str(self.home), *ports],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the console did not start:\n{self.log()}")
            time.sleep(0.2)

    def answers(self) -> bool:
        """Whether everything is up: `up` prints the addresses only once all processes answer."""
        try:
            urllib.request.urlopen(self.url, timeout=2).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return self.url in self.log()

    def log(self) -> str:
        return (self.home / "up.log").read_text(errors="replace")

    def manage(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run `manage.py` as a person at a shell beside the running console."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def row(self, query: str, *values: object) -> tuple[Any, ...]:
        """One row of the console's database, waiting a little where the server has just been killed."""
        for _ in range(100):
            try:
                with psycopg.connect(self.database, connect_timeout=5) as connection:
                    return connection.execute(query, values).fetchone() or ()
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise RuntimeError("the database does not answer")

    @property
    def database(self) -> str:
        return f"postgresql://postgres@/aiops?host={self.home}/run"

    def processes(self, name: str) -> list[int]:
        """The pids of one of `up`'s children and of what it has started: "worker", "redis", "postgres"."""
        assert self.process
        mark = {"worker": "celery", "redis": "redis-server", "postgres": "postgres"}[name]
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child.pid for child in children if _is(child, mark, name)]

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)


def expectations() -> list[dict[str, object]]:
    """What an importer must say of each broken file; empty where the files are not there."""
    path = SHARED / "data" / "malformed" / "expectations.json"
    return json.loads(path.read_text()) if path.exists() else []


def _is(process: "psutil.Process", mark: str, name: str) -> bool:
    command = " ".join(process.cmdline())
    return mark in command and (name != "worker" or " beat" not in command)
