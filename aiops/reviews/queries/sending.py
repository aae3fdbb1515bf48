"""Which calls of those that somebody looks at are sent to review."""

from django.db.models import QuerySet

from aiops.gateway.models import Call
from aiops.reviews.sampling.chance import chance
from aiops.reviews.sampling.reading import GIVEN

AMONG = 2_000  # the newest that match


def sample(rows: QuerySet[Call], most: int) -> list[Call]:
    """`most` of the newest 2,000 answered calls of `rows`, by chance."""
    answered = rows.filter(outcome__in=GIVEN, output__isnull=False).exclude(output="")
    keys = list(answered.order_by("-at", "-id").values_list("at", "id", "feature")[:AMONG])
    chosen = sorted(keys, key=lambda key: chance(key[2], key[1]))[:most]
    return list(Call.objects.filter(pk__in=[(at, call) for at, call, _ in chosen])) if chosen else []
