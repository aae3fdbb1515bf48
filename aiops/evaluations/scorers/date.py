"""Dates that are dates, and lie where they should."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged, shorten, verdict
from aiops.evaluations.scorers.written_dates import Order, Written, dates_in

_ORDERS: dict[str, Order | None] = {"by locale": None, "day first": "day", "month first": "month"}


class Dates(Scorer):
    """Dates in the output are days of the calendar and lie in a range, both ends included.

    Understands ISO and the usual forms of the case's locale. A date that could be read in two ways
    (03/04/2025 in English that is neither American nor British) fails.
    """

    type: ClassVar[str] = "date"
    title: ClassVar[str] = "Dates"
    example: ClassVar[dict[str, Any]] = {"earliest": "2025-01-01"}

    pick: Literal["all", "any", "first", "last"] = "all"
    order: Literal["by locale", "day first", "month first"] = "by locale"
    earliest: str | None = Field(default=None, description="Such as 2025-01-31")
    latest: str | None = Field(default=None, description="Such as 2025-12-31")
    relative_to: str | None = Field(
        default=None, max_length=100, description="A key of the case's metadata that holds a date"
    )
    days_before: int = Field(default=0, ge=0, le=40_000, description="So many days before that date")
    days_after: int = Field(default=0, ge=0, le=40_000, description="So many days after that date")

    @field_validator("earliest", "latest")
    @classmethod
    def is_a_date(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                date.fromisoformat(given)
            except ValueError:
                raise ValueError(f"{given!r} is not a date such as 2025-01-31") from None
        return given

    @model_validator(mode="after")
    def is_a_range(self) -> Self:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise ValueError("`earliest` is later than `latest`")
        if (self.days_before or self.days_after) and not self.relative_to:
            raise ValueError("days before and after need `relative_to`")
        return self

    def score(self, output: str, golden: Golden) -> Judgement:
        try:
            low, high = self._range(golden)
        except ValueError as error:
            return not_judged(str(error))
        found = dates_in(output, golden.locale, _ORDERS[self.order])
        if not found:
            return verdict(False, "There is no date in the output.")
        chosen = {"first": found[:1], "last": found[-1:]}.get(self.pick, found)
        wrong = [words for one in chosen if (words := _problem(one, low, high))]
        passed = len(wrong) < len(chosen) if self.pick == "any" else not wrong
        return verdict(passed, " ".join(wrong[:3]))

    def _range(self, golden: Golden) -> tuple[date, date]:
        """The first and the last day allowed. Raises ValueError where the case does not say."""
        low = date.fromisoformat(self.earliest) if self.earliest else date.min
        high = date.fromisoformat(self.latest) if self.latest else date.max
        if self.relative_to:
            centre = _stated(golden.metadata.get(self.relative_to), self.relative_to)
            try:
                low = max(low, centre - timedelta(days=self.days_before))
                high = min(high, centre + timedelta(days=self.days_after))
            except OverflowError:
                raise ValueError(f"The days around {centre} are out of the calendar.") from None
        return low, high


def _stated(value: Any, key: str) -> date:
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError):
        raise ValueError(f"The case's metadata has no date at {shorten(key, 60)}.") from None


def _problem(one: Written, low: date, high: date) -> str:
    if one.day is None:
        return f"{one.text} {one.problem}."
    if one.day < low:
        return f"{one.text} is before {low}."
    return f"{one.text} is after {high}." if one.day > high else ""
