"""Price lists in the `model_prices_and_context_window.json` form: read, matched with our models, compared.

The list is an object: what a vendor calls a model, often behind a provider and a slash ("azure/gpt-4o"), to
an object with USD per token. Fields that we don't read are left alone; a wrong value in one that we do read,
in any entry, refuses the whole file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from aiops.catalog import queries
from aiops.catalog.models import TOKEN_CLASSES, Model, Price, Provider, per_million
from aiops.core.errors import Conflict, InvalidInput, Problem
from aiops.core.money import quantize

MAX_BYTES = 16 * 1024 * 1024
MAX_PROBLEMS = 50
FIELDS = {
    "input": "input_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "output": "output_cost_per_token",
    "reasoning": "output_cost_per_reasoning_token",
}
_NOT_AN_ENTRY = "sample_spec"  # the published list explains its fields in an entry of this name
_TIERS = ("input_cost_per_token_above", "output_cost_per_token_above")
_TEXT_MODES = frozenset({"", "chat", "completion", "responses"})

Rates = dict[str, Any]  # Decimal or None by our names of the classes


@dataclass(frozen=True, slots=True)
class Listed:
    """One usable entry. `vendor` in the list's own words; `tiered`: long inputs cost more."""

    name: str
    vendor: str
    rates: Rates
    tiered: bool = False

    @property
    def bare_name(self) -> str:
        return self.name.removeprefix(f"{self.vendor}/")


@dataclass(frozen=True, slots=True)
class Change:
    """A new price for `model`; `before` is what holds at that time without it."""

    model: Model
    listed_as: str
    rates: Rates
    before: Price | None
    tiered: bool = False

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Per class that changes: its label, the rate before and after, for people."""
        pairs = [
            (label, getattr(self.before, name, None), self.rates[name])
            for name, label in TOKEN_CLASSES.items()
        ]
        return [(label, per_million(old), per_million(new)) for label, old, new in pairs if old != new]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do."""

    effective_at: datetime
    changes: tuple[Change, ...]
    unchanged: tuple[Model, ...]
    unknown: tuple[Model, ...]
    ambiguous: tuple[tuple[Model, tuple[str, ...]], ...] = ()

    @property
    def has_tiers(self) -> bool:
        return any(change.tiered for change in self.changes)


def plan(content: bytes, *, effective_at: datetime) -> Plan:
    """Compare the list with the prices that hold at `effective_at`. InvalidInput names what is wrong."""
    listed = read(content)
    models = list(Model.objects.select_related("provider").exclude(provider__kind=Provider.Kind.SIMULATED))
    current = queries.prices_at(models, effective_at)
    changes, unchanged, unknown, ambiguous = [], [], [], []
    for model in models:
        found = match(model, listed)
        before = current.get(model.pk)
        if not found:
            unknown.append(model)
        elif len({_identity(entry.rates) for entry in found}) > 1:
            ambiguous.append((model, tuple(entry.name for entry in found)))
        elif before and _identity(found[0].rates) == _identity(rates_of(before)):
            unchanged.append(model)
        else:
            changes.append(Change(model, found[0].name, found[0].rates, before, found[0].tiered))
    return Plan(effective_at, tuple(changes), tuple(unchanged), tuple(unknown), tuple(ambiguous))


def read(content: bytes) -> list[Listed]:
    """The list's entries of models that write text. Raises InvalidInput."""
    parsed = _parse(content)
    problems: list[Problem] = []
    entries = [_entry(name, value, problems) for name, value in parsed.items() if name != _NOT_AN_ENTRY]
    if problems:
        raise InvalidInput(
            f"The price list is wrong in {len(problems)} places; nothing was changed.", problems[:50]
        )
    return [entry for entry in entries if entry]


def match(model: Model, listed: Iterable[Listed]) -> list[Listed]:
    """The entries for `model`: of its own vendor where there is one, else the plain name, else any."""
    same = [entry for entry in listed if model.vendor_name in {entry.name, entry.bare_name}]
    same += [entry for entry in listed if entry not in same and entry.name.endswith(f"/{model.vendor_name}")]
    own = [entry for entry in same if entry.vendor in _vendors(model.provider)]
    plain = [entry for entry in same if entry.name == model.vendor_name]
    return own or plain or same


def rates_of(price: Price) -> Rates:
    return {name: getattr(price, name) for name in FIELDS}


def rates_as_text(price: Price) -> dict[str, str]:
    """The rates that are set, for the audit and for exports."""
    return {name: f"{rate:f}" for name, rate in rates_of(price).items() if rate is not None}


def pack(plan: Plan, source: str) -> dict[str, Any]:
    """A plan as JSON values, to be kept by the page between its preview and its taking over."""
    rates = [
        [
            change.model.pk,
            change.listed_as,
            [None if rate is None else str(rate) for rate in _identity(change.rates)],
        ]
        for change in plan.changes
    ]
    return {"at": plan.effective_at.isoformat(), "source": source, "rates": rates}


def unpack(packed: Mapping[str, Any]) -> tuple[Plan, str]:
    """The plan and the source that `pack` was given; models that have gone meanwhile raise Conflict."""
    models = Model.objects.select_related("provider").in_bulk([pk for pk, _, _ in packed["rates"]])
    if len(models) < len(packed["rates"]):
        raise Conflict("A model of the preview was deleted meanwhile. Choose the file again.")
    changes = tuple(
        Change(models[pk], listed_as, {n: r and Decimal(r) for n, r in zip(FIELDS, rates, strict=True)}, None)
        for pk, listed_as, rates in packed["rates"]
    )
    return Plan(datetime.fromisoformat(packed["at"]), changes, (), ()), packed["source"]


def _vendors(provider: Provider) -> set[str]:
    """What the list may call `provider`: the most telling word of its address."""
    if provider.kind == Provider.Kind.ANTHROPIC:
        return {"anthropic"}
    host = urlsplit(provider.base_url).hostname or ""
    if host.endswith((".azure.com", ".azure-api.net")):
        return {"azure", "azure_ai"}
    if host in {"localhost", "127.0.0.1"}:
        return set()
    words = host.split(".")
    return set(words) | {f"{word}_ai" for word in words} | {f"{provider.slug}"}


def _parse(content: bytes) -> Mapping[str, Any]:
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"The price list is longer than {MAX_BYTES // 1024 // 1024} MB.")
    try:
        parsed = json.loads(
            content.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except InvalidInput:
        raise
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise InvalidInput(f"The price list is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise InvalidInput("The price list must be a JSON object with an entry for each model.")
    return parsed


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"The price list has {twice!r} twice.")
    return found


def _entry(name: str, value: Any, problems: list[Problem]) -> Listed | None:
    if not isinstance(value, dict):
        problems.append(Problem(f"{name}: must be an object"))
        return None
    rates = {ours: _rate(name, theirs, value.get(theirs), problems) for ours, theirs in FIELDS.items()}
    if str(value.get("mode") or "") not in _TEXT_MODES or rates["input"] is None or rates["output"] is None:
        return None
    tiered = any(field.startswith(_TIERS) for field in value)
    return Listed(name, str(value.get("litellm_provider") or ""), rates, tiered)


def _rate(name: str, field: str, value: Any, problems: list[Problem]) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        problems.append(Problem(f"{name}: {field} must be a number, not {str(value)[:40]!r}"))
        return None
    if not 0 <= value < 1:
        problems.append(
            Problem(f"{name}: {field} is {value} USD for one token; it must be from 0 to below 1")
        )
        return None
    return quantize(Decimal(value))


def _identity(rates: Rates) -> tuple[Decimal | None, ...]:
    return tuple(rates[name] for name in FIELDS)
