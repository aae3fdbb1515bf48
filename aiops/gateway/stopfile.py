"""Stops without a database: `AIOPS_HOME/stop.json`, which each gateway on the host reads twice a second."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from aiops.gateway.picture import Stop


class Unreadable(Exception):
    """The stop file holds something else than stops."""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)
    stops: tuple[Stop, ...] = ()


def path_in(home: Path) -> Path:
    return home / "stop.json"


def read(home: Path) -> tuple[Stop, ...]:
    """The stops in the file, none where there is no file. Raises Unreadable."""
    try:
        return _File.model_validate_json(path_in(home).read_bytes()).stops
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise Unreadable(f"{path_in(home)} is no list of stops: {error}") from error


def add(home: Path, stop: Stop) -> None:
    """Write `stop` into the file, in place of an entry with its scope and target."""
    _change(home, lambda stops: (*_others(stops, stop.scope, stop.target), stop))


def remove(home: Path, scope: str, target: str) -> bool:
    """Take a stop out of the file. Whether there was one."""
    there = any((stop.scope, stop.target) == (scope, target) for stop in read(home))
    if there:
        _change(home, lambda stops: _others(stops, scope, target))
    return there


class Watched:
    """The file as it was when it was last looked at; looking is one stat where nothing has changed."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._seen: tuple[int, int, int] | None = None
        self.stops: tuple[Stop, ...] = ()

    def changed(self) -> bool:
        """Look; whether `stops` are others now. Raises Unreadable, once for each such file."""
        seen = _mark(path_in(self._home))
        if seen == self._seen:
            return False
        self._seen = seen
        before, self.stops = self.stops, read(self._home)
        return self.stops != before


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _others(stops: tuple[Stop, ...], scope: str, target: str) -> tuple[Stop, ...]:
    return tuple(stop for stop in stops if (stop.scope, stop.target) != (scope, target))


def _change(home: Path, change: Callable[[tuple[Stop, ...]], tuple[Stop, ...]]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        stops = change(read(home))
        if stops:
            replace(path_in(home), _File(stops=stops).model_dump_json(indent=1).encode())
        else:
            path_in(home).unlink(missing_ok=True)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Two commands at once don't lose each other's entry."""
    with (home / "stop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def replace(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, readable by us alone: readers see the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # its mode is 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
