from datetime import timedelta

import pytest

from aiops.alerts import actions, queries
from aiops.alerts.models import Alert
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput
from tests.factories import make_alert, make_user

pytestmark = pytest.mark.django_db
SYSTEM = SystemActor("drift")
CRITICAL = Alert.Severity.CRITICAL


@pytest.fixture
def later(monkeypatch):
    """`later(hours=2)`: it is so much later from then on."""
    start = clock.now()

    def move(**span):
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(**span))

    return move


def said():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_an_alert_is_raised_once_for_each_open_key():
    first = make_alert(key="k", what="Refusals 6 %")
    again = make_alert(key="k", what="Refusals 9 %")
    assert (again.pk, again.times, again.what) == (first.pk, 2, "Refusals 9 %")
    assert said() == ["alerts.raised"]


def test_a_closed_alert_is_raised_anew():
    first = actions.close_alert(by=SYSTEM, alert=make_alert(key="k"), note="A release")
    assert make_alert(key="k").pk != first.pk
    assert (first.closed_by, first.note) == ("drift", "A release")


def test_an_acknowledged_alert_stays_so_until_it_gets_worse():
    alert = actions.acknowledge_alert(by=make_user(), alert=make_alert(key="k"))
    assert make_alert(key="k").state == "acknowledged"
    assert make_alert(key="k", severity=CRITICAL).state == "open"
    assert make_alert(key="k", severity=1).severity == CRITICAL
    with pytest.raises(Conflict, match="acknowledged this alert already"):
        actions.acknowledge_alert(by=SYSTEM, alert=actions.acknowledge_alert(by=SYSTEM, alert=alert))


def test_a_muted_alert_is_quiet_until_its_time_is_over(later):
    alert = make_alert(key="k")
    muted = actions.mute_alert(by=SYSTEM, alert=alert, until=clock.now() + timedelta(hours=1))
    assert (muted.is_muted, muted.is_open, make_alert(key="k").state) == (True, False, "muted")
    assert queries.counts([]) == {"open": 0, "critical": 0, "acknowledged": 0, "muted": 1}
    later(hours=2)
    assert (muted.is_muted, muted.is_open) == (False, True)
    assert queries.counts([]) == {"open": 1, "critical": 0, "acknowledged": 0, "muted": 0}
    assert make_alert(key="k").state == "open"


@pytest.mark.parametrize("hours", [-1, 24 * 91])
def test_a_mute_ends_within_90_days(hours):
    with pytest.raises(InvalidInput, match="within 90 days"):
        actions.mute_alert(by=SYSTEM, alert=make_alert(), until=clock.now() + timedelta(hours=hours))


def test_what_is_closed_stays_closed():
    alert = make_alert(key="k")
    assert actions.close_key(by=SYSTEM, key="k").is_closed
    assert actions.close_key(by=SYSTEM, key="k") is None
    with pytest.raises(Conflict, match="drift has closed this alert already"):
        actions.open_alert(by=SYSTEM, alert=alert)


def test_an_alert_links_to_this_console_only():
    with pytest.raises(InvalidInput, match="give a path"):
        make_alert(link="https://example.com/")


def test_who_may_not_see_an_alert_reads_nothing_of_it(as_role):
    alert = make_alert(needs="spend.view", what="Acme spent 400 today", feature="reply")
    reviewer, finance = as_role("reviewer"), as_role("finance")
    assert "Acme" not in reviewer.get("/alerts/").content.decode()
    assert reviewer.get(f"/alerts/{alert.pk}/").status_code == 404
    assert "Acme" in finance.get("/alerts/").content.decode()
    assert AuditEvent.objects.get().object_label == f"alert {alert.pk}"
    assert queries.open_by_feature(["reply"], []) == {}
    assert queries.open_by_feature(["reply"], ["spend.view"]) == {"reply": queries.Tally(1, 2)}


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_a_constant_number_of_questions(rows, as_role, django_assert_max_num_queries):
    for _ in range(rows):
        make_alert(feature="reply")
    client = as_role("engineer")
    with django_assert_max_num_queries(9):
        assert client.get("/alerts/").status_code == 200


def test_the_list_is_narrowed_by_state_severity_feature_and_text():
    bad = make_alert(severity=CRITICAL, feature="a", what="One")
    closed = actions.close_alert(by=SYSTEM, alert=make_alert(feature="a", what="Two"))
    taken = actions.acknowledge_alert(by=SYSTEM, alert=make_alert(feature="b", where="Germany"))

    def listed(**asked):
        return list(queries.alerts_listed([], **asked))

    assert listed() == [bad, taken]
    assert listed(state="open") == [bad]
    assert listed(state="acknowledged") == [taken]
    assert listed(state="closed") == [closed]
    assert listed(state="muted") == []
    assert set(listed(state="all", feature="a")) == {bad, closed}
    assert listed(severity="3") == [bad]
    assert listed(text="germany") == [taken]
    assert queries.features() == ["a", "b"]


def test_a_person_acknowledges_mutes_opens_and_closes(as_role):
    client, alert = as_role("engineer"), make_alert(todo="Look at <b>it</b>", where="ja", tenant="acme")
    page = f"/alerts/{alert.pk}/"
    assert "Look at &lt;b&gt;it" in client.get(page).content.decode()
    states = []
    for verb, values in (
        ("acknowledge", {"from": "list"}),
        ("acknowledge", {}),
        ("open", {}),
        ("mute", {"hours": "nonsense"}),
        ("mute", {"hours": "8"}),
        ("close", {"note": "Over"}),
    ):
        client.post(f"{page}{verb}/", values)
        alert.refresh_from_db()
        states.append(alert.state)
        assert client.get(page).status_code == 200
    assert states == ["acknowledged", "acknowledged", "open", "open", "muted", "closed"]
    assert "Over" in client.get(page).content.decode()


def test_home_shows_what_is_open(as_role):
    make_alert(what="Refusals rose", where="support-summary", severity=CRITICAL)
    page = as_role("engineer").get("/").content.decode()
    assert "Refusals rose" in page
    assert "No alert matches" in as_role("viewer").get("/alerts/?text=nothing").content.decode()
