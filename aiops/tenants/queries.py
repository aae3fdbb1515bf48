"""Questions about tenants."""

from django.db.models import Q, QuerySet

from aiops.tenants.models import Tenant


def tenants(text: str = "") -> QuerySet[Tenant]:
    """Tenants by slug, narrowed by a part of slug or name."""
    return (
        Tenant.objects.filter(Q(slug__icontains=text) | Q(name__icontains=text))
        if text
        else Tenant.objects.all()
    )
