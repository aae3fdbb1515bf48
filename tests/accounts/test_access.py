from tests.factories import make_case, make_dataset_version, make_label, make_model, make_price, make_tenant


def test_factories_make_rows(db):
    rows = [make_case(), make_dataset_version(), make_label(), make_model(), make_price(), make_tenant()]
    assert all(row.pk for row in rows)


def test_as_role_signs_in(as_role):
    client = as_role("engineer")
    assert client.user.roles == ["engineer"]
    assert client.session["_auth_user_id"] == str(client.user.pk)
