"""Who a flag lets in, as a value: in words, as a share of all, and as JSON. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Audience:
    """`on` None: nobody knows, `when_unknown` decides. `limited`: to `tenants` and `percent` of the rest."""

    on: bool | None = True
    limited: bool = False
    percent: Decimal = Decimal(0)
    tenants: frozenset[str] = frozenset()
    when_unknown: bool = False

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Audience":
        return cls(
            on=stored["on"],
            limited=stored["limited"],
            percent=Decimal(stored["percent"]),
            tenants=frozenset(stored["tenants"]),
            when_unknown=stored["when_unknown"],
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "on": self.on,
            "limited": self.limited,
            "percent": f"{self.percent:.2f}",
            "tenants": sorted(self.tenants),
            "when_unknown": self.when_unknown,
        }

    @property
    def lets_in(self) -> bool:
        """Whether anybody at all may get in."""
        on = self.when_unknown if self.on is None else self.on
        return on and (not self.is_limited or self.percent > 0 or bool(self.tenants))

    @property
    def is_limited(self) -> bool:
        return bool(self.on) and self.limited

    def reach(self, all_tenants: int) -> Decimal:
        """The share of all that get in, in percent: as if every one of `all_tenants` had the same traffic."""
        if not self.lets_in:
            return Decimal(0)
        if not self.is_limited:
            return HUNDRED
        listed = min(len(self.tenants), all_tenants)
        rest = (all_tenants - listed) * self.percent / HUNDRED
        return HUNDRED * (listed + rest) / all_tenants if all_tenants else self.percent

    def words(self, all_tenants: int) -> str:
        """In words: "On for 3 of 41 tenants and 10 % of the rest"."""
        if self.on is None:
            return f"Not decided: {'on' if self.when_unknown else 'off'} for everyone until it is"
        if not self.on:
            return "Off for everyone"
        if not self.limited:
            return f"On for {_all(all_tenants)}"
        if not self.lets_in:
            return "On, but for nobody yet"
        tenants = f"{len(self.tenants)} of {_count(all_tenants, 'tenant')}"
        percent = f"{_percent(self.percent)} of {'the rest' if self.tenants else 'all callers'}"
        if not self.tenants:
            return f"On for {percent}"
        return f"On for {tenants} and {percent}" if self.percent else f"On for {tenants}"

    def wider_than(self, other: "Audience") -> bool:
        """Whether somebody gets in who does not under `other`."""
        if not self.lets_in:
            return False
        if not other.lets_in:
            return True
        if not other.is_limited:
            return False
        return not self.is_limited or self.percent > other.percent or not self.tenants <= other.tenants


EVERYBODY = Audience()
NOBODY = Audience(on=False)


def _all(tenants: int) -> str:
    return f"all {_count(tenants, 'tenant')}" if tenants > 1 else "everyone"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _percent(value: Decimal) -> str:
    return f"{value.normalize():f} %"
