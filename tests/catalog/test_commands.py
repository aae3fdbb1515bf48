import json

import pytest
from django.core.management import CommandError, call_command

from aiops.catalog import keys
from aiops.catalog.models import Price
from tests.factories import make_model, make_price, make_provider

pytestmark = pytest.mark.django_db
LIST = {"gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(LIST))
    return path


def model(name):
    return make_model(
        name=name,
        vendor_name=name,
        provider=make_provider(kind="openai_compatible", base_url="https://api.openai.com"),
    )


def test_import_prints_what_changed_and_what_is_unknown(file, capsys):
    model("gpt-4o")
    model("other")
    call_command("prices", "import", str(file), "--effective-at", "2026-12-01")
    assert capsys.readouterr().out.splitlines() == [
        "gpt-4o (gpt-4o): Input – -> $2.50; Output – -> $10.00",
        "not in the list: other",
        "1 set from 2026-12-01 00:00 UTC, 0 unchanged, 1 not in the list. Rates are $ per million tokens.",
    ]


def test_import_says_where_long_inputs_cost_more(tmp_path, capsys):
    model("gpt-4o")
    path = tmp_path / "prices.json"
    path.write_text(
        json.dumps({"gpt-4o": {**LIST["gpt-4o"], "input_cost_per_token_above_200k_tokens": 5e-06}})
    )
    call_command("prices", "import", str(path))
    assert "$10.00. Long inputs cost more, which is not taken over" in capsys.readouterr().out


def test_import_without_a_date_holds_from_now(file, capsys):
    make_price(model=model("gpt-4o"))
    call_command("prices", "import", str(file))
    assert Price.objects.count() == 2


def test_import_names_prices_that_disagree(tmp_path, capsys):
    model("llama")
    entry = {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"a/llama": entry, "b/llama": {**entry, "input_cost_per_token": 2e-6}}))
    call_command("prices", "import", str(path), "--effective-at", "2026-12-01T00:00")
    assert capsys.readouterr().out.startswith("llama: several prices (a/llama, b/llama), set it by hand")


@pytest.mark.parametrize("date", ["tomorrow", "2026-02-31", "2026-12-01T99:00"])
def test_date_that_is_none_is_refused(file, date):
    with pytest.raises(CommandError, match="write a date") as caught:
        call_command("prices", "import", str(file), "--effective-at", date)
    assert caught.value.returncode == 2


def test_wrong_list_is_refused_with_its_problems(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text('{"a": 1}')
    with pytest.raises(CommandError, match="nothing was changed") as caught:
        call_command("prices", "import", str(path))
    assert (str(caught.value).splitlines()[1], caught.value.returncode) == ("  a: must be an object", 2)


def test_missing_file_is_said(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("prices", "import", str(tmp_path / "none.json"))


def test_keys_are_resealed(settings, capsys):
    settings.ENCRYPTION_KEY = "old"
    make_provider(api_key_encrypted=keys.seal("sk-1"))
    settings.ENCRYPTION_KEY = "new"
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("providers", "reseal")
    settings.ENCRYPTION_KEY = "new,old"
    call_command("providers", "reseal")
    assert capsys.readouterr().out == "1 keys are sealed under the first key of AIOPS_ENCRYPTION_KEY.\n"
