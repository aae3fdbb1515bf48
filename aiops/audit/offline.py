"""The audit's chain of hashes, checked without Django: `aiops-audit-verify FILE` for an exported chain.

An export holds one JSON object a line: `seq`, `event_id`, `prev_hash`, `hash`, and `text`, the event as
canonical JSON. `hash` is the SHA-256, in hex, of `prev_hash`, a newline and `text`, in UTF-8; the first
`prev_hash` is 64 zeros.

Whoever cuts rows off the end leaves a shorter, unbroken chain. So note the head (its hash) from time to time
where the database's owner cannot reach it, and hand it over as `--head`: it has to be in the chain.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

GENESIS = "0" * 64


class Row(NamedTuple):
    """One link with its event's canonical text: no `seq`: no link; no `text`: no event."""

    seq: int | None
    event_id: int
    prev_hash: str | None
    hash: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: good links up to `seq`, its hash as `head`, and what is wrong after it."""

    seq: int
    head: str
    broken: str = ""

    def __str__(self) -> str:
        if self.broken:
            return f"BROKEN after {self.seq} good links. {self.broken}"
        return f"OK: {self.seq} links, each fits. Head: {self.head}"


def digest(prev_hash: str, text: str) -> str:
    """The hash that links an event's `text` to the link before."""
    return sha256(f"{prev_hash}\n{text}".encode()).hexdigest()


def check(rows: Iterable[Row], head: str = "") -> Report:
    """Read `rows` (links by seq, then events without link) up to the first broken one; memory stays constant.

    `head` is a hash noted earlier, which has to be in the chain.
    """
    good = Report(0, GENESIS)
    seen = head in {"", GENESIS}
    for row in rows:
        if wrong := _wrong(row, good):
            return Report(good.seq, good.head, wrong)
        good = Report(good.seq + 1, str(row.hash))
        seen = seen or row.hash == head
    if not seen:
        return Report(
            good.seq, good.head, f"The noted head {head} is not in the chain: rows were cut off or remade."
        )
    return good


def _wrong(row: Row, before: Report) -> str:
    """What is wrong with `row`, coming after `before`; empty where it fits."""
    link = f"Link {row.seq}, event {row.event_id}"
    if row.seq is None:
        return f"Event {row.event_id} has no link: its link was removed, or it was added past the trigger."
    if row.seq != before.seq + 1:
        return f"{link}: the link before it is {before.seq}; what was between them is gone."
    if row.text is None:
        return f"{link}: the event is gone."
    if row.prev_hash != before.head:
        return f"{link}: it does not continue link {before.seq}; a hash of theirs was changed."
    if row.hash != digest(row.prev_hash, row.text):
        return f"{link}: the event's content, or its hash, was changed after it was recorded."
    return ""


def read(file: Iterable[str]) -> Iterator[Row]:
    """The rows of an export. ValueError names the first line that is none."""
    for number, line in enumerate(file, 1):
        try:
            row = json.loads(line)
            yield Row(row["seq"], row["event_id"], row["prev_hash"], row["hash"], row["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} is not a row of an audit export: {error}") from error


def main(arguments: list[str] | None = None) -> int:
    """The command `aiops-audit-verify`: 0 where the chain holds, 1 where not, 2 where FILE is no export."""
    parser = argparse.ArgumentParser(prog="aiops-audit-verify", description="Check an exported audit chain.")
    parser.add_argument("file", type=Path, help="made by: python manage.py audit verify --export FILE")
    parser.add_argument("--head", default="", help="a hash noted earlier, which has to be in the chain")
    options = parser.parse_args(arguments)
    try:
        with options.file.open(encoding="utf-8") as file:
            report = check(read(file), options.head)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 2
    sys.stdout.write(f"{report}\n")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
