"""The one reader of the environment. What it does not understand it refuses, with advice.

Nothing else in aiops touches `os.environ`: `python manage.py doctor` and the README list exactly
what stands in `VARIABLES`.
"""

import argparse
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent


class BadEnvironment(SystemExit):
    """An environment variable says something that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its name, what it is for, and whether its value must stay hidden."""

    name: str
    purpose: str
    default: str = ""
    secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("DATABASE_URL", "PostgreSQL 15+ with pgvector; unset: embedded under AIOPS_HOME", secret=True),
    Variable("DATABASE_REPLICA_URL", "a read replica, for heavy reads and the SQL guardrail", secret=True),
    Variable("REDIS_URL", "Redis or Valkey; unset: embedded under AIOPS_HOME", secret=True),
    Variable("CELERY_BROKER_URL", "Celery's broker where it is not REDIS_URL (RabbitMQ)", secret=True),
    Variable("SECRET_KEY", "signs sessions; unset: made on first use, kept in AIOPS_HOME", secret=True),
    Variable("ALLOWED_HOSTS", "comma-separated host names of the console", "localhost,127.0.0.1,[::1]"),
    Variable("DEBUG", "true or false: Django's debug pages, for developers only", "false"),
    Variable("AIOPS_HOME", "where embedded servers, keys and spools live", "var"),
    Variable("AIOPS_ENCRYPTION_KEY", "encrypts provider keys; unset: made on first use", secret=True),
    Variable("AIOPS_PUBLIC_URL", "the console's address in e-mails and links", "http://127.0.0.1:8000"),
    Variable("AIOPS_GATEWAY_URL", "where the console calls a gateway; `up` sets it; unset: one on its host"),
    Variable("TRUSTED_PROXIES", "addresses or networks of reverse proxies whose X-Forwarded-For is believed"),
    Variable("AIOPS_BIND", "set by `up`: where the console listens; demo sign-ins show on loopback only"),
    Variable(
        "EMAIL_URL", "smtp://user:password@host:587?from=a@b, smtps:// or console:", "console:", secret=True
    ),
    Variable("OIDC_ISSUER", "OpenID Connect issuer for single sign-on"),
    Variable("OIDC_CLIENT_ID", "OpenID Connect client id"),
    Variable("OIDC_CLIENT_SECRET", "OpenID Connect client secret", secret=True),
    Variable("OTEL_EXPORTER_OTLP_ENDPOINT", "where traces go"),
    Variable("AIOPS_CALLBACKS_HTTP", "true or false: answers of tickets may be sent without TLS", "false"),
    Variable("AIOPS_METRICS_TENANT", "true or false: tenants as a label of the gateway's metrics", "false"),
    Variable(
        "AIOPS_CACHE_MEMORY_MB", "memory of a gateway process for questions of the semantic cache", "256"
    ),
    Variable("SENTRY_DSN", "where errors go", secret=True),
)
_KNOWN = {variable.name: variable for variable in VARIABLES}


def use_settings() -> None:
    """Point Django at our settings, unless somebody chose others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiops.settings")


def text(name: str) -> str:
    """The value of a variable of `VARIABLES`, stripped; its default where it is unset or empty."""
    return os.environ.get(name, "").strip() or _KNOWN[name].default


def flag(name: str) -> bool:
    """A true/false variable. Anything else is refused: `DEBUG=off` must not switch debugging on."""
    value = text(name).lower()
    if value in {"true", "1"}:
        return True
    if value in {"false", "0", ""}:
        return False
    raise BadEnvironment(f"{name}={value!r} is neither true nor false. Write {name}=true or {name}=false.")


def megabytes(name: str) -> int:
    """A variable of so many MB, in bytes."""
    value = text(name)
    if not value.isascii() or not value.isdigit():
        raise BadEnvironment(f"{name}={value!r} is no number of megabytes. Write {name}=256.")
    return int(value) * 2**20


def use_home(arguments: Sequence[str]) -> None:
    """Take `--home` of `up` as AIOPS_HOME, before the settings are read."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--home")
    if "up" in arguments[:1] and (chosen := parser.parse_known_args(arguments)[0].home):
        os.environ["AIOPS_HOME"] = str(Path(chosen).resolve())


def use_metrics_folder(folder: Path) -> None:
    """Where prometheus-client keeps a process's figures: it looks nowhere else for it."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def for_children(**changes: str) -> dict[str, str]:
    """Our environment with `changes`, for a process of ours that we start."""
    return {**os.environ, **changes}


def names(name: str) -> list[str]:
    """A comma-separated variable as a list without blanks."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def networks(name: str) -> list[str]:
    """A comma-separated variable of addresses and networks ("10.0.0.0/8")."""
    for part in names(name):
        try:
            ip_network(part, strict=False)
        except ValueError:
            raise BadEnvironment(
                f"{name}: {part!r} is neither an address nor a network like 10.0.0.0/8."
            ) from None
    return names(name)


