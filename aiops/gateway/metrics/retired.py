"""Dead processes' figures: what they counted stays counted, in one file for all of them; the rest goes."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

RETIRED = 0  # stands for the process id of all that are gone
_NAME = re.compile(r"(?P<kind>[a-z_]+)_(?P<pid>\d+)\.db")


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Nobody else reads or gathers meanwhile; counting goes on."""
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def gathered(folder: Path) -> int:
    """Add dead processes' counts to those of all that are gone; return the number of files removed."""
    count = 0
    for path in sorted(folder.glob("*.db")):
        found = _NAME.fullmatch(path.name)
        if found is None or _lives(int(found["pid"])):
            continue
        if not found["kind"].startswith("gauge"):
            _add(path, folder / f"{found['kind']}_{RETIRED}.db")
        path.unlink()
        count += 1
    return count


def _add(path: Path, total: Path) -> None:
    sums = MmapedDict(str(total))  # type: ignore[no-untyped-call]  # it has no types
    try:
        for key, value, *_ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]  # the same
            known, _ = sums.read_value(key)  # type: ignore[no-untyped-call]  # the same
            sums.write_value(key, known + value, 0.0)  # type: ignore[no-untyped-call]  # the same
    finally:
        sums.close()  # type: ignore[no-untyped-call]  # the same


def _lives(pid: int) -> bool:
    if pid in {RETIRED, os.getpid()}:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
