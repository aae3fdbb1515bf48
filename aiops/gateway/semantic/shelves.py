"""Questions of the partitions that are asked most, side by side in memory. Bounded in bytes.

A shelf holds one partition whole, so that a search there misses none of its questions. Their vectors are in
numbers of 8 bits, one line for each place: a search reads only the lines of the places that it has, a sixth
of them. Against vectors in full a likeness is off by less than 0.002.
"""

import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from aiops.gateway.semantic.embedding import DIMENSIONS, Sparse

BLOCK = 1024  # questions of a block
FIRST = 8  # questions of a shelf's first block, which doubles until it is full
KEY = 32  # bytes
_STEPS = 127  # of 8 bits with a sign
Floats = npt.NDArray[np.float32]
Number = TypeVar("Number", np.float32, np.float64, np.uint64)


class Found(NamedTuple):
    """A question near the one that was asked, and the key of its answer."""

    likeness: float
    question: str
    key: bytes


class Entry(NamedTuple):
    """`expires` in seconds since 1970."""

    key: bytes
    expires: float
    question: str


class Shelf:
    """The questions of one partition. What is forgotten or has expired stays until it is tidied."""

    def __init__(self) -> None:
        self._count = 0
        self._texts = 0  # bytes
        self._blocks: list[npt.NDArray[np.int8]] = []
        self._scales: Floats = np.empty(0, np.float32)
        self._expires: npt.NDArray[np.float64] = np.empty(0)
        self._marks: npt.NDArray[np.uint64] = np.empty(0, np.uint64)  # the first 8 bytes of keys
        self._keys = bytearray()
        self._questions: list[str] = []

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        lists = len(self._keys) + 8 * len(self._questions) + self._texts
        return lists + 20 * len(self._scales) + sum(block.nbytes for block in self._blocks) + 1_000

    def search(self, wanted: Sparse, least: float, most: int, now: float) -> Iterator[Found]:
        """The nearest that are as alike as `least`, the nearest first. Read it before anything is added."""
        if not self._count:
            return
        likeness = self._likenesses(wanted)
        near = (likeness >= least).nonzero()[0]
        if len(near) > most:
            near = near[self._expires.take(near) > now]
        if len(near) > most:
            near = near.take(np.argpartition(likeness.take(near), -most)[-most:])
        for like, row in sorted(zip(likeness.take(near).tolist(), near.tolist(), strict=True), reverse=True):
            if self._expires[row] > now:
                yield Found(min(1.0, like), self._questions[row], self._key(row))

    def add(self, entry: Entry, vector: Sparse) -> None:
        """One question; one that is known lives as long as the new one."""
        mark = int.from_bytes(entry.key[:8], sys.byteorder)
        known = (self._marks[: self._count] == np.uint64(mark)).nonzero()[0]
        if len(known):
            self._revive(int(known[0]), entry)
            return
        block, column = self._room(1)
        steps = np.rint(vector.values * (_STEPS / max(vector.values.max(), -vector.values.min())))
        self._blocks[block][vector.places, column] = steps
        row = self._count
        self._lengthen(row + 1)
        self._scales[row] = 1 / math.sqrt(steps.dot(steps))
        self._expires[row] = entry.expires
        self._marks[row] = mark
        self._append(entry)

    def fill(self, entries: Sequence[Entry], vectors: Floats) -> None:
        """Many at once, each key once, their vectors as the rows of `vectors`."""
        marks = _marks(entry.key for entry in entries)
        known = np.isin(marks, self._marks[: self._count])
        for row in known.nonzero()[0].tolist():
            self._revive(int((self._marks[: self._count] == marks[row]).argmax()), entries[row])
        new = (~known).nonzero()[0]
        at = 0
        while at < len(new):
            block, column = self._room(len(new) - at)
            part = new[at : at + self._blocks[block].shape[1] - column]
            some = vectors[part]
            steps = np.rint(some * (_STEPS / np.maximum(np.abs(some).max(axis=1, keepdims=True), 1e-9)))
            self._blocks[block][:, column : column + len(part)] = steps.T
            begin, end = self._count, self._count + len(part)
            self._lengthen(end)
            self._scales[begin:end] = 1 / np.maximum(np.sqrt((steps * steps).sum(axis=1)), 1)
            self._marks[begin:end] = marks[part]
            self._expires[begin:end] = [entries[row].expires for row in part.tolist()]
            for row in part.tolist():
                self._append(entries[row])
            at += len(part)

    def forget(self, marks: npt.NDArray[np.uint64]) -> None:
        """Drop those whose keys begin so."""
        gone = np.isin(self._marks[: self._count], marks).nonzero()[0]
        self._expires[gone] = 0.0
        for row in gone.tolist():
            self._texts -= sys.getsizeof(self._questions[row])
            self._questions[row] = ""

    def tidied(self, now: float) -> "Shelf":
        """Itself, or where a quarter has expired another one without that."""
        alive = (self._expires[: self._count] > now).nonzero()[0]
        if self._count - len(alive) <= self._count // 4:
            return self
        fresh = Shelf()
        rows = alive.tolist()
        fresh._marks, fresh._scales = self._marks[alive], self._scales[alive]
        fresh._expires = self._expires[alive]
        fresh._keys = bytearray().join(self._key(row) for row in rows)
        fresh._questions = [self._questions[row] for row in rows]
        fresh._texts = sum(map(sys.getsizeof, fresh._questions))
        fresh._count = len(rows)
        if rows:
            kept = np.concatenate(self._blocks, axis=1)[:, alive]
            parts = range(0, len(rows), BLOCK)
            fresh._blocks = [np.ascontiguousarray(kept[:, at : at + BLOCK]) for at in parts]
        return fresh

    def _likenesses(self, wanted: Sparse) -> Floats:
        parts = [
            wanted.values @ block.take(wanted.places, axis=0).astype(np.float32) for block in self._blocks
        ]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        scaled: Floats = whole[: self._count] * self._scales[: self._count]
        return scaled

    def _key(self, row: int) -> bytes:
        return bytes(self._keys[KEY * row : KEY * (row + 1)])

    def _revive(self, row: int, entry: Entry) -> None:
        self._expires[row] = entry.expires
        if not self._questions[row]:  # it was forgotten
            self._questions[row] = entry.question
            self._texts += sys.getsizeof(entry.question)

    def _room(self, wanted: int) -> tuple[int, int]:
        """The block and the column of the next question. There may be room for fewer than `wanted`."""
        size = self._blocks[-1].shape[1] if self._blocks else 0
        column = self._count - sum(block.shape[1] for block in self._blocks[:-1])
        if column < size:
            return len(self._blocks) - 1, column
        if not 0 < size < BLOCK:
            first = FIRST if not self._blocks else BLOCK
            self._blocks.append(np.zeros((DIMENSIONS, min(BLOCK, max(first, wanted))), np.int8))
            return len(self._blocks) - 1, 0
        wider = np.zeros((DIMENSIONS, min(BLOCK, max(2 * size, size + wanted))), np.int8)
        wider[:, :size] = self._blocks[-1]
        self._blocks[-1] = wider
        return len(self._blocks) - 1, column

    def _lengthen(self, needed: int) -> None:
        """Room for so many numbers of each kind."""
        if needed > len(self._scales):
            size = max(FIRST, needed, len(self._scales) * 5 // 4)
            self._scales = _longer(self._scales, size)
            self._expires = _longer(self._expires, size)
            self._marks = _longer(self._marks, size)

    def _append(self, entry: Entry) -> None:
        """What is left of a question whose numbers have been put down."""
        self._keys += entry.key
        self._questions.append(entry.question)
        self._texts += sys.getsizeof(entry.question)
        self._count += 1


@dataclass(slots=True)
class _Filling:
    shelf: Shelf = field(default_factory=Shelf)
    gone: list[bytes] = field(default_factory=list)  # keys that were purged meanwhile


class Shelves:
    """Those asked least lately leave when there are more than `most` bytes.

    While a shelf is being filled it takes what is new, and is not searched.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ready: OrderedDict[bytes, Shelf] = OrderedDict()
        self._filling: dict[bytes, _Filling] = {}

    def __contains__(self, partition: object) -> bool:
        return partition in self._ready or partition in self._filling

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def questions(self) -> int:
        return sum(map(len, self._ready.values()))

    @property
    def nbytes(self) -> int:
        return sum(shelf.nbytes for shelf in self._ready.values())

    @property
    def full(self) -> bool:
        return self.nbytes > self._most * 9 // 10

    def get(self, partition: bytes) -> Shelf | None:
        shelf = self._ready.get(partition)
        if shelf is not None:
            self._ready.move_to_end(partition)
        return shelf

    def add(self, partition: bytes, entry: Entry, vector: Sparse) -> None:
        """Only where its partition is here."""
        filling = self._filling.get(partition)
        shelf = filling.shelf if filling is not None else self._ready.get(partition)
        if shelf is not None:
            shelf.add(entry, vector)

    def fill(self, partition: bytes, entries: Sequence[Entry], vectors: Floats) -> None:
        """As above, many at once."""
        filling = self._filling.get(partition)
        shelf = filling.shelf if filling is not None else self._ready.get(partition)
        if shelf is not None:
            shelf.fill(entries, vectors)

    def forget(self, keys: Sequence[bytes]) -> None:
        marks = _marks(keys)
        for shelf in self._ready.values():
            shelf.forget(marks)
        for filling in self._filling.values():
            filling.shelf.forget(marks)
            filling.gone += keys

    def begin(self, partition: bytes) -> Shelf:
        """An empty shelf that is about to be filled."""
        self._filling[partition] = filling = _Filling()
        return filling.shelf

    def finish(self, partition: bytes) -> None:
        """It holds all of its partition. What was purged while it was filled may have come after that."""
        filling = self._filling.pop(partition)
        filling.shelf.forget(_marks(filling.gone))
        self._ready[partition] = filling.shelf
        self.trim()

    def drop(self, partition: bytes) -> None:
        self._filling.pop(partition, None)
        self._ready.pop(partition, None)

    def tidy(self, now: float, elsewhere: Callable[[bytes], bool]) -> None:
        """Without what has expired, and without partitions that are searched elsewhere."""
        for partition in [one for one in self._ready if elsewhere(one)]:
            del self._ready[partition]
        for partition, shelf in self._ready.items():
            self._ready[partition] = shelf.tidied(now)

    def trim(self) -> None:
        """Down to the bound."""
        spare = self.nbytes - self._most
        while spare > 0 and self._ready:
            _, shelf = self._ready.popitem(last=False)
            spare -= shelf.nbytes


def _longer(numbers: npt.NDArray[Number], size: int) -> npt.NDArray[Number]:
    return np.concatenate([numbers, np.zeros(size - len(numbers), numbers.dtype)])


def _marks(keys: Iterable[bytes]) -> npt.NDArray[np.uint64]:
    return np.frombuffer(b"".join(key[:8] for key in keys), np.uint64)
