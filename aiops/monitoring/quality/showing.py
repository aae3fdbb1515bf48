"""What pages make of a quality report: words, charts and what deserves a look. Reads no evidence itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiops.core import charts, figures
from aiops.core.charts import Chart, Mark, Series
from aiops.core.figures import NBSP
from aiops.features.models import Feature
from aiops.monitoring.models import QualityReport

RANGES = {"2d": "2 days", "7d": "7 days", "28d": "28 days", "90d": "90 days"}
USUAL = "7d"
TREND_OF = {"2d": "short", "7d": "short", "28d": "month", "90d": "quarter"}
BACK = {"short": 2, "month": 7, "quarter": 7}  # days that a point looks back
SLICES = (("locale", "Locale"), ("category", "Category"), ("version", "Prompt version"))
RECENT = "2d"


@dataclass(frozen=True, slots=True)
class Figure:
    """A pass rate, or how much is missing for one. `name` is the slice's, "" of the whole."""

    found: Mapping[str, Any]
    name: str = ""

    @property
    def measured(self) -> bool:
        return self.found.get("mean") is not None

    @property
    def mean(self) -> float | None:
        return self.found.get("mean")

    @property
    def low(self) -> float | None:
        return self.found.get("low")

    @property
    def high(self) -> float | None:
        return self.found.get("high")

    @property
    def graded(self) -> int:
        return int(self.found.get("graded", 0))

    @property
    def judged(self) -> int:
        return int(self.found.get("judged", 0))

    @property
    def collecting(self) -> str:
        """Such as "collecting, 12 of 20"; "" where there is a number."""
        return "" if self.measured else f"collecting, {self.graded} of {self.found.get('needed', 20)}"

    @property
    def bounds(self) -> str:
        """Such as "86–97", per cent."""
        if self.low is None or self.high is None:
            return ""
        return f"{100 * self.low:.0f}–{100 * self.high:.0f}"

    @property
    def rate(self) -> str:
        return figures.percent(self.mean, self.graded)

    @property
    def judge(self) -> str:
        return figures.percent(self.found.get("judge"), self.judged)

    @property
    def sentence(self) -> str:
        """Such as "True pass rate 93 % (86–97), 60 human grades and 2,000 judged. …"."""
        graded = f"{figures.count(self.graded)} human grade{'' if self.graded == 1 else 's'}"
        alone = f" The judge alone says {self.judge}." if self.judged else ""
        judged = f" and {figures.count(self.judged)} judged" if self.judged else ""
        if not self.measured:
            return f"True pass rate: {self.collecting} human grades.{alone}"
        return f"True pass rate {self.rate} ({self.bounds}), {graded}{judged}.{alone}"

    @property
    def notes(self) -> list[str]:
        """What has to be said with the number."""
        said = []
        plain, covered = self.found.get("plain"), self.found.get("covered")
        if plain is not None and self.mean is not None and figures.percent(plain, self.graded) != self.rate:
            said.append(f"Re-weighted to the live mix; without that {figures.percent(plain, self.graded)}.")
        if covered is not None and covered < 0.995:
            said.append(f"Categories and locales with {figures.percent(covered)} of the calls were judged.")
        if left := self.found.get("left_out"):
            said.append(f"{figures.count(left)} graded calls have no verdict and are left out.")
        if self.measured and not self.judged:
            said.append("By people alone: no call was judged.")
        return said


@dataclass(frozen=True, slots=True)
class Arm:
    """What a candidate, or a model that answers beside the usual one, loses in points; positive is worse."""

    found: Mapping[str, Any]

    @property
    def title(self) -> str:
        return f"{self.found['name']}, candidate" if self.is_candidate else str(self.found["name"])

    @property
    def is_candidate(self) -> bool:
        return bool(self.found["kind"] == "candidate")

    @property
    def against(self) -> str:
        return str(self.found["against"])

    @property
    def rows(self) -> list[tuple[str, "Loss"]]:
        """All calls first, then by locale."""
        whole = ("All", Loss(self.found["whole"]))
        return [whole, *((name or "none named", Loss(one)) for name, one in self.found["locales"])]


@dataclass(frozen=True, slots=True)
class Loss:
    found: Mapping[str, Any]

    @property
    def measured(self) -> bool:
        return bool(self.found["state"] == "measured")

    @property
    def words(self) -> str:
        """Such as "41.2 points worse (22.0 to 58.1)"."""
        if not self.measured:
            return self.collecting
        low, high = figures.points(self.found["low"]), figures.points(self.found["high"])
        return f"{_worse(self.found['loss'])} ({low} to {high})"

    @property
    def collecting(self) -> str:
        fewest = min(self.found["graded"], self.found["graded_control"])
        return f"collecting, {fewest} of {self.found['needed']}"

    @property
    def judge(self) -> str:
        loss = self.found["judge_loss"]
        return figures.NONE if loss is None else _worse(loss)

    @property
    def tone(self) -> str:
        """Block where it is worse for sure, pass where it is not worse, else unsure."""
        if not self.measured:
            return "unsure"
        return "block" if self.found["low"] > 0 else "pass" if self.found["high"] < 0 else "unsure"


