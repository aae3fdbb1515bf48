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

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Console:
    """`up` on a temporary home. `environment` starts empty but for what a shell needs: no test settings leak in."""

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

    def start(self, seconds: float = 120) -> None:
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
            urllib.request.urlopen(self.url, timeout=2).close()
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

    def sql(self, query: str) -> str:
        """One value out of the console's database, as text."""
        script = f"from django.db import connection as c; k = c.cursor(); k.execute({query!r}); print(k.fetchone()[0])"
        return self.manage("shell", "-v", "0", "-c", script).stdout.strip().splitlines()[-1]

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
