"""Physical lines of a text file: UTF-8 or words on what it is instead. Never more than one line in memory."""

from collections.abc import Iterator
from typing import BinaryIO

from aiops.core.errors import Problem

LINE_LIMIT = 4 * 2**20  # bytes: a case of 1 MB fits even with every character escaped in four
_PIECE = 2**20

_OTHER_FILES = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document (.xlsx, .docx)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.xls, .doc)"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a rich text document"),
)
_MARKS = (  # UTF-32 first: its mark begins like that of UTF-16
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_BOM = b"\xef\xbb\xbf"


def lines(file: BinaryIO) -> Iterator[tuple[int, str | Problem]]:
    """Each line of `file` with its number from 1 and its line end, or what is wrong with it.

    A byte order mark of UTF-8 is skipped. Where the file as a whole is something else, one problem ends it.
    """
    head = file.read(512)
    if problem := _not_text(head):
        yield problem.line or 0, problem
        return
    file.seek(len(_BOM) if head.startswith(_BOM) else 0)
    number = 0
    while raw := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(raw) > LINE_LIMIT:
            _skip_line(file)
            yield number, Problem("the line has more than 4 MB; a case may have 1 MB at most", line=number)
        else:
            yield number, _decoded(number, raw)


def _not_text(head: bytes) -> Problem | None:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Problem(
                f"not valid UTF-8: the file is {name} with a byte order mark; save it as UTF-8", line=1
            )
    for magic, name in _OTHER_FILES:
        if head.startswith(magic):
            return Problem(f"the file is {name}, not text; export its cases as CSV (UTF-8) or JSON Lines")
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return Problem("the file is a web page, not cases; was it saved from a page that asked to sign in?")
    if len(head) >= 8 and max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4:
        return Problem(
            "not valid UTF-8: the file looks like UTF-16 without a byte order mark; save it as UTF-8", line=1
        )
    return None


def _skip_line(file: BinaryIO) -> None:
    while (piece := file.readline(_PIECE)) and not piece.endswith(b"\n"):
        pass


def _decoded(number: int, raw: bytes) -> str | Problem:
    if b"\x00" in raw:
        column = raw.index(b"\x00") + 1
        return Problem(f"holds a null byte (at byte {column}), which text never does", line=number)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        return Problem(
            f"not valid UTF-8 (byte 0x{raw[error.start]:02X} at byte {error.start + 1}): the file looks like "
            "Latin-1 or Windows-1252; save it as UTF-8",
            line=number,
        )
