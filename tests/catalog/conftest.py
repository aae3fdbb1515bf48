"""A vendor over real sockets, and a provider that leads to it."""

from collections.abc import Iterator

import pytest

from aiops.catalog import keys
from aiops.catalog.models import Provider
from tests.factories import make_provider
from tests.fakes.model_server import ModelServer

KEY = "sk-test-1234567890abcd"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def vendor(db: None, server: ModelServer) -> Provider:
    return make_provider(
        slug="vendor",
        name="Vendor",
        kind="openai_compatible",
        base_url=server.base_url,
        api_key_encrypted=keys.seal(KEY),
        api_key_hint=KEY[-4:],
    )
