import pytest
from pydantic import ValidationError

from aiops.providers.options import OpenAIOptions, Options, problems_of


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"hedaers": {}}, "hedaers: Extra inputs are not permitted"),
        (
            {"headers": {"Authorization": "Bearer x"}},
            "headers: Authorization belongs into the API key's field, where it is encrypted",
        ),
        ({"headers": {"x-a": "b\r\nc: d"}}, "headers: names and values must be printable"),
        ({"extra_body": {"model": "x"}}, "extra_body: model is set by aiops for each request"),
        ({"proxy": "http://user:pw@proxy:3128"}, r"proxy: String should match pattern '^https?://[^@/]+/?$'"),
        ({"attempts": 0}, "attempts: Input should be greater than or equal to 1"),
        ({"api_version": "1&x=2"}, r"api_version: String should match pattern '^[0-9A-Za-z.-]+$'"),
    ],
)
def test_wrong_settings_are_named(settings, problem):
    with pytest.raises(ValidationError) as caught:
        OpenAIOptions.model_validate(settings)
    assert problems_of(caught.value) == [problem]


def test_no_settings_are_fine():
    assert Options.model_validate({}).attempts == 4
