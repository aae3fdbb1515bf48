"""AIOPS_HOME belongs to one `up` at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from aiops.core import clock


class Held(Exception):
    """Another `up` runs on the same home. The message says which."""


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold `home` until the block ends. The kernel gives the lock up with the process, however that dies."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(
                f"{home} is held by {_holder(lock)}. Stop that first, or choose another --home."
            ) from None
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "since": clock.now().isoformat(timespec="seconds")}, lock)
        lock.flush()
        yield
        lock.truncate(0)


def _holder(lock: IO[str]) -> str:
    """Who wrote the lock file, in words."""
    lock.seek(0)
    try:
        holder = json.load(lock)
        since = datetime.fromisoformat(holder["since"])
    except (ValueError, KeyError, TypeError):
        return "another `up` that is just starting"
    return f"`up` with process id {holder['pid']}, since {since:%Y-%m-%d %H:%M:%S} UTC"
