"""An agreement in a sentence, from the figures that `ratings.py` leaves. Light: for pages."""

from collections.abc import Mapping
from typing import Any

from aiops.core.intervals import LEAST

LOPSIDED = 0.8  # above this share of one answer, kappa is low however well people agree
FAR_BELOW = 0.2  # kappa this far below AC1 asks for a word
FIRM, TENTATIVE = 0.8, 0.667  # Krippendorff's bounds


def sentence(found: Mapping[str, Any]) -> str:
    """`91 of 100 equal; AC1 .90 (.82 to .97); kappa .35 (low because 92 % pass)`; below 20 only the count."""
    n, equal = found.get("n", 0), found.get("equal", 0)
    if not n:
        return "nothing that two people graded"
    said = f"{equal:,} of {n:,} equal"
    if not (ac1 := found.get("ac1")):
        return f"{said}; AC1 and kappa from {LEAST} on"
    parts = [
        said,
        f"AC1 {_short(ac1['value'])} ({_short(ac1['low'])} to {_short(ac1['high'])})",
        _kappa(found),
    ]
    if found.get("alpha") is not None:
        parts.append(f"alpha {_short(found['alpha'])} ({firmness(found['alpha'])})")
    return "; ".join(parts)


def firmness(alpha: float) -> str:
    if alpha >= FIRM:
        return "firm"
    return "tentative" if alpha >= TENTATIVE else "weak"


def why_kappa(found: Mapping[str, Any]) -> str:
    """Why kappa says less than AC1, '' where it does not."""
    kappa, passed = found["kappa"]["value"], found["passed"]
    if kappa is None:
        return "everybody said the same"
    most = max(passed, 1 - passed)
    if most <= LOPSIDED or kappa > found["ac1"]["value"] - FAR_BELOW:
        return ""
    return f"low because {100 * most:.0f}\N{NO-BREAK SPACE}% {'pass' if passed >= LOPSIDED else 'fail'}"


def _kappa(found: Mapping[str, Any]) -> str:
    value, why = found["kappa"]["value"], why_kappa(found)
    word = "kappa undefined" if value is None else f"kappa {_short(value)}"
    return f"{word} ({why})" if why else word


def _short(value: float) -> str:
    """Two places without the nought: `.90`, `1.00`, `−.04`."""
    text = f"{abs(value):.2f}".removeprefix("0") if abs(value) < 0.995 else "1.00"
    return f"\N{MINUS SIGN}{text}" if value < -0.005 else text
