import pytest
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.core.errors import InvalidInput
from aiops.tenants import actions
from aiops.tenants.models import Tenant
from tests.factories import make_tenant


def test_create_is_audited(user):
    tenant = actions.create_tenant(by=user, slug="acme", name=" Acme ")
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.before, event.after) == (
        "tenants.tenant_created", str(tenant.pk), None, {"slug": "acme", "name": "Acme"},
    )  # fmt: skip  # short names, packed: they would fill the page


def test_a_slug_can_be_taken_once(user):
    actions.create_tenant(by=user, slug="acme", name="Acme")
    with pytest.raises(InvalidInput, match="There is a tenant acme already"):
        actions.create_tenant(by=user, slug="acme", name="Other")
    assert Tenant.objects.get().name == "Acme"


def test_rename_is_audited_with_before_and_after(user):
    actions.rename_tenant(by=user, tenant=make_tenant(name="Old"), name="New")
    event = AuditEvent.objects.get()
    assert (event.before, event.after) == ({"name": "Old"}, {"name": "New"})


def test_a_rename_to_the_same_name_leaves_no_record(user):
    actions.rename_tenant(by=user, tenant=make_tenant(name="Old"), name="Old ")
    assert not AuditEvent.objects.exists()


def test_new_by_the_page(as_role):
    answer = as_role("administrator").post(
        reverse("tenants:new"), {"slug": "acme", "name": "Acme"}, follow=True
    )
    assert answer.redirect_chain == [(reverse("tenants:list"), 302)]
    assert b"Tenant acme is added." in answer.content


def test_new_with_a_taken_slug_says_so_in_place(as_role):
    make_tenant(slug="acme")
    answer = as_role("administrator").post(reverse("tenants:new"), {"slug": "acme", "name": "Acme"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"slug": ["There is a tenant acme already."]}


def test_edit_by_the_page(as_role):
    tenant = make_tenant(slug="acme")
    assert b"Edit acme" in as_role("administrator").get(reverse("tenants:edit", args=["acme"])).content
    as_role("administrator").post(reverse("tenants:edit", args=["acme"]), {"name": "New"})
    tenant.refresh_from_db()
    assert tenant.name == "New"


def test_finance_sees_tenants_and_changes_none(as_role):
    make_tenant(slug="acme", name="Acme")
    finance = as_role("finance")
    assert b"Acme" in finance.get(reverse("tenants:list")).content
    assert finance.get(reverse("tenants:edit", args=["acme"])).status_code == 403


@pytest.mark.parametrize("text", ["ACM", "metals"])
def test_the_filter_finds_by_slug_and_name(as_role, text):
    make_tenant(slug="acme", name="Acme Metals")
    make_tenant(slug="globex", name="Globex")
    page = as_role("finance").get(reverse("tenants:list"), {"q": text}).context["page"]
    assert [tenant.slug for tenant in page] == ["acme"]


def test_the_list_takes_as_many_queries_for_three_as_for_one(as_role, django_assert_num_queries):
    client = as_role("finance")
    for count in (1, 3):
        while Tenant.objects.count() < count:
            make_tenant()
        with django_assert_num_queries(5):
            client.get(reverse("tenants:list"))


def test_csv_shows_what_the_filter_shows(as_role):
    make_tenant(slug="acme", name="=1+1")
    make_tenant(slug="globex")
    body = as_role("finance").get(reverse("tenants:csv"), {"q": "acme"}).getvalue().decode()
    assert body.splitlines()[1].startswith("acme,'=1+1,")
    assert len(body.splitlines()) == 2
