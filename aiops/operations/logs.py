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
    if length(log) <= cap:
        return
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as file:
        file.truncate()


def length(log: Path) -> int:
    """Bytes in a log, 0 where there is none."""
    return log.stat().st_size if log.exists() else 0


def says(log: Path, words: str, since: int) -> bool:
    """Whether a program has written `words` behind the first `since` bytes of its log."""
    with log.open("rb") as file:
        file.seek(since)
        return words.encode() in file.read()


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, indented: why a program did not start."""
    if not length(log):
        return ""
    with log.open("rb") as file:
        file.seek(max(0, length(log) - _TAIL))
        text = file.read().decode(errors="replace")
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
