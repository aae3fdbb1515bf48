"""One log file per program, with a cap: the last full one is kept beside it as `<name>.log.1`."""

import shutil
from pathlib import Path

CAP = 10 * 1024 * 1024
_TAIL = 64 * 1024


def path(folder: Path, name: str) -> Path:
    return folder / f"{name}.log"


def rotate(log: Path, cap: int = CAP) -> None:
    """Copy a log past `cap` bytes to `.1` and empty it in place.

    The program keeps its file open for appending, so the file must stay the same one.
    """
    if not log.exists() or log.stat().st_size <= cap:
        return
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as file:
        file.truncate()


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, indented: why a program did not start."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        text = file.read().decode(errors="replace")
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