def url(name: str, schemes: frozenset[str]) -> str:
    """A URL variable, empty where unset. The scheme must be one of `schemes`."""
    value = text(name)
    if value and urlsplit(value).scheme not in schemes:
        wanted = " or ".join(sorted(f"{scheme}://" for scheme in schemes))
        raise BadEnvironment(
            f"{name} must start with {wanted}. Its value is not shown, it may hold a password."
        )
    return value


def home() -> Path:
    """AIOPS_HOME as an absolute path; relative ones are taken from the project's folder."""
    path = Path(text("AIOPS_HOME"))
    return path if path.is_absolute() else ROOT / path


def kept_secret(name: str, filename: str) -> str:
    """The secret in variable `name`, else the one kept in AIOPS_HOME/`filename`, made on first use."""
    if value := text(name):
        return value
    path = home() / filename
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`, a name or an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def public_url() -> str:
    """AIOPS_PUBLIC_URL without a slash at its end: scheme and host, nothing behind them."""
    value = text("AIOPS_PUBLIC_URL").rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise BadEnvironment(
            f"AIOPS_PUBLIC_URL={value!r} is not the address of a console. Write it like https://aiops.example.com."
        )
    return value


def gateway_url() -> str:
    """AIOPS_GATEWAY_URL without a slash at its end, empty where unset."""
    value = url("AIOPS_GATEWAY_URL", frozenset({"http", "https"})).rstrip("/")
    if value and not urlsplit(value).hostname:
        raise BadEnvironment(
            f"AIOPS_GATEWAY_URL={value!r} names no host. Write it like http://gateway.internal:8001."
        )
    return value


def database_url() -> str:
    """DATABASE_URL, else the embedded server's socket under AIOPS_HOME."""
    given = url("DATABASE_URL", frozenset({"postgres", "postgresql"}))
    return given or f"postgresql://postgres@/aiops?host={quote(str(postgres_socket_dir()), safe='')}"


def redis_url() -> str:
    """REDIS_URL, else the embedded server's socket under AIOPS_HOME."""
    given = url("REDIS_URL", frozenset({"redis", "rediss", "unix"}))
    return given or f"unix://{redis_socket()}"


def broker_url() -> str:
    """CELERY_BROKER_URL, else the Redis in use, in the form that Celery's transport understands."""
    given = url("CELERY_BROKER_URL", frozenset({"redis", "rediss", "redis+socket", "amqp", "amqps"}))
    if given:
        return given
    redis = redis_url()
    return f"redis+socket://{redis.removeprefix('unix://')}" if redis.startswith("unix://") else redis


def replica_url() -> str:
    """DATABASE_REPLICA_URL, empty where unset."""
    return url("DATABASE_REPLICA_URL", frozenset({"postgres", "postgresql"}))


@dataclass(frozen=True, slots=True)
class Mail:
    """How e-mail leaves: by STARTTLS (`tls`) or TLS from the start (`ssl`); printed where `host` is empty."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: bool = False
    ssl: bool = False
    sender: str = ""


def mail() -> Mail:
    """EMAIL_URL: `console:`, `smtp://` (STARTTLS on port 587; `?tls=no` for a relay without) or `smtps://`."""
    parts = urlsplit(text("EMAIL_URL"))
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme == "console":
        return Mail(sender=options.get("from", ""))
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or set(options) - {"from", "tls"}:
        raise BadEnvironment(
            "EMAIL_URL must be console: or look like smtp://user:password@host:587?from=aiops@example.com "
            "(smtps:// for port 465, ?tls=no for a relay without TLS). "
            "Its value is not shown, it may hold a password."
        )
    ssl = parts.scheme == "smtps"
    return Mail(
        host=parts.hostname,
        port=_port(parts) or (465 if ssl else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=not ssl and options.get("tls", "yes") != "no",
        ssl=ssl,
        sender=options.get("from", ""),
    )


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise BadEnvironment("EMAIL_URL has a port that is no number from 0 to 65535.") from None


def uses_embedded_postgres() -> bool:
    return not text("DATABASE_URL")


def uses_embedded_redis() -> bool:
    return not text("REDIS_URL")


def postgres_socket_dir() -> Path:
    """A socket's path may hold 107 bytes at most, so a deep AIOPS_HOME gets a short folder under /tmp."""
    return _short(home() / "run", room=len("/.s.PGSQL.5432"))


def redis_socket() -> Path:
    return _short(home() / "run", room=len("/redis.sock")) / "redis.sock"


def _short(path: Path, room: int) -> Path:
    if len(os.fsencode(path)) + room <= 100:
        return path
    import hashlib  # noqa: PLC0415 - only for deep folders

    return Path("/tmp") / f"aiops-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"  # noqa: S108 - see docstring
