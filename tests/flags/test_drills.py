"""Drills and landings: that a stop was seen to reach every gateway."""

import pytest
from django.db import connection

from aiops.core.errors import Conflict
from aiops.flags import actions, drilling, presence, queries
from aiops.flags.models import KillSwitch, Landing
from aiops.flags.presence import Process
from aiops.tenants.models import INTERNAL
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def our_own_tenant(db):
    factories.make_tenant(slug=INTERNAL)


def publish():
    """What a commit does: the stop gets its revision."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def gateway(monkeypatch):
    """A process that has the stop by the time that the drill looks."""
    process = Process("gw-1", "host-1", 1, 8001)
    presence.say(process, 0, first=True)
    real = actions.start_drill

    def start(*, by):
        thrown = real(by=by)
        publish()
        thrown.refresh_from_db()
        presence.say(process, thrown.revision)
        return thrown

    monkeypatch.setattr("aiops.flags.actions.start_drill", start)


def test_a_drill_stops_our_own_tenant_and_lifts_it_again(user, gateway):
    landed = drilling.drill(user, patience=0)
    stop = KillSwitch.objects.get()
    assert (stop.scope, stop.target, stop.lifted_by) == ("tenant", INTERNAL, user)
    assert (landed.drill, landed.told, landed.processes, landed.proves) == (True, 1, 1, True)
    assert queries.last_landing() == landed


def test_a_laggard_proves_nothing(user):
    presence.say(Process("gw-1", "host-1", 1, 8001), 0, first=True)
    thrown = actions.start_drill(by=user)
    publish()
    landed = actions.end_drill(by=user, stop=thrown)
    assert (landed.told, landed.processes, landed.proves) == (0, 1, False)


def test_no_drill_while_our_tenant_is_stopped(user):
    factories.make_stop(scope="tenant", target=INTERNAL)
    with pytest.raises(Conflict, match="stopped already"):
        actions.start_drill(by=user)


def test_every_stop_that_is_lifted_leaves_how_far_it_had_got(user):
    actions.lift(by=user, stop=factories.make_stop(by=user))
    assert (Landing.objects.get().drill, Landing.objects.get().proves) == (False, False)
    assert queries.last_landing() is None  # no gateway ran


def test_the_button_runs_a_drill_and_says_what_came_of_it(as_role, gateway):
    client = as_role("product")
    assert "No stop has been seen to land yet" in client.get("/flags/").content.decode()
    text = client.post("/flags/drill/", follow=True).content.decode()
    assert "The stop reached all 1 and is lifted again." in text
    assert "Last drill" in client.get("/flags/").content.decode()
    assert "drill: off on 1 of 1" in client.get("/flags/stops/").content.decode()


def test_without_a_gateway_a_drill_proves_nothing(as_role):
    client = as_role("product")
    assert "No gateway runs: nothing is proved." in client.post("/flags/drill/", follow=True).content.decode()
    factories.make_stop(scope="tenant", target=INTERNAL)
    assert "stopped already" in client.post("/flags/drill/", follow=True).content.decode()


def test_a_viewer_drills_nothing(as_role):
    assert as_role("viewer").post("/flags/drill/").status_code == 403
