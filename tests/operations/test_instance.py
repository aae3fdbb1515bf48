from pathlib import Path

import pytest

from aiops import env
from aiops.accounts.models import User
from aiops.operations import instance
from aiops.operations.instance import Instance, Options
from aiops.operations.launch import DidNotStart
from aiops.operations.supervisor import Stopped
from tests.operations.fakes import Recorder

pytestmark = pytest.mark.django_db


class Made:
    """An instance that starts nothing, what it asked for, and what it said."""

    def __init__(self, home: Path, **options):
        self.lines: list[str] = []
        self.supervisor = Recorder(home)
        self.instance = Instance(Options(home=home, **options), self.lines.append, self.supervisor)

    @property
    def ran(self):
        return [name for what, *names in self.supervisor.asked if what == "run" for name in names]


class Server:
    """Stands in for an embedded server."""

    def __init__(self, data, *_):
        self.identity = {}
        self.data = data
        self.databases = []

    def prepare(self):
        self.data.mkdir()

    def command(self):
        return ["serve"]

    def ready(self):
        return True

    def ensure_database(self, name):
        self.databases.append(name)


@pytest.fixture
def make(tmp_path):
    return lambda **options: Made(tmp_path, **options)


@pytest.fixture(autouse=True)
def _with_demo_and_without_root(monkeypatch):
    monkeypatch.setattr(instance, "identity", dict)
    monkeypatch.setattr(instance, "get_commands", lambda: {"demo": "aiops.demo"})


def test_servers_of_others_are_used_where_they_are_named(make, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/0")
    monkeypatch.setattr(instance, "reach_database", lambda: None)
    one = make(workers=2, demo=False)
    one.instance.run()
    assert one.supervisor.asked == [
        ("listen",),
        ("wait",),
        ("start", "console"),
        ("start", "worker-1"),
        ("start", "worker-2"),
        ("start", "gateway-1"),
        ("wait", "console", "worker-1", "worker-2", "gateway-1"),
        ("start", "beat"),
        ("run until stopped",),
        ("stop", "console", "worker-1", "worker-2", "gateway-1", "beat"),
        ("stop",),
    ]
    assert one.lines[0].endswith(": console, worker-1, worker-2, gateway-1, beat")
    assert one.lines[1:] == [
        "Console: http://127.0.0.1:8000/",
        "Gateway: http://127.0.0.1:8001/",
        "No demo workspace here. Add the first person: python manage.py people add EMAIL --name NAME",
        f"Logs: {tmp_path / 'log'}. Stop with Ctrl-C.",
    ]


def test_without_addresses_the_embedded_servers_are_started_first_and_stopped_last(
    make, monkeypatch, tmp_path
):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path))
    monkeypatch.setattr(instance, "Postgres", Server)
    monkeypatch.setattr(instance, "Redis", Server)
    one = make(demo=False)
    one.instance.run()
    starts = [names[0] for what, *names in one.supervisor.asked if what == "start"]
    assert starts == ["redis", "postgres", "console", "worker", "gateway-1", "beat"]
    assert one.supervisor.asked[-1] == ("stop", "redis", "postgres")
    assert one.lines[0] == "Making the database …"


def test_as_many_gateways_are_started_as_are_asked_for(make, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/0")
    monkeypatch.setattr(instance, "reach_database", lambda: None)
    one = make(gateways=2, demo=False)
    one.instance.run()
    assert ("wait", "console", "worker", "gateway-1", "gateway-2") in one.supervisor.asked
    assert "Gateway: http://127.0.0.1:8001/" in one.lines


def test_a_wish_to_stop_while_starting_stops_what_runs(make, monkeypatch):
    def stop():
        raise Stopped

    one = make()
    monkeypatch.setattr(one.instance, "migrate", stop)
    monkeypatch.setattr(instance, "reach_database", lambda: None)
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/0")
    one.instance.run()
    assert one.supervisor.asked == [("listen",), ("wait",), ("stop",), ("stop",)]


def test_closed_folders_that_root_opens_are_said(make, monkeypatch):
    opened = iter([[Path("/root")], []])
    monkeypatch.setattr(instance, "identity", lambda: {"user": "nobody"})
    monkeypatch.setattr(instance, "let_through", lambda _folder: next(opened))
    one = make()
    one.instance.open_folders()
    assert one.lines == ["Others may pass through /root now (o+x): the embedded servers do not run as root."]


def test_an_empty_workspace_gets_the_demo(make, tmp_path):
    one = make()
    one.instance.load_demo()
    assert one.ran == ["demo"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"demo": False}, {"bind": "192.0.2.1"}])
def test_no_demo_where_it_is_not_wanted_or_others_could_reach_it(make, options):
    one = make(**options)
    one.instance.load_demo()
    assert one.ran == []


def test_a_workspace_with_people_gets_no_demo_unless_loading_was_cut_short(make, tmp_path):
    User.objects.create(email="ada@example.com", name="Ada")
    one = make()
    one.instance.load_demo()
    assert one.ran == []
    (tmp_path / "demo-unfinished").touch()
    one.instance.load_demo()
    assert one.ran == ["demo"]


def test_a_workspace_whose_tables_are_complete_is_not_migrated(make):
    one = make()
    one.instance.migrate()
    assert one.ran == []


def test_missing_migrations_are_applied(make, monkeypatch):
    monkeypatch.setattr(instance, "missing_migrations", lambda: 3)
    one = make()
    one.instance.migrate()
    assert (one.ran, one.lines) == (["migrate"], ["Applying 3 migrations …"])


def test_sign_ins_are_told_on_this_machine_only(tmp_path):
    (tmp_path / "demo-password").write_text("correct horse\n")
    assert instance.sign_ins(Options(home=tmp_path)) == [
        f"Sign in as {', '.join(f'{name}@demo' for name in instance.DEMO_PEOPLE)}",
        "with the password correct horse",
    ]
    assert instance.sign_ins(Options(home=tmp_path, bind="192.0.2.1")) == [
        "Demo sign-ins are not offered: the console can be reached from other machines."
    ]


def test_a_database_that_does_not_answer_is_said_without_its_password(monkeypatch):
    monkeypatch.setattr(env, "database_url", lambda: "postgresql://u:hidden@127.0.0.1:1/aiops")
    with pytest.raises(DidNotStart, match=r"^DATABASE_URL does not answer: ") as failed:
        instance.reach_database()
    assert "hidden" not in str(failed.value)


def test_a_database_that_answers_is_taken():
    instance.reach_database()
