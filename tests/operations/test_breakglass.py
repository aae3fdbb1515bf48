import socket
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.flags import actions
from aiops.flags.models import KillSwitch
from aiops.flags.presence import Process, say
from aiops.gateway import stopfile
from aiops.operations import breakglass
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path, settings, monkeypatch):
    """A home of its own; and what a commit would do is done at once, as tests never commit."""
    settings.AIOPS_HOME = tmp_path
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    monkeypatch.setattr(breakglass, "PATIENCE", 0.0)
    monkeypatch.setattr(breakglass, "LOOK", 0.0)
    return tmp_path


@pytest.fixture
def gone(monkeypatch):
    def away(**_values):
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(actions, "stop", away)
    monkeypatch.setattr(breakglass, "_lift", lambda *_: away())


def run(capsys, *arguments):
    call_command(*arguments)
    return capsys.readouterr().out


def refused(*arguments):
    with pytest.raises(CommandError) as failed:
        call_command(*arguments)
    return failed.value.returncode, str(failed.value)


def knows(instance, revision):
    say(Process(instance, "host-1", 1, 8001), revision, first=True)


def test_a_stop_without_a_gateway_holds_when_one_starts(capsys):
    feature = factories.make_feature()
    said = run(capsys, "kill", "feature", "--feature", feature.slug, "--reason", "nonsense")
    assert said == "No gateway runs. It is off for those that start.\n"
    stop = KillSwitch.objects.get()
    assert (stop.scope, stop.target, stop.by_label) == ("feature", feature.slug, "shell")
    assert AuditEvent.objects.filter(action="flags.stopped", feature=feature.slug).count() == 1


def test_a_stop_names_the_processes_that_know_it(capsys, monkeypatch):
    thrown = actions.stop

    def stop_that_is_heard(**values):
        made = thrown(**values)
        made.refresh_from_db()
        knows("gw-1a", made.revision)
        return made

    monkeypatch.setattr(actions, "stop", stop_that_is_heard)
    said = run(capsys, "kill", "global", "--reason", "fire").splitlines()
    assert len(said) == 2
    assert said[0].startswith("  gw-1a on host-1: off ")
    assert said[1].startswith("Off on 1 of 1 process ")


def test_a_process_that_does_not_know_is_named_with_code_4():
    knows("gw-1a", 0)
    code, words = refused("kill", "global", "--reason", "fire")
    assert code == 4
    assert words.startswith("Off on 0 of 1 process only.")
    assert words.endswith(": gw-1a.")


def silent(host, **values):
    factories.make_process(instance="gw-1b", host=host, seen_at=clock.now() - timedelta(minutes=1), **values)


def test_a_process_that_died_is_named_and_not_waited_for(capsys, monkeypatch):
    monkeypatch.setattr(breakglass, "command_line", {7: "somebody else's"}.get)
    silent(socket.gethostname(), pid=7)
    said = run(capsys, "kill", "global", "--reason", "fire").splitlines()
    assert said[0].startswith("  gw-1b (silent for 60 s) on ")
    assert said[0].endswith(": its process has ended without a word")
    assert said[1].startswith("No gateway runs.")


@pytest.mark.parametrize("host", [socket.gethostname(), "another"])
def test_a_process_that_may_hang_is_a_laggard_with_code_4(host, monkeypatch):
    monkeypatch.setattr(breakglass, "command_line", {7: "python -m aiops.gateway.http"}.get)
    silent(host, pid=7)
    code, words = refused("kill", "global", "--reason", "fire")
    assert code == 4
    assert words.startswith("Off on 0 of 1 process only.")
    assert words.endswith(": gw-1b (silent for 60 s).")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("feature", "--feature", "none"), "There is no feature none."),
        (("feature",), "The scope feature takes --feature and no other target."),
        (("global", "--tenant", "acme"), "The scope global takes no target."),
        (("tenant", "--tenant", "a", "--model", "b"), "The scope tenant takes --tenant and no other target."),
    ],
)
def test_a_bad_target_is_refused_with_code_2(arguments, words):
    assert refused("kill", *arguments, "--reason", "fire") == (2, words)


def test_a_stop_without_a_reason_is_refused(gone):
    assert refused("kill", "global", "--reason", " ")[0] == 2


def test_what_is_stopped_already_stays_stopped_by_the_first(capsys):
    stop = factories.make_stop(reason="first")
    said = run(capsys, "kill", "feature", "--feature", stop.target, "--reason", "second")
    assert said.startswith("Stopped already by shell, ")
    assert KillSwitch.objects.count() == 1


def test_with_the_database_down_the_stop_is_written_to_the_file(capsys, home, gone):
    said = run(capsys, "kill", "tenant", "--tenant", "acme", "--reason", "leak")
    assert "gateways on THIS HOST stop the tenant acme within a second" in said
    assert said.startswith("The database cannot be reached (connection refused).")
    assert [(one.scope, one.target, one.reason) for one in stopfile.read(home)] == [
        ("tenant", "acme", "leak")
    ]


def test_where_no_file_can_be_written_either_it_fails_with_code_3(home, gone):
    stopfile.path_in(home).write_text("[")
    assert refused("kill", "global", "--reason", "fire")[0] == 3


def test_unkill_lifts_the_stop_in_the_database(capsys):
    stop = factories.make_stop()
    said = run(capsys, "unkill", "feature", "--feature", stop.target, "--reason", "mended")
    assert said == "No gateway runs. It is on again for those that start.\n"
    stop.refresh_from_db()
    assert stop.lift_reason == "mended"
    assert stop.lifted_at is not None


def test_unkill_takes_the_stop_out_of_the_file(capsys, home):
    stopfile.add(home, breakglass.Stop(scope="global", reason="fire"))
    assert run(capsys, "unkill", "global").startswith("Taken out of ")
    assert stopfile.read(home) == ()


def test_unkill_of_what_is_not_stopped_is_refused():
    assert refused("unkill", "global") == (2, "Everything is not stopped.")


def test_unkill_with_the_database_down_says_what_still_holds(capsys, home, gone):
    stopfile.add(home, breakglass.Stop(scope="global", reason="fire"))
    code, words = refused("unkill", "global")
    assert (code, words) == (
        3,
        "The database cannot be reached (connection refused): a stop that it holds still holds.",
    )
    assert stopfile.read(home) == ()


def test_unkill_of_a_damaged_file_says_so(home):
    stopfile.path_in(home).write_text("[")
    assert refused("unkill", "global")[0] == 2
