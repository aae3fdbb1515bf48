"""Whether an id is inside a percentage: the same answer in every process and for ever (STATISTICS a)."""

from decimal import Decimal, InvalidOperation

import mmh3

BUCKETS = 10_000


def bucket(salt: str, identity: str) -> int:
    """0 to 9,999: murmur3 x86 32 of "salt:id" as UTF-8, without any normalisation."""
    return mmh3.hash(f"{salt}:{identity}", 0, signed=False) % BUCKETS


def enabled(salt: str, identity: str, percent: Decimal) -> bool:
    """Inside the first `percent` of all buckets. Nobody without an id: never random."""
    return bool(identity) and bucket(salt, identity) < percent * 100


def percent_valid(percent: object) -> bool:
    """0 to 100 with at most two decimals; no NaN, no infinity, no float's tail."""
    try:
        value = Decimal(str(percent))
    except InvalidOperation:
        return False
    return value.is_finite() and 0 <= value <= 100 and value == round(value, 2)
