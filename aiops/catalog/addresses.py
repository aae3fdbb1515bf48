"""Base URLs of vendors. The administrator chooses the server; that it is a plain address is checked here."""

from urllib.parse import urlsplit

from aiops.core.errors import InvalidInput


def checked(url: str) -> str:
    """`url` without blanks and a slash at its end. Raises InvalidInput that says what is wrong."""
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"The base URL can't be read: {error}.") from None
    if parts.scheme not in {"http", "https"}:
        raise InvalidInput("The base URL must start with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(
            "The base URL holds a user name or password. A key belongs into the API key's field."
        )
    if not parts.hostname or port == 0 or not url.isprintable() or " " in url:
        raise InvalidInput("The base URL names no server.")
    if parts.query or parts.fragment:
        raise InvalidInput("The base URL holds a ? or #. Azure's api-version belongs into the settings.")
    return url


def same_origin(one: str, other: str) -> bool:
    """Whether both addresses name the same server: scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url.strip())
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
