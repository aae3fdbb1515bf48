"""What an import would do to a draft, without doing it."""

import io
from dataclasses import asdict
from typing import Any

from aiops.datasets import formats, intake, queries
from aiops.datasets.models import Dataset
from aiops.datasets.validation import Checked

MAX_ROWS = 20
MAX_NOTES = 50
MAX_TEXT = 200


def preview(dataset: Dataset, content: bytes, format: str, *, replace: bool) -> dict[str, Any]:  # noqa: A002 - the word of CONTRACTS 1
    """{"counts", "rows", "removed", "notes", "more_notes"}. Raises InvalidInput with all problems."""
    live = dict(queries.draft_cases(dataset).values_list("key", "digest"))
    reader = formats.read(io.BytesIO(content), format)
    states = {"new": 0, "changed": 0, "unchanged": 0}
    rows: list[dict[str, Any]] = []  # what changes something stands before what does not
    same: list[dict[str, Any]] = []
    for case in reader:
        state = _state(live.pop(case.content.key, None), case)
        states[state] += 1
        shown = same if state == "unchanged" else rows
        if len(shown) < MAX_ROWS:
            shown.append(_row(state, case))
    reader.refuse_if_wrong()
    counts = intake.Counts(reader.count, **states, removed=len(live) if replace else 0)
    return {
        "counts": asdict(counts),
        "rows": [*rows, *same][:MAX_ROWS],
        "removed": list(live)[:MAX_ROWS] if replace else [],
        "notes": [str(note) for note in reader.notes[:MAX_NOTES]],
        "more_notes": max(0, len(reader.notes) - MAX_NOTES),
    }


def _state(was: str | None, case: Checked) -> str:
    if was is None:
        return "new"
    return "unchanged" if was == case.digest else "changed"


def _row(state: str, case: Checked) -> dict[str, Any]:
    content = case.content
    expected = content.expected if isinstance(content.expected, str) else case.parts["expected"]
    return {
        "state": state,
        "key": content.key,
        "inputs": [[name, content.inputs[name][:MAX_TEXT]] for name in list(content.inputs)[:5]],
        "expected": None if content.expected is None else expected[:MAX_TEXT],
        "category": content.category,
        "locale": content.locale,
    }
