"""One real `up`: it starts, survives the death of its children, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from aiops import env

pytestmark = pytest.mark.slow


class Up:
    """A running `up` on a home of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.output = home.with_name(f"up-{time.monotonic_ns()}.out")
        environment = env.for_children()
        for name in ("DATABASE_URL", "AIOPS_HOME", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)
        options = ["--no-demo", "--home", str(home), "--console-port", str(port)]
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *options],
                cwd=env.ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            )

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def says(self, pattern: str, *, seconds: float = 180) -> None:
        """Wait for a line."""
        wait(lambda: re.search(pattern, self.text) or self.process.poll() is not None, seconds, self.text)
        assert re.search(pattern, self.text), self.text

    def child(self, name: str) -> int:
        """The process id of the child whose command line holds `name`."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and parent_of(entry) == self.process.pid and name in words_of(entry):
                return int(entry.name)
        raise AssertionError(f"no {name} among the children")

    def relatives(self) -> set[int]:
        """All processes that name our home or carry it in their environment."""
        return {
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and int(entry.name) != os.getpid() and self._is_ours(entry)
        }

    def _is_ours(self, entry: Path) -> bool:
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            return False
        return str(self.home) in words_of(entry) or f"AIOPS_HOME={self.home}\0".encode() in environment


def words_of(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def parent_of(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(done: Callable[[], object], seconds: float, said: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


def status(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().status


CHILDREN = {"worker": "aiops.celery worker", "redis": "bin/redis-server", "postgres": "bin/postgres"}


@pytest.fixture
def start(open_folder: Path) -> Iterator[Callable[..., Up]]:
    """Starts `up` on one home and port, unless others are given."""
    home, port = open_folder / "home", free_port()
    started: list[Up] = []

    def start(home: Path = home, port: int = port) -> Up:
        started.append(Up(home, port))
        return started[-1]

    yield start
    for up in started:
        up.process.terminate()
        up.process.wait(20)


def test_up_survives_the_death_of_its_children_and_its_own_and_leaves_nothing(start, tmp_path):
    up = start()
    up.says("Stop with Ctrl-C")
    assert f"Console: http://127.0.0.1:{up.port}/" in up.text
    assert status(up.port) == 302

    for name, words in CHILDREN.items():
        os.kill(up.child(words), signal.SIGKILL)
        up.says(rf"{name} stopped \(signal 9\), starting again in [0-9.]+ s")
    for name in CHILDREN:
        up.says(f"{name} runs again")
    assert status(up.port) == 302

    same_home, same_port = start(port=free_port()), start(home=tmp_path / "other")
    assert (same_home.process.wait(60), same_port.process.wait(60)) == (2, 2)
    assert f"is held by `up` with process id {up.process.pid}, since " in same_home.text
    assert same_port.text == (
        f"CommandError: 127.0.0.1:{up.port} is taken by another program. Choose another --console-port.\n"
    )

    orphans = up.relatives()
    up.process.kill()
    after = start(port=free_port())
    wait(lambda: not orphans & up.relatives(), 20)
    after.says("Stop with Ctrl-C")

    after.process.terminate()
    began = time.monotonic()
    assert after.process.wait(20) == 0
    assert time.monotonic() - began < 10
    stopped = re.findall("^(.*) (?:stopped$|killed, )", after.text, re.MULTILINE)  # killed on a busy machine
    assert sorted(stopped) == ["beat", "console", "gateway-1", "postgres", "redis", "worker"]
    assert after.relatives() == set()
