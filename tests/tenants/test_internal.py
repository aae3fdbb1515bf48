"""The tenant that our own work is charged to stays what it is."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from aiops.tenants.models import INTERNAL, Tenant
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def test_it_can_be_called_otherwise_but_not_removed():
    tenant = make_tenant(slug=INTERNAL)
    Tenant.objects.update(name="Ours")
    for refused in (tenant.delete, lambda: Tenant.objects.update(slug="other")):
        with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
            refused()
    assert Tenant.objects.get().name == "Ours"


def test_others_are_as_before():
    tenant = make_tenant()
    Tenant.objects.update(slug="other")
    tenant.delete()


def test_the_migration_makes_it_once():

    insert = import_module("aiops.tenants.migrations.0004_internal").FORWARD.partition("CREATE")[0]
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(insert)
    assert Tenant.objects.get().slug == INTERNAL
