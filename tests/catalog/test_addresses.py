import pytest

from aiops.catalog.addresses import checked, same_origin
from aiops.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        (" http://vllm:8000 ", "http://vllm:8000"),
        ("http://[::1]:11434/v1", "http://[::1]:11434/v1"),
        ("http://10.0.0.7/llm", "http://10.0.0.7/llm"),
    ],
)
def test_plain_addresses_are_taken(url, kept):
    assert checked(url) == kept


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("api.openai.com/v1", "must start with https://"),
        ("file:///etc/passwd", "must start with https://"),
        ("https://user:pw@host/v1", "user name or password"),
        ("https://@host/v1", "user name or password"),
        ("https:///v1", "names no server"),
        ("https://ho st/v1", "names no server"),
        ("https://host:0/v1", "names no server"),
        ("https://host:99999/v1", "can't be read"),
        ("https://[::1/v1", "can't be read"),
        ("https://host/v1?api-version=1", "belongs into the settings"),
        ("https://host/v1#x", "belongs into the settings"),
    ],
)
def test_other_addresses_are_refused_in_words(url, words):
    with pytest.raises(InvalidInput, match=words):
        checked(url)


def test_origin_is_scheme_host_and_port():
    assert same_origin("https://host/v1", "https://host:443/other")
    assert not same_origin("https://host/v1", "http://host/v1")
    assert not same_origin("https://host/v1", "https://host:8443/v1")
