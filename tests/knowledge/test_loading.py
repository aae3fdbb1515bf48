"""A load is a row: each file once, what cannot be read is named, and a worker that is lost loses nothing."""

from datetime import timedelta

import pytest

from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.knowledge import actions, loading, storing, tasks
from aiops.knowledge.models import Load, LoadFile
from aiops.knowledge.reading import File
from aiops.knowledge.searching import search
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = ("a.md", b"# Returns\n\nWithin 30 days.\n")
BAD = ("b.pdf", b"no pdf")


def load_of(*files, **values):
    return factories.make_load(*files, **values)


def paths(load):
    return [one.path for one in search(load.source.feature.slug, "after how many days?")]


def test_files_are_loaded_and_what_cannot_be_read_is_named(user):
    load = load_of(GOOD, BAD, created_by=user)
    tasks.load(load.pk)
    load.refresh_from_db()
    assert (load.state, load.done, load.failed) == (Load.State.FINISHED, 2, 1)
    assert list(load.files.values_list("read", "outcome")) == [
        (True, "added"),
        (False, "it cannot be read as a PDF: PdfStreamError"),
    ]
    assert {bytes(file.body) for file in load.files.all()} == {b""}
    assert "a.md" in paths(load)
    event = AuditEvent.objects.get(action="knowledge.documents_loaded", actor_label=user.email)
    assert event.after == {"added": 1, "changed": 0, "unchanged": 0, "unread": ["b.pdf"]}


def test_a_load_is_done_once():
    load = load_of(GOOD)
    loading.load(load.pk)
    loading.load(load.pk)
    load.refresh_from_db()
    assert load.token == 1


def test_a_load_goes_on_where_its_worker_was_lost(monkeypatch):
    load = load_of(GOOD, ("c.md", b"# Gifts\n\nNever after many days.\n"))
    real = storing.store

    def killed(source, file, text, *, by):
        if file.path == "c.md":
            raise KeyboardInterrupt
        return real(source, file, text, by=by)

    with monkeypatch.context() as patch:
        patch.setattr(storing, "store", killed)
        with pytest.raises(KeyboardInterrupt):
            loading.load(load.pk)
    Load.objects.update(heartbeat_at=clock.now() - timedelta(hours=1))
    tasks.sweep()
    loading.load(load.pk)
    load.refresh_from_db()
    assert (load.state, load.done, load.token) == (Load.State.FINISHED, 2, 2)


def test_a_load_that_kills_its_workers_is_given_up():
    load = load_of(
        GOOD, state="running", token=loading.ATTEMPTS, heartbeat_at=clock.now() - timedelta(hours=1)
    )
    loading.sweep()
    load.refresh_from_db()
    assert (load.state, load.reason) == (Load.State.FAILED, "5 workers were lost over it.")


def test_a_load_that_breaks_says_so(monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("disk")

    load = load_of(GOOD)
    monkeypatch.setattr(storing, "store", broken)
    loading.load(load.pk)
    load.refresh_from_db()
    assert (load.state, load.done) == (Load.State.FAILED, 0)


def test_a_cancelled_load_stops_at_its_next_file(user, monkeypatch):
    load = load_of(GOOD, ("c.md", b"# More\n\nMany days more.\n"))
    real = storing.store

    def then_cancelled(source, file, text, *, by):
        done = real(source, file, text, by=by)
        Load.objects.update(state="cancelled", finished_at=clock.now())
        return done

    monkeypatch.setattr(storing, "store", then_cancelled)
    loading.load(load.pk)
    load.refresh_from_db()
    assert (load.state, load.done) == (Load.State.CANCELLED, 1)
    with pytest.raises(Conflict):
        actions.cancel_load(by=user, load=load)


def test_whoever_cancels_leaves_nothing_behind(user):
    load = load_of(GOOD)
    actions.cancel_load(by=user, load=load)
    assert bytes(LoadFile.objects.get().body) == b""
    loading.load(load.pk)
    assert Load.objects.get().done == 0


@pytest.mark.parametrize(
    "files", [[], [File("a.md", b"x")] * 2, [File("", b"x")], [File(f"{n}.md", b"x") for n in range(501)]]
)
def test_a_load_of_nothing_or_too_much_is_refused(user, files):
    with pytest.raises(InvalidInput):
        actions.start_load(by=user, feature=factories.make_feature(), name="x", files=files)
