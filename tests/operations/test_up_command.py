import socket

import pytest
from django.core.management import CommandError, call_command

from aiops.operations import workspace
from aiops.operations.launch import DidNotStart
from aiops.operations.management.commands import up


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """The options that instances were run with, on a home of this test."""
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path))
    options = []

    class Instance:
        def __init__(self, given, say):
            say("hello")
            options.append(given)

        def run(self):
            return

    monkeypatch.setattr(up, "Instance", Instance)
    return options


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_the_options_reach_the_instance(ran, tmp_path, capsys):
    port = free_port()
    call_command("up", "--no-demo", "--workers", "3", "--bind", "127.0.0.1", "--console-port", str(port))
    options = ran[0]
    assert (options.home, options.bind, options.workers, options.demo) == (tmp_path, "127.0.0.1", 3, False)
    assert options.console_port == port
    assert capsys.readouterr().out == "hello\n"


@pytest.mark.parametrize("number", ["0", "65", "many"])
def test_a_number_of_workers_that_makes_no_sense_is_refused(ran, number):
    with pytest.raises(CommandError, match="argument --workers: invalid"):
        call_command("up", "--workers", number)
    assert ran == []


def test_a_taken_port_is_said_in_words(ran):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError) as refused:
            call_command("up", "--console-port", str(free_port()), "--gateway-port", str(port))
    assert (str(refused.value), refused.value.returncode) == (
        f"127.0.0.1:{port} is taken by another program. Choose another --gateway-port.",
        2,
    )
    assert ran == []


def test_a_home_that_is_held_is_said(ran, tmp_path):
    with workspace.hold(tmp_path), pytest.raises(CommandError, match="is held by") as refused:
        call_command("up")
    assert refused.value.returncode == 2


def test_what_did_not_start_is_said(ran, monkeypatch):
    def fail(_self):
        raise DidNotStart("postgres did not answer")

    monkeypatch.setattr(f"{up.__name__}.Instance.run", fail)
    with pytest.raises(CommandError, match=r"^postgres did not answer$") as failed:
        call_command("up", "--console-port", str(free_port()))
    assert failed.value.returncode == 1
