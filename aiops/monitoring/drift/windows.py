"""An hour of one approach's calls, small enough to be kept for months: counts of all, numbers of a sample.

The sample is the calls whose ids hash lowest: the same whoever draws it, and fair. Pure.
"""

import json
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from aiops.monitoring.drift import facts
from aiops.monitoring.drift.facts import DIMENSIONS, Light, Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE = 150  # calls of an hour whose texts are read
EMBEDDED = 110  # of these, whose texts become vectors
THIN = 40  # of these, once the window is only a reference
VALUES = ("input_length", "output_length", "cost", "latency", "retrieval")
FLAGS = ("refusals", "wrong_language", "format_fails")
ELSE = "other"
MOST_NAMES = 200  # of a mix
ID = 32  # bytes of a call's id

Rates = dict[str, dict[str, list[int]]]  # {"refusals": {"ja": [of, n]}}
Mixes = dict[str, dict[str, int]]  # {"topics": {"refund": 12}}


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A row for each call. `flags`: 1, 0, or -1 where it was not measured. Vectors of the first rows."""

    ids: "NDArray[np.bytes_]"
    session: "NDArray[np.uint32]"
    locale: "NDArray[np.int16]"  # place in `names`
    category: "NDArray[np.int16]"
    names: tuple[str, ...]
    answered: "NDArray[np.bool_]"
    values: "NDArray[np.float32]"  # (n, len(VALUES)), NaN: missing
    flags: "NDArray[np.int8]"  # (n, len(FLAGS))
    inputs: "NDArray[np.int8]"  # (k, DIMENSIONS)
    outputs: "NDArray[np.int8]"

    def __len__(self) -> int:
        return len(self.session)


ARRAYS = tuple(name for name in Sample.__slots__ if name != "names")


@dataclass(frozen=True, slots=True)
class Window:
    """What is kept of an hour: `calls` in all, `answers` of them, counts by locale, and the sample."""

    calls: int
    answers: int
    rates: Rates
    mixes: Mixes
    sample: Sample


@dataclass(slots=True)
class _Rows:
    """The sample while it grows."""

    names: dict[str, int] = field(default_factory=dict)
    columns: list[tuple[Any, ...]] = field(default_factory=list)

    def name(self, text: str) -> int:
        return self.names.setdefault(text, len(self.names))


def drawn(calls: Sequence[Light], most: int = SAMPLE) -> list[Light]:
    """The `most` calls whose ids hash lowest."""
    ranked = sorted(calls, key=lambda call: (zlib.crc32(call.id[::-1].encode()), call.id))
    return ranked[:most]


def made(calls: Sequence[Light], texts: Mapping[str, Texts]) -> Window:
    """The window of `calls`; `texts` of those drawn, by id."""
    rows, vectors = _Rows(), ([], [])  # type: tuple[_Rows, tuple[list[bytes], list[bytes]]]
    for place, call in enumerate(call for call in drawn(calls) if call.id in texts):
        said = texts[call.id]
        rows.columns.append(_row(call, said, rows.name))
        if place < EMBEDDED:
            vectors[0].append(_vector(said.asked))
            vectors[1].append(_vector(said.output if call.answered else None))
    sample = _sample(rows, *vectors)
    return Window(
        calls=len(calls),
        answers=sum(call.answered for call in calls),
        rates={"format_fails": _fails(calls)} | rates_of(sample),
        mixes={
            "topics": _counted(call.category or "unknown" for call in calls),
            "languages": _counted(call.locale or "unknown" for call in calls),
        },
        sample=sample,
    )


def _row(call: Light, said: Texts, name: Callable[[str], int]) -> tuple[Any, ...]:
    output = said.output if call.answered else None
    asked = said.asked
    nan = float("nan")
    values = (
        nan if asked is None else facts.log_of(len(asked)),
        nan if output is None else facts.log_of(len(output)),
        facts.log_of(call.cost) if call.answered and call.cost else nan,
        facts.log_of(call.latency_ms) if call.answered else nan,
        nan if said.score is None else said.score,
    )
    flags = (
        _flag(facts.is_refusal(output) if output else None),
        _flag(facts.in_other_language(output, call.locale) if output else None),
        _flag(call.failed),
    )
    return call.id, call.session, name(call.locale), name(call.category), call.answered, values, flags


def _flag(said: bool | None) -> int:  # noqa: FBT001 - three answers, one question
    return -1 if said is None else int(said)


def _vector(text: str | None) -> bytes:
    return facts.vector(text) if text else bytes(DIMENSIONS)


def _sample(rows: _Rows, inputs: Sequence[bytes], outputs: Sequence[bytes]) -> Sample:
    columns = list(zip(*rows.columns, strict=True)) or [()] * 7
    n = len(rows.columns)
    return Sample(
        ids=np.array([one.encode()[:ID] for one in columns[0]], dtype=f"S{ID}"),
        session=np.array(columns[1], dtype=np.uint32),
        locale=np.array(columns[2], dtype=np.int16),
        category=np.array(columns[3], dtype=np.int16),
        names=tuple(rows.names),
        answered=np.array(columns[4], dtype=bool),
        values=np.array(columns[5], dtype=np.float32).reshape(n, len(VALUES)),
        flags=np.array(columns[6], dtype=np.int8).reshape(n, len(FLAGS)),
        inputs=_matrix(inputs),
        outputs=_matrix(outputs),
    )


def _matrix(vectors: Sequence[bytes]) -> "NDArray[np.int8]":
    return np.frombuffer(b"".join(vectors), dtype=np.int8).reshape(len(vectors), DIMENSIONS)


def _fails(calls: Iterable[Light]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for call in calls:
        if call.failed is not None:
            pair = found.setdefault(call.locale, [0, 0])
            pair[0] += call.failed
            pair[1] += 1
    return found


def rates_of(sample: Sample) -> Rates:
    """Refusals and wrong languages by locale, of the rows where they were measured."""
    found: Rates = {}
    for column, signal in enumerate(FLAGS[:2]):
        flags = sample.flags[:, column]
        counted = found.setdefault(signal, {})
        for at in np.unique(sample.locale[flags >= 0]):
            here = flags[(sample.locale == at) & (flags >= 0)]
            counted[sample.names[at]] = [int(here.sum()), len(here)]
    return found


def _counted(names: Iterable[str]) -> dict[str, int]:
    common = Counter(names).most_common()
    found = dict(common[:MOST_NAMES])
    if rest := sum(count for _, count in common[MOST_NAMES:]):
        found[ELSE] = found.get(ELSE, 0) + rest
    return found


def packed(sample: Sample) -> bytes:
    """The sample as bytes: what its arrays are, a line each of JSON, then their bytes; all compressed."""
    arrays = [np.ascontiguousarray(getattr(sample, name)) for name in ARRAYS]
    head = {"names": sample.names, "arrays": [[array.dtype.str, array.shape] for array in arrays]}
    body = b"".join(array.tobytes() for array in arrays)
    return zlib.compress(json.dumps(head).encode() + b"\n" + body, 6)


def unpacked(packed_sample: bytes) -> Sample:
    head, _, body = zlib.decompress(packed_sample).partition(b"\n")
    said = json.loads(head)
    arrays, at = {}, 0
    for name, (kind, shape) in zip(ARRAYS, said["arrays"], strict=True):
        count = math.prod(shape)
        array = np.frombuffer(body, dtype=kind, count=count, offset=at).reshape(shape) if count else None
        arrays[name] = np.zeros(shape, kind) if array is None else array
        at += count * np.dtype(kind).itemsize
    return Sample(**arrays, names=tuple(said["names"]))


def thinned(sample: Sample) -> Sample:
    """What a reference needs: no ids, fewer vectors."""
    kept = {name: getattr(sample, name) for name in Sample.__slots__}
    kept |= {"inputs": sample.inputs[:THIN], "outputs": sample.outputs[:THIN]}
    kept["ids"] = np.zeros(len(sample), dtype="S1")
    return Sample(**kept)
