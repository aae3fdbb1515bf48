"""Questions about tenants and their keys."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from aiops.core import clock
from aiops.tenants.models import ApiKey, Tenant


def tenants(text: str = "") -> QuerySet[Tenant]:
    """Tenants by slug, narrowed by a part of slug or name."""
    return (
        Tenant.objects.filter(Q(slug__icontains=text) | Q(name__icontains=text))
        if text
        else Tenant.objects.all()
    )


def keys(*, tenant: str = "", text: str = "", dead: bool = False) -> QuerySet[ApiKey]:
    """Keys by tenant's slug ("service": those without) and a part of name or id; the revoked on demand."""
    rows = ApiKey.objects.filter(console=False).order_by("-id")
    rows = rows.select_related("tenant", "created_by", "revoked_by")
    if tenant:
        rows = rows.filter(tenant=None) if tenant == "service" else rows.filter(tenant__slug=tenant)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(public_id__icontains=text))
    return rows if dead else rows.filter(revoked_at=None)


def console_key(left: timedelta) -> ApiKey | None:
    """The console's own key that is good for `left` at least; the newest."""
    rows = ApiKey.objects.filter(console=True, revoked_at=None, expires_at__gt=clock.now() + left)
    return rows.order_by("-id").first()
