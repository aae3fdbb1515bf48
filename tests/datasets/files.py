"""Files of cases for tests, and the readings of them."""

import io
import json
from pathlib import Path
from typing import Any

from aiops.core.errors import Problem
from aiops.datasets import formats
from aiops.datasets.formats import CaseReader
from aiops.datasets.validation import Checked

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def jsonl(*cases: dict[str, Any]) -> bytes:
    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases).encode()


def case(key: str = "a", **values: Any) -> dict[str, Any]:
    return {"id": key, "inputs": {"ticket": "Where is my order?"}, **values}


def read(content: bytes | str, form: str = "jsonl") -> tuple[list[Checked], CaseReader]:
    reader = formats.read(io.BytesIO(content.encode() if isinstance(content, str) else content), form)
    return list(reader), reader


def problems(content: bytes | str, form: str = "jsonl") -> list[Problem]:
    return read(content, form)[1].problems


def said(content: bytes | str, form: str = "jsonl") -> list[str]:
    return [str(problem) for problem in problems(content, form)]
