"""What must not get lost, on disk before the reply leaves: a folder for each process, JSON lines in segments.

A line is one `write` to the file: it survives the death of the process, though not of the machine. Segments
are read from a checkpoint, which moves once Postgres has what stands before it; reading a line twice does no
harm, since Postgres keeps a call once. Who holds the folder's lock owns it; that of a dead process is free.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

SEGMENT_BYTES = 16 * 1024 * 1024
_LOCK, _CHECKPOINT = "lock", "checkpoint"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Up to where the spool has been read: the segment's number, and bytes in it."""

    segment: int = 0
    offset: int = 0


class Taken(Exception):
    """Another process owns the folder."""


class Spool:
    """One process's folder. `count` lines have been written and not been read for good."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._limit = segment_bytes
        self._lock = _locked(folder) if folder.is_dir() else _made(folder)
        self.read_to = self._checkpoint()
        last = max(self._segments(), default=self.read_to.segment)
        self._segment = last + 1 if self._path(last).exists() else last  # a torn line stays alone
        self._size = 0
        self._file = -1
        self.count = sum(1 for _ in self.lines()) if last else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Append one line. Raises OSError where the disk is full: then nothing of it counts."""
        line = orjson.dumps({"t": kind, **facts}, default=str) + b"\n"
        if self._file < 0 or self._size + len(line) > self._limit:
            self._next_segment()
        written = os.write(self._file, line)
        if written != len(line):
            os.ftruncate(self._file, self._size)
            raise OSError(f"The spool took {written} of {len(line)} bytes: is the disk full?")
        self._size += written
        self.count += 1

    def lines(self, most: int | None = None) -> Iterator[tuple[bytes, Place]]:
        """What has not been read for good, each with the place after it; a torn last line is left out."""
        given = 0
        for number in self._segments():
            if number < self.read_to.segment:
                continue
            start = self.read_to.offset if number == self.read_to.segment else 0
            for line, place in _whole_lines(self._path(number), number, start):
                if most is not None and given >= most:
                    return
                given += 1
                yield line, place

    def done(self, place: Place, lines: int, keep: Place | None = None) -> None:
        """Everything before `place` is safe elsewhere: remember it, and remove what lies before.

        `keep`: whoever comes after us has to read again from here on, though we go on from `place`.
        """
        remembered = min(place, keep) if keep else place
        fresh = self.folder / f"{_CHECKPOINT}.new"
        fresh.write_bytes(orjson.dumps([remembered.segment, remembered.offset]))
        fresh.replace(self.folder / _CHECKPOINT)
        self.read_to = place
        self.count = max(0, self.count - lines)
        for number in self._segments():
            if number < remembered.segment:
                self._path(number).unlink()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        os.close(self._lock)

    def remove(self) -> None:
        """The folder of a process that is gone, once all of it is safe elsewhere."""
        self.close()
        shutil.rmtree(self.folder)

    def _next_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._segment += 1
        self._file = os.open(self._path(self._segment), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._size = 0

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob("*.jsonl"))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.jsonl"

    def _checkpoint(self) -> Place:
        try:
            segment, offset = orjson.loads((self.folder / _CHECKPOINT).read_bytes())
        except FileNotFoundError:
            return Place()
        return Place(segment, offset)


def _made(folder: Path) -> int:
    """A new folder, locked before it has its name: nobody takes it for one whose process is gone."""
    unnamed = folder.with_name(f".{folder.name}")
    unnamed.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _locked(unnamed)
    unnamed.rename(folder)
    return lock


def _locked(folder: Path) -> int:
    lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise Taken(str(folder)) from None
    return lock


def abandoned(root: Path, own: Path | None = None) -> Iterator[Spool]:
    """The spools below `root` whose process is gone, each locked for us."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder == own or folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            yield Spool(folder)
        except Taken:
            continue


def _whole_lines(path: Path, number: int, start: int) -> Iterator[tuple[bytes, Place]]:
    with path.open("rb") as file:
        file.seek(start)
        place = start
        for line in file:
            if not line.endswith(b"\n"):
                return
            place += len(line)
            yield line[:-1], Place(number, place)
