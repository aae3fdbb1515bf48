from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from aiops.accounts.permissions import ROLES, Permission
from aiops.core import clock
from aiops.gateway import queries
from aiops.gateway.forms import CallFilter
from aiops.gateway.models import Call
from tests.factories import make_call, make_model, make_price

pytestmark = pytest.mark.django_db
LIST = reverse("calls:list")


def listed(client, **asked):
    return [call.id for call, _, _ in client.get(LIST, asked).context["rows"]]


@pytest.mark.parametrize("calls", [1, 3])
def test_the_list_asks_as_many_questions_for_three_calls_as_for_one(
    calls, as_role, django_assert_num_queries
):
    for _ in range(calls):
        make_call()
    client = as_role("engineer")
    client.get(LIST)
    with django_assert_num_queries(9):
        client.get(LIST)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tenant", "globex"), ("feature", "other"), ("outcome", "refused"), ("reason", "timeout"),
        ("model", "large"), ("version_number", 9), ("arm", "candidate"), ("cache", "hit-exact"),
        ("locale", "ja"), ("category", "refund"),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_the_list_is_narrowed_by_what_stands_in_the_url(name, value, as_role):
    make_call()
    wanted = make_call(**{name: value})
    assert listed(as_role("engineer"), **{name.removesuffix("_number"): value}) == [wanted.id]


@pytest.mark.parametrize("where", [{"inputs": {"ticket": "ランプが壊れた"}}, {"output": "ランプが壊れた"}])
def test_text_is_found_in_inputs_and_outputs(where, as_role):
    make_call()
    wanted = make_call(**where)
    assert listed(as_role("engineer"), text="ランプ") == [wanted.id]


def test_calls_are_of_the_last_day_unless_asked_otherwise(as_role):
    now = clock.now()
    old, new = make_call(at=now - timedelta(days=3)), make_call()
    client = as_role("engineer")
    assert listed(client) == [new.id]
    assert listed(client, period="7d") == [new.id, old.id]
    until = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert listed(client, until=until, period="7d") == [old.id]
    since = (now - timedelta(days=4)).strftime("%Y-%m-%dT%H:%M")
    assert listed(client, since=since, until=until) == [old.id]


def test_pages_go_on_from_a_call_even_within_a_millisecond():
    at = clock.now()
    made = sorted((make_call(at=at) for _ in range(5)), key=lambda call: call.id, reverse=True)
    ids = [call.id for call in made]
    rows = queries.calls(at - timedelta(hours=1))
    first = queries.page(rows, size=2)
    assert ([call.id for call in first.calls], first.newer) == (ids[:2], "")
    second = queries.page(rows, size=2, before=first.older)
    assert [call.id for call in second.calls] == ids[2:4]
    last = queries.page(rows, size=2, before=second.older)
    assert ([call.id for call in last.calls], last.older) == (ids[4:], "")
    back = queries.page(rows, size=2, after=last.newer)
    assert ([call.id for call in back.calls], back.newer) == (ids[2:4], ids[2])
    assert queries.page(rows, before=ids[-1]) == queries.Slice([])


def partitions(rows):
    plan = rows.explain(format="json")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'gateway_call'::regclass"
        )
        return {name for (name,) in cursor.fetchall() if f'"{name}"' in plan}


def test_a_page_reads_the_partitions_of_its_time_alone():
    now = clock.now()
    month = f"gateway_call_{now:%Y_%m}"
    rows = CallFilter({"period": "1h"}).narrowed(texts=True).filter(at__lte=now).order_by("-at", "-id")
    assert partitions(rows[:51]) <= {month, "gateway_call_default"}
    before = make_call(at=now).id
    long = CallFilter({"period": "30d"}).narrowed(texts=True)
    assert month in partitions(queries.beyond(long, before=before).order_by("-at", "-id")[:51])


def test_a_page_walks_an_index_and_sorts_nothing():
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    rows = queries.calls(now - timedelta(days=1), now)
    plan = queries.beyond(rows, before=make_call(at=now).id).order_by("-at", "-id")[:51].explain()
    assert "Index Scan" in plan
    assert "Sort  " not in plan


