import pytest

from aiops.accounts.models import User
from aiops.operations import instance, programs
from aiops.operations.instance import Instance, Options
from aiops.operations.launch import DidNotStart

pytestmark = pytest.mark.django_db


class Recorder:
    """A supervisor that only notes what it was asked."""

    def __init__(self):
        self.ran = []

    def run(self, program):
        self.ran.append(program.command[-2:])


@pytest.fixture
def made(tmp_path):
    def make(**options):
        lines = []
        one = Instance(Options(home=tmp_path, **options), lines.append, Recorder())
        one.lines = lines
        return one

    return make


@pytest.fixture(autouse=True)
def _with_demo(monkeypatch):
    monkeypatch.setattr(instance, "get_commands", lambda: {"demo": "aiops.demo"})


def test_an_empty_workspace_gets_the_demo(made, tmp_path):
    one = made()
    one.load_demo()
    assert one.supervisor.ran == [("demo", "load")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"demo": False}, {"bind": "192.0.2.1"}])
def test_no_demo_where_it_is_not_wanted_or_others_could_reach_it(made, options):
    one = made(**options)
    one.load_demo()
    assert one.supervisor.ran == []


def test_a_workspace_with_people_gets_no_demo_unless_loading_was_cut_short(made, tmp_path):
    User.objects.create(email="ada@example.com", name="Ada")
    one = made()
    one.load_demo()
    assert one.supervisor.ran == []
    (tmp_path / "demo-unfinished").touch()
    one.load_demo()
    assert one.supervisor.ran == [("demo", "load")]


def test_a_workspace_whose_tables_are_complete_is_not_migrated(made):
    one = made()
    one.migrate()
    assert one.supervisor.ran == []


def test_missing_migrations_are_applied(made, monkeypatch):
    monkeypatch.setattr(instance, "missing_migrations", lambda: 3)
    one = made()
    one.migrate()
    assert (one.supervisor.ran, one.lines) == ([("migrate", "--no-input")], ["Applying 3 migrations …"])


def test_sign_ins_are_told_on_this_machine_only(made, tmp_path):
    assert instance.sign_ins(Options(home=tmp_path)) == [
        "No demo workspace here. Add the first person: python manage.py people add EMAIL --name NAME"
    ]
    (tmp_path / "demo-password").write_text("correct horse\n")
    assert instance.sign_ins(Options(home=tmp_path)) == [
        f"Sign in as {', '.join(f'{name}@demo' for name in instance.DEMO_PEOPLE)}",
        "with the password correct horse",
    ]
    assert instance.sign_ins(Options(home=tmp_path, bind="192.0.2.1")) == [
        "Demo sign-ins are not offered: the console can be reached from other machines."
    ]


def test_a_database_that_does_not_answer_is_said_without_its_password(monkeypatch):
    monkeypatch.setattr(instance.env, "database_url", lambda: "postgresql://u:hidden@127.0.0.1:1/aiops")
    with pytest.raises(DidNotStart, match=r"^DATABASE_URL does not answer: ") as failed:
        instance.reach_database()
    assert "hidden" not in str(failed.value)


def test_addresses_are_written_as_in_urls():
    assert programs.authority("127.0.0.1", 8000) == "127.0.0.1:8000"
    assert programs.authority("::1", 8000) == "[::1]:8000"
