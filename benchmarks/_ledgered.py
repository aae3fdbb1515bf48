"""What Postgres has in the end, held against what callers and vendors saw."""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks._faults import Checks, Stage


def settled(stage: Stage, seconds: float = 60) -> float:
    """Wait until no record waits in any spool: those of the dead have been taken over. Seconds it took."""
    spool = stage.folder / "home" / "spool"
    alive = {process.pid for process in stage.gateways if process.poll() is None}

    def empty() -> bool:
        folders = [one for one in spool.iterdir() if one.is_dir()]
        orphans = [one for one in folders if int(one.name.rsplit("-", 2)[1]) not in alive]
        return not orphans and not any(map(_unread, folders))

    return stage.until(empty, seconds)


def _unread(folder: Path) -> bool:
    """Whether a process's spool holds lines beyond its checkpoint."""
    import orjson  # noqa: PLC0415 - not for --help

    try:
        segment, offset = orjson.loads((folder / "checkpoint").read_bytes())
    except FileNotFoundError:
        segment, offset = 0, 0
    sizes = {int(path.stem): path.stat().st_size for path in folder.glob("*.jsonl")}
    return any(
        size > (offset if number == segment else 0) for number, size in sizes.items() if number >= segment
    )


def recorded(checks: Checks, acknowledged: Collection[str]) -> int:
    """Every acknowledged call once, sums of the same calls, nothing refused by Postgres. How many rows."""
    from django.db.models import Count, Sum  # noqa: PLC0415 - needs the settings

    from aiops.gateway.models import Call, Quarantined, Rollup  # noqa: PLC0415 - as above

    rows = dict(Call.objects.values_list("id").annotate(Count("id")).order_by())
    lost = set(acknowledged) - set(rows)
    checks(not lost, f"{len(acknowledged):,} acknowledged calls, {len(lost)} of them without a record")
    checks(len(set(acknowledged)) == len(acknowledged), "each answer had an id of its own")
    checks(all(count == 1 for count in rows.values()), f"{len(rows):,} records, each once")
    summed = Rollup.objects.aggregate(calls=Sum("calls"), cost=Sum("cost"))
    checks(summed["calls"] == len(rows), f"{summed['calls']:,} calls in the hourly sums")
    cost = Call.objects.aggregate(cost=Sum("cost"))["cost"]
    checks(summed["cost"] == cost, f"${summed['cost']} in the hourly sums, ${cost} in the records")
    checks(not Quarantined.objects.exists(), f"{Quarantined.objects.count()} records refused by Postgres")
    return len(rows)


def paid(checks: Checks, budget: Any) -> Decimal:
    """The budget was charged with what the records of its calls say, and nothing is held. What was spent."""
    from django.db.models import Sum  # noqa: PLC0415 - needs the settings

    from aiops.budgets.models import Lease, Period  # noqa: PLC0415 - as above
    from aiops.gateway.models import Call  # noqa: PLC0415 - as above

    sums = Period.objects.filter(budget=budget).aggregate(spent=Sum("spent"), overrun=Sum("overrun"))
    spent = sums["spent"] or Decimal(0)
    calls = Call.objects.filter(feature=budget.feature.slug) if budget.feature else Call.objects.all()
    cost = calls.aggregate(cost=Sum("cost"))["cost"] or Decimal(0)
    checks(
        spent == cost,
        f"the budget was charged ${spent}, its calls cost ${cost}, overrun ${sums['overrun'] or 0}",
    )
    live = Lease.objects.filter(period__budget=budget, state="lost").count()
    checks(not live, f"{live} leases lost")
    return spent


def held(budget: Any) -> Decimal:
    """What is promised or leased now, in USD."""
    from django.db.models import Sum  # noqa: PLC0415 - needs the settings

    from aiops.budgets.models import Period  # noqa: PLC0415 - as above

    return Period.objects.filter(budget=budget).aggregate(held=Sum("leased"))["held"] or Decimal(0)