def test_a_search_that_takes_too_long_is_stopped_in_words(as_role, monkeypatch):
    monkeypatch.setattr(queries, "PATIENCE", "1ms")
    slow = Call.objects.extra(where=["pg_sleep(0.2) IS NOT NULL"])
    make_call()
    monkeypatch.setattr(queries, "calls", lambda *_, **__: slow)
    assert "takes too long" in as_role("engineer").get(LIST).content.decode()


def test_one_call_shows_stages_texts_and_arithmetic(as_role):
    model = make_model(name="small")
    make_price(model=model, input="0.000001", output="0.00001", effective_at=datetime(2026, 1, 1, tzinfo=UTC))
    call = make_call(output="<b>late</b>")
    response = as_role("engineer").get(reverse("calls:call", args=[call.id]))
    page = response.content.decode()
    (item,) = response.context["bill"].items
    assert [(line.word, line.tokens, line.per_million) for line in item.lines] == [
        ("Input", 1000, 1), ("Output", 100, 10)
    ]  # fmt: skip  # rows of a table, one to a line
    assert item.exact
    assert "Where is my lamp?" in page
    assert "&lt;b&gt;late&lt;/b&gt;" in page
    assert reverse("prompts:version", args=["summary", 3]) in page


def test_a_fallback_is_explained(as_role):
    call = make_call(outcome="degraded", reason="timeout", served_by="text", cost="0", attempts=[])
    page = as_role("engineer").get(reverse("calls:call", args=[call.id])).content.decode()
    assert "No answer was there before the feature&#x27;s deadline." in page
    assert "the fixed text of the feature" in page
    assert "No model was asked" in page


def test_an_attempt_that_nobody_billed_counts_at_its_worst_case(as_role):
    attempt = make_call().attempts[0] | {"cost": None, "worst": "0.5", "error": "it hung"}
    call = make_call(attempts=[attempt], cost="0.5", unaccounted="0.5")
    page = as_role("engineer").get(reverse("calls:call", args=[call.id])).content.decode()
    assert "Worst case: the vendor did not say" in page
    assert "it hung" in page


def test_finance_sees_calls_and_their_price_without_any_text(as_role):
    call = make_call(output="secret words", metadata={"name": "secret words"}, user="secret words")
    client = as_role("finance")
    pages = [client.get(url) for url in (LIST, reverse("calls:call", args=[call.id]))]
    export = b"".join(client.get(reverse("calls:csv")).streaming_content)
    for text in ("secret words", "Where is my lamp?"):
        assert [text in page.content.decode() for page in pages] == [False, False]
        assert text.encode() not in export
    assert call.id.encode() in export
    assert listed(client, text="nothing holds this") == [call.id]


def test_whoever_reads_calls_may_see_their_cost():
    assert [
        role
        for role, may in ROLES.items()
        if Permission.CALLS_VIEW in may and Permission.SPEND_VIEW not in may
    ] == []


def test_the_export_holds_every_column_and_no_formula(as_role):
    make_call(output="=1+1")
    lines = b"".join(as_role("engineer").get(reverse("calls:csv")).streaming_content).decode().splitlines()
    assert lines[0].lstrip("\ufeff").startswith("id,at,tenant,feature")
    assert lines[1].endswith(",'=1+1")


@pytest.mark.parametrize("prefix", ["call_", ""])
def test_a_call_is_found_by_its_id(prefix, as_role):
    call = make_call()
    typed = prefix + call.id.removeprefix("call_").lower()
    page = as_role("finance").get(reverse("dashboards:search"), {"q": typed}).content.decode()
    assert reverse("calls:call", args=[call.id]) in page


def test_a_call_that_is_not_there_says_so(as_role):
    response = as_role("engineer").get(reverse("calls:call", args=["call_01ARZ3NDEKTSV4RRFFQ69G5FAV"]))
    assert response.status_code == 404
