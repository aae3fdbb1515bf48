"""Vendors' API keys at rest: sealed with Fernet, under keys derived from AIOPS_ENCRYPTION_KEY.

To change that key, put the new one in front: `new,old`. What is sealed from then on needs the new one alone;
`manage.py providers reseal` seals the rest again, and the old one can go.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from aiops.core.errors import AiopsError


class KeyUnreadable(AiopsError):
    """The key was sealed under another AIOPS_ENCRYPTION_KEY."""


def seal(secret: str) -> bytes:
    """`secret` encrypted under the first encryption key; nothing stays nothing."""
    return _box(settings.ENCRYPTION_KEY).encrypt(secret.encode()) if secret else b""


def unseal(sealed: bytes | memoryview) -> str:
    """The secret in `sealed`. Raises KeyUnreadable."""
    if not sealed:
        return ""
    try:
        return _box(settings.ENCRYPTION_KEY).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise KeyUnreadable(
            "The API key was encrypted under another AIOPS_ENCRYPTION_KEY. Put that one back (new,old), "
            "or enter the API key again."
        ) from None


@cache
def _box(encryption_keys: str) -> MultiFernet:
    secrets = [part.strip() for part in encryption_keys.split(",") if part.strip()]
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"aiops provider keys v1")
    return base64.urlsafe_b64encode(derivation.derive(secret.encode()))
