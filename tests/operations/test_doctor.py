import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import OperationalError

from aiops import env
from aiops.catalog.models import Provider
from aiops.operations import examination
from aiops.operations.examination import Finding
from aiops.operations.management.commands import doctor


def advice(findings):
    return {finding.subject: finding.advice for finding in findings if finding.advice}


@pytest.fixture
def broken_database(monkeypatch):
    class Broken:
        def cursor(self):
            raise OperationalError("connection refused\nmore")

    monkeypatch.setattr(examination, "connection", Broken())


def test_every_variable_is_shown_and_no_secret(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtp://user:hidden@mail.example.com")
    findings = {finding.subject: finding.found for finding in examination.variables()}
    assert list(findings) == [variable.name for variable in env.VARIABLES]
    assert findings["EMAIL_URL"].startswith("set, not shown (")
    assert findings["DEBUG"].startswith("false (")
    assert "hidden" not in str(findings)


@pytest.mark.django_db
def test_a_whole_database_is_well():
    findings = list(examination.database())
    assert [finding.subject for finding in findings] == ["database", "pgvector", "migrations", "clock"]
    assert advice(findings) == {}


@pytest.mark.django_db
def test_missing_tables_and_a_wrong_clock_are_said(monkeypatch):
    monkeypatch.setattr(examination, "missing_migrations", lambda: 2)
    monkeypatch.setattr(examination, "SKEW", -1)
    assert advice(examination.database()) == {
        "migrations": "run manage.py migrate",
        "clock": "set this machine's clock, and the database's, by NTP",
    }


def test_an_embedded_database_that_does_not_answer_wants_to_be_started(broken_database, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    assert list(examination.database()) == [Finding("database", "does not answer", "start it with make run")]


def test_a_database_of_others_that_does_not_answer_wants_to_be_looked_at(broken_database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/aiops")
    assert advice(examination.database()) == {
        "database": "check the address and the server: connection refused"
    }


@pytest.mark.django_db
def test_providers_are_named_and_not_called():
    assert advice(examination.providers()) == {"providers": "add one under Admin, Providers"}
    Provider.objects.create(name="sim", kind="simulated")
    assert [finding.found for finding in examination.providers()] == ["sim"]


def test_redis_answers_and_a_missing_worker_is_said(embedded_redis, monkeypatch):
    monkeypatch.setenv("REDIS_URL", embedded_redis.url)
    monkeypatch.setattr(current_app.control, "ping", lambda **_: [])
    assert list(examination.broker()) == [
        Finding("redis", "answers"),
        Finding("worker", "none answers", "start it with make run"),
    ]
    monkeypatch.setattr(current_app.control, "ping", lambda **_: [{"worker1@host": {"ok": "pong"}}])
    assert [finding.found for finding in examination.broker()] == ["answers", "worker1@host"]


def test_a_broker_that_does_not_answer_is_said(embedded_redis, monkeypatch):
    def refuse(**_):
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setenv("REDIS_URL", embedded_redis.url)
    monkeypatch.setattr(current_app.control, "ping", refuse)
    assert advice(examination.broker()) == {"broker": "check the address and the server: nobody there"}


def test_a_redis_that_does_not_answer_wants_to_be_started(monkeypatch, tmp_path):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path))
    assert list(examination.broker()) == [Finding("redis", "does not answer", "start it with make run")]


def test_a_full_disk_is_said(settings, tmp_path, monkeypatch):
    settings.AIOPS_HOME = tmp_path
    monkeypatch.setattr(examination, "ROOM", 0)
    assert advice(examination.disk()) == {}
    monkeypatch.setattr(examination, "ROOM", 2**62)
    assert advice(examination.disk()) == {"disk": "make room: PostgreSQL stops when a disk is full"}


def test_the_report_marks_what_needs_something_done(monkeypatch, capsys):
    checks = [lambda: [Finding("redis", "answers")], lambda: [Finding("disk", "full", "make room")]]
    monkeypatch.setattr(doctor, "CHECKS", checks)
    with pytest.raises(CommandError, match="1 of 2 checks need something done"):
        call_command("doctor")
    assert capsys.readouterr().out == "ok   redis: answers\nFAIL disk: full -> make room\n"
    monkeypatch.setattr(doctor, "CHECKS", checks[:1])
    call_command("doctor")
    assert capsys.readouterr().out == "ok   redis: answers\nAll is well.\n"


def test_settings_that_contradict_themselves_are_said(settings):
    assert advice(examination.configuration()) == {}
    settings.AUTHENTICATION_BACKENDS = []
    assert advice(examination.configuration()) != {}
