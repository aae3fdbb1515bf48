"""One file per task. A skill says whether the instructions ask for it, and answers."""

from collections.abc import Sequence
from typing import Protocol

from aiops.providers.simulated.brief import Brief
from aiops.providers.simulated.skills import (
    contract,
    general,
    judge,
    language_label,
    order_sql,
    passages,
    product_copy,
    reply,
    summary,
    triage,
)


class Skill(Protocol):
    """A module of this package."""

    def fits(self, brief: Brief, /) -> bool:
        """Whether the instructions ask for this task."""
        ...

    def answer(self, brief: Brief, /) -> str:
        """The model's answer, right or wrong as the rules of the package decide."""
        ...


SKILLS: Sequence[Skill] = (
    judge,
    language_label,
    order_sql,
    contract,
    passages,
    triage,
    summary,
    reply,
    product_copy,
    general,
)


def answer(brief: Brief) -> str:
    """The answer of the first skill that fits; the last one fits everything."""
    return next(skill for skill in SKILLS if skill.fits(brief)).answer(brief)
