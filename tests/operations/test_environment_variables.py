"""`aiops.env`: what is understood, and the advice for what is not."""

import os
import re
import subprocess
import sys

import pytest

from aiops import env
from aiops.env import BadEnvironment, Mail


def refuses(name, value, ask, monkeypatch):
    """What the refusal says."""
    monkeypatch.setenv(name, value)
    with pytest.raises(BadEnvironment) as refused:
        ask()
    return str(refused.value)


@pytest.mark.parametrize(
    ("value", "meant"), [("true", True), ("1", True), ("False", False), ("0", False), ("", False)]
)
def test_a_flag_is_true_or_false(value, meant, monkeypatch):
    monkeypatch.setenv("DEBUG", value)
    assert env.flag("DEBUG") is meant


def test_a_flag_that_is_neither_is_refused_with_advice(monkeypatch):
    assert refuses("DEBUG", "off", lambda: env.flag("DEBUG"), monkeypatch) == (
        "DEBUG='off' is neither true nor false. Write DEBUG=true or DEBUG=false."
    )


def test_lists_are_split_at_commas_without_blanks(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", " a.example.com, ,b.example.com ")
    assert env.names("ALLOWED_HOSTS") == ["a.example.com", "b.example.com"]


def test_networks_are_addresses_or_networks(monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8,192.0.2.7")
    assert env.networks("TRUSTED_PROXIES") == ["10.0.0.0/8", "192.0.2.7"]
    assert refuses("TRUSTED_PROXIES", "proxy", lambda: env.networks("TRUSTED_PROXIES"), monkeypatch) == (
        "TRUSTED_PROXIES: 'proxy' is neither an address nor a network like 10.0.0.0/8."
    )


@pytest.mark.parametrize("ask", [env.database_url, env.replica_url, env.redis_url, env.broker_url])
def test_an_address_of_the_wrong_kind_is_refused_without_showing_it(ask, monkeypatch):
    names = {
        env.database_url: "DATABASE_URL",
        env.replica_url: "DATABASE_REPLICA_URL",
        env.redis_url: "REDIS_URL",
        env.broker_url: "CELERY_BROKER_URL",
    }
    advice = refuses(names[ask], "mysql://u:hidden@host/x", ask, monkeypatch)
    assert advice.startswith(f"{names[ask]} must start with ")
    assert "hidden" not in advice


def test_without_addresses_the_embedded_servers_are_meant(monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DATABASE_REPLICA_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIOPS_HOME", "/srv/a")
    assert (env.uses_embedded_postgres(), env.uses_embedded_redis()) == (True, True)
    assert env.database_url() == "postgresql://postgres@/aiops?host=%2Fsrv%2Fa%2Frun"
    assert env.redis_url() == "unix:///srv/a/run/redis.sock"
    assert env.broker_url() == "redis+socket:///srv/a/run/redis.sock"
    assert env.replica_url() == ""


def test_a_broker_of_its_own_and_a_redis_by_network(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/0")
    assert env.broker_url() == "redis://cache:6379/0"
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://rabbit")
    assert env.broker_url() == "amqp://rabbit"


def test_a_deep_home_has_its_sockets_in_a_short_folder(monkeypatch):
    monkeypatch.setenv("AIOPS_HOME", "/srv/" + "deep/" * 30)
    folder = env.postgres_socket_dir()
    assert re.fullmatch("aiops-[0-9a-f]{16}", folder.name)
    assert len(folder.parts) == 3
    assert env.redis_socket() == folder / "redis.sock"


def test_a_relative_home_lies_in_the_project(monkeypatch):
    monkeypatch.setenv("AIOPS_HOME", "var")
    assert env.home() == env.ROOT / "var"


@pytest.mark.parametrize(
    ("arguments", "home"),
    [
        (["up", "--home", "/srv/b"], "/srv/b"),
        (["up", "--no-demo", "--home=/srv/b", "--workers", "2"], "/srv/b"),
        (["up"], "/srv/a"),
        (["doctor", "--home", "/srv/b"], "/srv/a"),
        ([], "/srv/a"),
    ],
)
def test_the_home_that_up_is_given_counts_before_the_settings_are_read(arguments, home, monkeypatch):
    monkeypatch.setenv("AIOPS_HOME", "/srv/a")
    env.use_home(arguments)
    assert str(env.home()) == home


def test_a_secret_is_made_once_and_kept_readable_for_its_owner_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("AIOPS_HOME", str(tmp_path / "new"))
    monkeypatch.delenv("SECRET_KEY")
    made = env.kept_secret("SECRET_KEY", "secret-key")
    assert env.kept_secret("SECRET_KEY", "secret-key") == made
    assert len(made) == 64
    assert (tmp_path / "new" / "secret-key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("SECRET_KEY", "given")
    assert env.kept_secret("SECRET_KEY", "secret-key") == "given"


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_alone(host, near):
    assert env.is_loopback(host) is near


def test_the_public_address_has_a_scheme_and_a_host_and_nothing_behind(monkeypatch):
    monkeypatch.setenv("AIOPS_PUBLIC_URL", "https://aiops.example.com/")
    assert env.public_url() == "https://aiops.example.com"
    for wrong in ("aiops.example.com", "ftp://aiops.example.com", "https://", "https://example.com/aiops"):
        assert refuses("AIOPS_PUBLIC_URL", wrong, env.public_url, monkeypatch).endswith(
            "is not the address of a console. Write it like https://aiops.example.com."
        )


@pytest.mark.parametrize(
    ("value", "mail"),
    [
        ("", Mail()),
        ("console:?from=a@b.example", Mail(sender="a@b.example")),
        ("smtp://mail.example.com", Mail(host="mail.example.com", port=587, tls=True)),
        (
            "smtp://me%40x:p%2Fw@mail.example.com:2525?from=a@b.example",
            Mail(
                host="mail.example.com",
                port=2525,
                user="me@x",
                password="p/w",
                tls=True,
                sender="a@b.example",
            ),
        ),
        ("smtp://relay:25?tls=no", Mail(host="relay", port=25)),
        ("smtps://mail.example.com", Mail(host="mail.example.com", port=465, ssl=True)),
    ],
)
def test_mail_leaves_as_the_address_says(value, mail, monkeypatch):
    monkeypatch.setenv("EMAIL_URL", value)
    assert env.mail() == mail


@pytest.mark.parametrize(
    "wrong",
    [
        "mail.example.com",
        "http://hidden@host",
        "smtp://",
        "smtp://hidden@host?ssl=1",
        "smtp://h:hidden",
        "smtp://h:99999",
    ],
)
def test_mail_that_cannot_be_meant_is_refused_without_showing_it(wrong, monkeypatch):
    advice = refuses("EMAIL_URL", wrong, env.mail, monkeypatch)
    assert advice.startswith("EMAIL_URL ")
    assert "hidden" not in advice


def settings_with(**variables):
    """What the real settings say in a process of their own: the exit code and all output."""
    asked = (
        "from aiops import settings as s; print(s.DATABASES.keys(), s.SECURE_HSTS_SECONDS, s.DEMO_SIGN_INS)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=env.ROOT,
        env={"PATH": os.defpath, "SECRET_KEY": "x", "AIOPS_ENCRYPTION_KEY": "y", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def test_nonsense_in_the_environment_ends_any_command_with_advice():
    assert settings_with(DEBUG="yes") == (
        1,
        "DEBUG='yes' is neither true nor false. Write DEBUG=true or DEBUG=false.",
    )


def test_settings_follow_the_environment():
    assert settings_with() == (0, "dict_keys(['default']) 0 False")
    assert settings_with(AIOPS_BIND="127.0.0.1") == (0, "dict_keys(['default']) 0 True")
    public = {"AIOPS_PUBLIC_URL": "https://aiops.example.com", "DATABASE_REPLICA_URL": "postgres://r/aiops"}
    assert settings_with(AIOPS_BIND="127.0.0.1", **public) == (
        0,
        "dict_keys(['default', 'replica']) 2592000 False",
    )
