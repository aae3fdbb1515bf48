import pytest
from django.urls import reverse

from tests.factories import make_user


@pytest.mark.parametrize("page", ["account", "password", "people", "people-csv", "person-add", "roles"])
def test_page_renders(as_role, page):
    assert as_role("administrator").get(reverse(f"accounts:{page}")).status_code == 200


def test_others(as_role, client, db):
    admin = as_role("administrator")
    other = make_user()
    assert admin.get(reverse("accounts:person", args=[other.pk])).status_code == 200
    assert admin.post(reverse("accounts:person-link", args=[other.pk])).status_code == 200
    assert client.get("/accounts/sign-in/").status_code == 200
