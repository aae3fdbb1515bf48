import pytest
from django.http import Http404

from aiops.accounts.access import check, load
from aiops.accounts.models import User
from aiops.accounts.permissions import ROLES, Permission, Role, known_roles, permissions_of
from aiops.core.errors import NotAllowed
from aiops.tenants.models import Tenant
from tests.factories import make_tenant, make_user


def test_several_roles_allow_what_any_of_them_allows():
    both = permissions_of(["finance", "reviewer"])
    assert both == ROLES[Role.FINANCE] | ROLES[Role.REVIEWER]


def test_a_role_that_does_not_exist_allows_nothing():
    assert permissions_of(["god"]) == frozenset()


def test_known_roles_come_once_in_the_enums_order():
    assert known_roles(["auditor", "god", "viewer", "auditor"]) == [Role.VIEWER, Role.AUDITOR]


def test_reviewers_see_no_spend_and_finance_no_outputs():
    assert Permission.SPEND_VIEW not in ROLES[Role.REVIEWER]
    assert not ROLES[Role.FINANCE] & {
        Permission.PROMPTS_VIEW,
        Permission.DATASETS_VIEW,
        Permission.EVALUATIONS_VIEW,
    }


def test_only_administrators_change_people():
    assert [role for role in Role if Permission.PEOPLE_EDIT in ROLES[role]] == [Role.ADMINISTRATOR]


def test_an_auditor_changes_nothing():
    assert [p for p in ROLES[Role.AUDITOR] if not p.endswith(".view")] == []


def test_somebody_inactive_may_nothing(db):
    assert not make_user(roles=["administrator"], is_active=False).may(Permission.HOME_VIEW)


def test_load_gives_the_row(db):
    tenant = make_tenant(slug="acme")
    assert load(Tenant.objects.all(), slug="acme") == tenant


def test_load_says_what_there_is_not(db):
    with pytest.raises(Http404, match=r"There is no tenant with slug acme\."):
        load(Tenant.objects.all(), slug="acme")


def test_check_says_which_permission_is_lacking(db):
    user = make_user(email="ada@example.com", roles=["viewer"])
    check(user, Permission.HOME_VIEW)
    with pytest.raises(NotAllowed, match=r"ada@example.com lacks the permission people.edit\."):
        check(user, Permission.PEOPLE_EDIT)


def test_people_are_found_by_address_whatever_its_capitals(db):
    user = make_user(email="Ada@example.com")
    assert User.objects.get_by_natural_key("aDA@example.com") == user
