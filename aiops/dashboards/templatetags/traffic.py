"""What pages of flags may ask about calls, without their code having to know of them."""

from collections.abc import Iterable

from django import template

from aiops.dashboards import traffic as calls
from aiops.flags.showing import Row

register = template.Library()


@register.simple_tag
def traffic(rows: Iterable[Row]) -> calls.Traffic:
    """The calls behind the flags of `rows`, by feature."""
    return calls.of_features(row.feature.slug for row in rows)


@register.simple_tag
def flow(scope: str, target: str) -> calls.Flow:
    """The calls that a stop of `target` holds back."""
    return calls.of_stop(scope, target)
