"""What an output is. A guess from its looks, made by rules that can be read aloud."""

import json
import re
from enum import StrEnum
from typing import Any

from aiops.core.texts.answers import unfenced


class Kind(StrEnum):
    JSON = "json"
    SQL = "sql"
    MARKDOWN = "markdown"
    TEXT = "text"


# A keyword in one case: "Select a size from the list" is a sentence.
_SQL = re.compile(r"\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|select|with|insert|update|delete)\s")
_CLAUSE = re.compile(r"\s(?:FROM|AS|INTO|SET|VALUES|from|as|into|set|values)\s")
_FENCED_SQL = re.compile(r"\s*```sql\s*\n", re.IGNORECASE)
_MARKDOWN = re.compile(
    r"""^\s{0,3}(?:\#{1,6}\s+\S | [-*+]\s+\S | \d{1,9}[.)]\s+\S | >\s*\S | ```|~~~ | \|.*\|\s*$)  # lines
    | \*\*\S | __\S | `[^`\n]+` | \]\([^)\s]+\)  # within one
    """,
    re.MULTILINE | re.VERBOSE,
)


def kind_of(text: str) -> Kind:
    """JSON only where it is an object or a list, SQL only where it is nothing else."""
    if isinstance(parsed(text), dict | list):
        return Kind.JSON
    bare = unfenced(text)
    if _FENCED_SQL.match(text) and bare != text.strip() and "```" not in bare:
        return Kind.SQL
    if _SQL.match(bare) and _CLAUSE.search(bare) and "\n\n" not in bare.strip():
        return Kind.SQL
    return Kind.MARKDOWN if _MARKDOWN.search(text) else Kind.TEXT


def parsed(text: str) -> Any:
    """The JSON value that `text` is, with or without a fence; None where it is none."""
    bare = unfenced(text)
    if bare[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(bare)
    except (ValueError, RecursionError):
        return None
