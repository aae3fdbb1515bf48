"""What may be sent to: the open internet alone, by the address that is really connected to."""

import socket
import threading
from contextlib import contextmanager

import pytest

from aiops.core import outward
from aiops.core.outward import Refused, Sender, Unreached
from tests.fakes.listener import listening

LOOPBACK = Sender(public=lambda address: address == "127.0.0.1", http=True)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "198.18.0.1", "168.63.129.16", "192.0.0.192", "192.88.99.1"),
        "0.0.0.0",  # noqa: S104 - nothing is bound to it
        *("::1", "::", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:10.0.0.1"),
        *("::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "3fff::1", "2001::1", "nonsense"),
    ],
)
def test_no_address_but_a_public_one_is_sent_to(address):
    assert not outward.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_a_public_address_is_sent_to(address):
    assert outward.is_public(address)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://app.example.com/answers?of=tickets", ""),
        ("https://93.184.216.34:8443/", ""),
        ("http://app.example.com/", "An address begins with https://."),
        ("file:///etc/passwd", "An address begins with https://."),
        ("https://", "This is no address: write it like https://app.example.com/answers."),
        ("https://app.example.com/a b", "This is no address: write it like https://app.example.com/answers."),
        ("https://app.example.com:99999/", "This is no address."),
        ("https://me:secret@app.example.com/", "An address holds no name, no password and no #."),
        ("https://app.example.com/#x", "An address holds no name, no password and no #."),
        ("https://localhost/", "This name is no public one."),
        ("https://metadata.google.internal/", "This name is no public one."),
        ("https://[::1]/", "This address is no public one."),
        ("https://169.254.169.254/", "This address is no public one."),
    ],
)
def test_what_is_wrong_with_an_address_is_said_before_it_is_kept(url, words):
    assert outward.problem(url) == words


def test_an_operator_may_allow_addresses_without_tls():
    assert outward.problem("http://app.example.com/", http=True) == ""


def test_a_post_arrives_with_its_headers_and_only_the_beginning_of_the_answer_is_read():
    with listening(200, "x" * 10_000) as (url, seen):
        said = LOOPBACK.post(url, b'{"a": 1}', {"x-mark": "1"})
    assert (said.status, said.text) == (200, "x" * outward.READ)
    assert [(one.body, one.headers["x-mark"]) for one in seen] == [(b'{"a": 1}', "1")]


def test_a_redirect_is_not_followed():
    with listening(200) as (inner, seen), listening(302, location=inner) as (url, _):
        assert LOOPBACK.post(url, b"", {}).status == 302
    assert seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_this_machine_is_refused_under_each_of_its_names(host):
    with listening(200) as (url, seen), pytest.raises(Refused):
        Sender(http=True).post(url.replace("127.0.0.1", host), b"", {})
    assert seen == []


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(monkeypatch):
    """A name that says another address to whoever asks twice."""
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])
    asked, looked, real = [], [], socket.getaddrinfo

    def rebound(host, *arguments, **named):
        asked.append(host)
        return real(next(answers), *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with listening(200) as (url, seen):

        def noted(address: str) -> bool:
            looked.append(address)
            return True

        sender = Sender(public=noted, http=True)
        assert sender.post(url.replace("127.0.0.1", "rebound.example.com"), b"", {}).status == 200
    assert (asked, looked, len(seen)) == (["rebound.example.com"], ["127.0.0.1"], 1)


def test_without_tls_nothing_is_sent_unless_allowed():
    with pytest.raises(Refused, match="Only https"):
        Sender().post("http://93.184.216.34/", b"", {})


def test_nobody_listening_is_said():
    with listening(200) as (url, _):
        pass
    with pytest.raises(Unreached, match="No answer: Cannot connect"):
        LOOPBACK.post(url, b"", {})


def test_an_answer_that_drips_is_not_waited_for():
    with dripping() as url, pytest.raises(Unreached, match="No answer came in time"):
        Sender(public=LOOPBACK.public, http=True, whole=0.1).post(url, b"", {})


@contextmanager
def dripping():
    """A server that says a header at a time, for ever."""
    over = threading.Event()

    def drip(listener):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.02):
                connection.sendall(b"x-more: 1\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()
        thread.join()


def test_a_name_that_nobody_knows_is_said(monkeypatch):
    def unknown(*_arguments, **_named):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreached, match="The name of the address is not known"):
        Sender().post("https://nowhere.example.com/", b"", {})
