"""Questions about tenants and their keys."""

from django.db.models import Q, QuerySet

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
    rows = ApiKey.objects.select_related("tenant", "created_by", "revoked_by").order_by("-id")
    if tenant:
        rows = rows.filter(tenant=None) if tenant == "service" else rows.filter(tenant__slug=tenant)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(public_id__icontains=text))
    return rows if dead else rows.filter(revoked_at=None)
