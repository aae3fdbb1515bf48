"""Sign-in throttling: five wrong passwords lock an account for one address, for a quarter of an hour.

django-axes counts. An account is locked together with the caller's address, so that nobody can lock out
a colleague from elsewhere. Behind a reverse proxy: name it in TRUSTED_PROXIES, else all callers share its
address, and with it the lock.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest

from aiops.core import clock

COOL_OFF = timedelta(hours=settings.AXES_COOLOFF_TIME)


def account(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The account that somebody tries: the e-mail address in small letters, without blanks around."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(given).strip().lower()[:254]


def locks(account: str = "") -> dict[str, datetime]:
    """When the locks end that hold now, by account; of one account where it is named."""
    since = clock.now() - COOL_OFF
    tries = AccessAttempt.objects.filter(attempt_time__gt=since)
    if account:
        tries = tries.filter(username=account.lower())
    rows = tries.values_list("username", "ip_address").annotate(
        tries=Sum("failures_since_start"), at=Max("attempt_time")
    )
    ends: dict[str, datetime] = {}
    for name, _address, count, at in rows:
        if count >= settings.AXES_FAILURE_LIMIT:
            ends[name] = max(at + COOL_OFF, ends.get(name, at))
    return ends


def lift(account: str) -> int:
    """Forget the wrong passwords of an account, from every address. Returns how many rows that were."""
    gone, _ = AccessAttempt.objects.filter(username=account.lower()).delete()
    return int(gone)


def minutes_left(account: str, address: str) -> int:
    """For how many minutes, rounded up, sign-ins to `account` from `address` are still refused."""
    tries = AccessAttempt.objects.filter(username=account, ip_address=address or None)
    last = tries.aggregate(at=Max("attempt_time"))["at"] or clock.now()
    return max(1, ceil((last + COOL_OFF - clock.now()) / timedelta(minutes=1)))