def _worse(loss: float) -> str:
    size = f"{abs(100 * loss):.1f}{NBSP}points"
    return "no difference" if size.startswith("0.0") else f"{size} {'worse' if loss > 0 else 'better'}"


@dataclass(frozen=True, slots=True)
class Fall:
    """A locale or category that passes less often now than in the weeks before."""

    by: str
    now: Figure
    before: Figure

    @property
    def sentence(self) -> str:
        """Such as "ja: 48 % (34–62) in the last 2 days, 74 % in the weeks before."."""
        name = self.now.name or "none named"
        return (
            f"{name}: {self.now.rate} ({self.now.bounds}) in the last {RANGES[RECENT]}, "
            f"{self.before.rate} in the weeks before."
        )


@dataclass(frozen=True, slots=True)
class Quality:
    """A feature as its pages show it in the time `key`. Without a report everything is empty."""

    feature: Feature
    key: str
    report: QualityReport | None
    slices: list[tuple[str, str, list[Figure]]] = field(default_factory=list)

    @property
    def figures(self) -> Mapping[str, Any]:
        return self.report.figures if self.report else {}

    @property
    def whole(self) -> Figure:
        return Figure(self._range(self.key).get("all", {}))

    @property
    def judge(self) -> Mapping[str, Any] | None:
        return self.figures.get("judge")

    @property
    def unsettled(self) -> int:
        return int(self.figures.get("unsettled", 0))

    @property
    def arms(self) -> list[Arm]:
        return [Arm(one) for one in self.figures.get("arms", [])]

    @property
    def losses(self) -> list[str]:
        """What an arm loses for sure, such as "summary v4, candidate, ja: 20.1 points worse (…)"."""
        rows = [(arm, name, loss) for arm in self.arms for name, loss in arm.rows if loss.tone == "block"]
        return [f"{arm.title}, {name}: {loss.words}." for arm, name, loss in rows]

    @property
    def weakest(self) -> Figure | None:
        """The locale with the lowest measured rate, where several are measured."""
        found = [one for one in self.of("locale") if one.measured]
        return min(found, key=lambda one: one.mean or 0.0) if len(found) > 1 else None

    def of(self, by: str, key: str = "") -> list[Figure]:
        return [Figure(found, name) for name, found in self._range(key or self.key).get(by, [])]

    @property
    def falls(self) -> list[Fall]:
        """Where the newest interval lies below the weeks before; exploratory, and the worst first."""
        found = []
        for by in ("locale", "category"):
            rows = self.figures.get("before", {}).get(by, [])
            before = {name: Figure(one, name) for name, one in rows}
            for one in self.of(by, RECENT):
                usual = before.get(one.name)
                if usual and usual.mean is not None and one.high is not None and one.high < usual.mean:
                    found.append(Fall(by, one, usual))
        return sorted(found, key=lambda fall: (fall.now.mean or 0.0) - (fall.before.mean or 0.0))

    def _range(self, key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.figures.get("ranges", {}).get(key, {})
        return found

    @property
    def trend(self) -> list[float | None]:
        """For a small line: the rate over the points of this time."""
        return [point["mean"] for point in self._points("")]

    @property
    def locales(self) -> list[str]:
        """Those with a line of their own."""
        return [name for name in self._trends() if name]

    def chart(self, locale: str, marks: Sequence[Mark]) -> Chart:
        """The rate with its interval over time, the judge alone beside it."""
        points = self._points(locale)
        days = [datetime.fromisoformat(point["day"]).replace(tzinfo=UTC) for point in points]
        people = Series(
            "people and judge",
            days,
            [point["mean"] for point in points],
            [point["low"] for point in points],
            [point["high"] for point in points],
        )
        alone = Series("judge alone", days, [point["judge"] for point in points])
        back = BACK[TREND_OF[self.key]]
        known = any(point["mean"] is not None or point["judge"] is not None for point in points)
        return charts.line(
            "quality",
            f"Pass rate{f', {locale}' if locale else ''}",
            [people, alone] if known else [],
            note=f"A point looks back over {back} days, with its 95 % interval; none below 20 grades.",
            marks=marks,
            y_format=".0%",
        )

    def charted_since(self, now: datetime) -> datetime:
        points = self._points("")
        if not points:
            return now - timedelta(days=7)
        return datetime.fromisoformat(points[0]["day"]).replace(tzinfo=UTC)

    def _trends(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.figures.get("trends", {}).get(TREND_OF[self.key], {})
        return found

    def _points(self, locale: str) -> list[dict[str, Any]]:
        return list(self._trends().get(locale, []))


def shown(feature: Feature, key: str, report: QualityReport | None) -> Quality:
    found = Quality(feature, key if key in RANGES else USUAL, report)
    slices = [(by, title, found.of(by)) for by, title in SLICES]
    return Quality(feature, found.key, report, [one for one in slices if one[2]])
