"""CSV for people who open it in a spreadsheet: streamed, and no cell is ever a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# What makes a spreadsheet compute a cell instead of showing it (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file for the csv writer that hands each line back."""

    def write(self, text: str) -> str:
        return text


def cell(value: object) -> Any:
    """`value` as a cell: text that would be computed gets an apostrophe before it; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS) and not _is_number(value):
        return f"'{value}"
    return value


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a CSV file, each with its end."""
    writer = csv.writer(_Line())
    yield writer.writerow([cell(name) for name in header])
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def stream_csv(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """An answer that a browser saves as `filename`; `rows` may be as long as they like.

    It begins with a byte order mark, without which spreadsheets garble anything but ASCII.
    """

    def body() -> Iterator[str]:
        yield "\N{ZERO WIDTH NO-BREAK SPACE}"
        yield from csv_lines(header, rows)

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
