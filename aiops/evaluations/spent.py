"""What our own work spends: for which calls, out of which leases; written with the results, and so once.

Charged to the feature it is for and to the tenant `internal`. A worker's leases are named for its claim, so
that whoever takes its work over knows which money may have gone out with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from aiops.budgets import actions as budgets
from aiops.budgets import spending
from aiops.budgets.spending import Spending
from aiops.catalog.pricing import cost
from aiops.core.actors import SystemActor
from aiops.core.money import ZERO
from aiops.evaluations import rows as made
from aiops.evaluations.caller import Outcome
from aiops.evaluations.models import Run
from aiops.features.models import Feature
from aiops.gateway import inside
from aiops.gateway.inside import Bill
from aiops.providers.protocol import Usage
from aiops.tenants.models import INTERNAL

SWEEPER = SystemActor("evaluations")
KEPT_HERE = frozenset({"bills", "charges"})  # of a result's row: they go into sums and leases, not into it


def shard_instance(run: int, shard: int, token: int) -> str:
    """The name under which a claim of a shard has leases; those of a run begin alike."""
    return f"{run_prefix(run)}shard-{shard}-{token}"


def run_prefix(run: int) -> str:
    return f"run-{run}-"


def pairwise_instance(pairwise: int, token: int) -> str:
    return f"pairwise-{pairwise}-{token}"


def purse_of(instance: str, feature: Feature, slots: int) -> Spending:
    """What the worker `instance` may spend on `feature`; `slots` calls at once."""
    return Spending(instance, INTERNAL, feature.slug, holds=max(spending.HOLDS, slots))


def judges_bill(outcome: Outcome, purpose: str = "judge") -> Bill:
    """The bill of a judge's call that is over."""
    question = outcome.job.question
    if question is None:
        raise ValueError("this is no judge's answer")
    name = question.seat.model.name
    if outcome.reply is None:
        error = outcome.error or RuntimeError("no reply and no error")
        unaccounted = made.possible_cost(outcome.job, error)
        return Bill(purpose, name, unaccounted=unaccounted, answered=False)
    usage = outcome.reply.usage
    return Bill(purpose, name, cost(usage, question.seat.price), usage=usage)


def note_results(run: Run, fresh: Sequence[Mapping[str, Any]]) -> None:
    """Count what `fresh` rows (see `rows.py`) cost, in the transaction that has just inserted them."""
    inside.add_up(run.feature.slug, [bill for row in fresh for bill in _bills(run, row)])
    spending.charge(row.get("charges", {}) for row in fresh)


def _bills(run: Run, row: Mapping[str, Any]) -> list[Bill]:
    judges: list[Bill] = list(row.get("bills", ()))
    if run.model is None or not row["attempts"] or row.get("reused_from"):
        return judges
    usage = Usage(**{name: row[f"{name}_tokens"] for name in inside.TOKENS})
    unaccounted = Decimal(row["unaccounted"]) - sum((bill.unaccounted for bill in judges), ZERO)
    answered = not row["error_kind"]
    own = Bill("evaluation", run.model.name, Decimal(row["cost"]), unaccounted, usage, answered=answered)
    return [own, *judges]


@transaction.atomic
def lost(instance: str, feature: str, held: Decimal = ZERO, *, purpose: str = "evaluation") -> Decimal:
    """The worker `instance` died, or lost its claim: what it had leased, USD, counts as spent on `feature`.

    Where no budget applies it is `held`, what it had of its own ceiling.
    """
    amount = budgets.lose_leases_of(by=SWEEPER, instance=instance) or held
    if amount:
        died = Bill(purpose, "", unaccounted=amount, calls=0, answered=False, lost=True)
        inside.add_up(feature, [died])
    return amount


def note_pairs(feature: str, bills: Iterable[Bill], charges: Iterable[Mapping[int, Decimal]]) -> None:
    """As `note_results`, of what a comparison's cases cost."""
    inside.add_up(feature, bills)
    spending.charge(charges)
