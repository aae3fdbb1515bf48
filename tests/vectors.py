"""The reference values of the statistics, where they are at hand; the tests copy the ones that matter."""

import json
import math
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "statistics" / "vectors"


def vectors(name: str, *functions: str) -> list[Any]:
    """The cases of one file whose `fn` is among `functions`; empty where the folder is absent."""
    path = FOLDER / f"{name}.json"
    cases = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [case for case in cases if case["input"]["fn"] in functions]


def differences(got: Any, want: Any, tolerance: float, at: str = "") -> list[str]:
    """Where `got` is not what a vector expects; keys that only `got` has are allowed."""
    if isinstance(want, dict):
        return [line for key in want for line in differences(got[key], want[key], tolerance, f"{at}.{key}")]
    if isinstance(want, list):
        lengths = [] if len(got) == len(want) else [f"{at}: {len(got)} items, not {len(want)}"]
        pairs = zip(got, want, strict=False)
        return lengths + [line for a, b in pairs for line in differences(a, b, tolerance, f"{at}[]")]
    if want is None or isinstance(want, (str, bool)):
        return [] if got == want else [f"{at}: {got!r}, not {want!r}"]
    same = got is not None and math.isclose(got, want, rel_tol=0, abs_tol=tolerance)
    return [] if same else [f"{at}: {got!r}, not {want!r}"]
