"""What an administrator may set per provider beyond its address and key. Unknown names are refused."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

_KEY_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "proxy-authorization", "cookie"})
_OURS = frozenset({"model", "messages", "max_tokens", "max_completion_tokens", "stream", "system"})


class Options(BaseModel):
    """For every vendor that is reached by HTTP."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    headers: dict[str, str] = Field(default={}, description="sent with each request, never a key")
    extra_body: dict[str, Any] = Field(default={}, description="added to each request's JSON")
    proxy: str | None = Field(
        default=None,
        pattern=r"^https?://[^@/]+/?$",
        description="an HTTP proxy, without a password",
    )
    attempts: int = Field(default=4, ge=1, le=10, description="requests sent at most for one answer")

    @field_validator("headers")
    @classmethod
    def _no_keys(cls, headers: dict[str, str]) -> dict[str, str]:
        if found := sorted(name for name in headers if name.lower() in _KEY_HEADERS):
            raise ValueError(f"{', '.join(found)} belongs into the API key's field, where it is encrypted")
        if any(not f"{name}{value}".isprintable() or not name.isascii() for name, value in headers.items()):
            raise ValueError("names and values must be printable")
        return headers

    @field_validator("extra_body")
    @classmethod
    def _not_ours(cls, body: dict[str, Any]) -> dict[str, Any]:
        if found := sorted(_OURS & body.keys()):
            raise ValueError(f"{', '.join(found)} is set by aiops for each request")
        return body


class OpenAIOptions(Options):
    """For OpenAI and everything that speaks like it."""

    max_tokens_field: Literal["auto", "max_tokens", "max_completion_tokens"] = Field(
        default="auto", description="auto: max_tokens, and the newer name for models that ask for it"
    )
    response_format: Literal["json_schema", "json_object", "none"] = Field(
        default="json_schema", description="how a schema of the answer is sent"
    )
    strict_schema: bool = Field(default=False, description="OpenAI's strict subset of JSON Schema")
    key_header: Literal["authorization", "api-key", "x-api-key"] | None = Field(
        default=None, description="where the key goes; unset: api-key for Azure, else authorization"
    )
    api_version: str | None = Field(
        default=None,
        pattern=r"^[0-9A-Za-z.-]+$",
        description="Azure's api-version; with it, deployments' paths",
    )


class AnthropicOptions(Options):
    """For Anthropic's Messages API."""

    anthropic_version: str = Field(
        default="2023-06-01", pattern=r"^[0-9A-Za-z.-]+$", description="the anthropic-version header"
    )


def problems_of(error: ValidationError) -> list[str]:
    """What pydantic found, in words: `headers: …`."""
    return [
        f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
    ]
