"""Gateway keys as text: `aiops_sk_<8 characters>_<secret>`. Only the secret's digest is kept. No Django."""

import base64
import hashlib
import hmac
import re
import secrets
import string
from typing import NamedTuple

TOKEN = re.compile(r"aiops_sk_([a-z0-9]{8})_([A-Za-z0-9_-]{43})\Z")
_ALPHABET = string.ascii_lowercase + string.digits


class Token(NamedTuple):
    """A key as its owner holds it: what names it, and what proves it."""

    public_id: str
    secret: str

    def __str__(self) -> str:
        return f"aiops_sk_{self.public_id}_{self.secret}"


def new_token() -> Token:
    public_id = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return Token(public_id, secrets.token_urlsafe(32))


def read_token(text: str) -> Token | None:
    """The parts of `text`, None where it is no key."""
    found = TOKEN.match(text)
    return Token(*found.groups()) if found else None


def digest_of(secret: str) -> str:
    """SHA-256 in hex. The secret has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derived_token(public_id: str, root: str) -> Token:
    """The token of a key whose secret is kept nowhere: whoever knows `root` works it out again."""
    secret = hmac.digest(root.encode(), f"console key {public_id}".encode(), "sha256")
    return Token(public_id, base64.urlsafe_b64encode(secret).decode().rstrip("="))
