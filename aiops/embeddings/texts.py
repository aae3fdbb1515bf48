"""Vectors by the text itself: what a router learns from is asked once of a model, and then kept."""

import array
import hashlib
import sys
from collections.abc import Iterable, Sequence

from aiops.embeddings.models import TextVector
from aiops.embeddings.shaping import Vector


def digest(text: str) -> bytes:
    """SHA-256 of the text."""
    return hashlib.sha256(text.encode(errors="replace")).digest()


def known(space: int, digests: Iterable[bytes]) -> set[bytes]:
    """Those that have a vector in the space."""
    rows = TextVector.objects.filter(space=space, sha256__in=list(digests))
    return {bytes(one) for one in rows.values_list("sha256", flat=True)}


def found(space: int, digests: Iterable[bytes]) -> dict[bytes, Vector]:
    """The vectors that there are."""
    rows = TextVector.objects.filter(space=space, sha256__in=list(digests))
    return {bytes(one): _read(bytes(kept)) for one, kept in rows.values_list("sha256", "numbers")}


def keep(space: int, made: Iterable[tuple[str, Sequence[float]]]) -> None:
    """Each text's vector, once."""
    rows = (TextVector(space_id=space, sha256=digest(text), numbers=_kept(numbers)) for text, numbers in made)
    TextVector.objects.bulk_create(rows, ignore_conflicts=True)


def drop_but(spaces: Sequence[int], most: int) -> None:
    """Remove what is of other spaces: `most` at once."""
    gone = TextVector.objects.exclude(space__in=spaces).values_list("pk", flat=True)[:most]
    TextVector.objects.filter(pk__in=list(gone)).delete()


def _kept(numbers: Sequence[float]) -> bytes:
    values = array.array("f", numbers)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _read(kept: bytes) -> Vector:
    values = array.array("f")
    values.frombytes(kept)
    if sys.byteorder == "big":
        values.byteswap()
    return tuple(values)
