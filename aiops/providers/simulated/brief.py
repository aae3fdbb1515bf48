"""What a simulated model reads out of the messages: the instructions, the input, and how it is asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import regex

from aiops.providers.protocol import ChatRequest
from aiops.providers.simulated.language import language_of

Tier = Literal["small", "large"]

# What an evaluation marks for a judge: the text inside may hold tags of its own.
_MARKED = regex.compile(
    r"<(?P<tag>[a-z]+)-(?P<mark>[0-9a-f]{8})>\n(?P<text>.*?)\n</(?P=tag)-(?P=mark)>", regex.DOTALL
)
_TAGGED = regex.compile(r"<(?P<tag>[a-z_]+)>\s*(?P<text>.*?)\s*</(?P=tag)>", regex.DOTALL)
_QUOTED = regex.compile(r'"""\s*(?P<text>.*?)\s*"""', regex.DOTALL)
_HEADED = regex.compile(
    r"^(?:ticket|message|contract|question|request|customer|input|text|facts|product)\s*:\s*(?P<text>.+)\Z",
    regex.DOTALL | regex.IGNORECASE | regex.MULTILINE,
)


@dataclass(frozen=True)
class Brief:
    """One request as the skills see it. `parts` holds what stood between tags, by the tag's name."""

    model: str
    tier: Tier
    instructions: str
    text: str
    parts: Mapping[str, str]
    turns: int  # answered examples among the messages
    seed: str
    schema: Mapping[str, Any] | None = None

    @cached_property
    def language(self) -> str:
        return language_of(self.text)

    @cached_property
    def examples(self) -> int:
        return self.turns + len(regex.findall(r"(?im)^\W*example\b", self.instructions))

    def says(self, pattern: str) -> bool:
        """Whether the instructions match `pattern`, whatever its capitals."""
        return _says(self.instructions, pattern)


@lru_cache(maxsize=4096)
def _says(instructions: str, pattern: str) -> bool:
    """Remembered, since thousands of inputs come with the same instructions."""
    return regex.search(pattern, instructions, regex.IGNORECASE) is not None


def read(request: ChatRequest, seed: str) -> Brief:
    """Split the messages of `request` into instructions and input."""
    last = max((n for n, message in enumerate(request.messages) if message.role == "user"), default=None)
    content = request.messages[last].content if last is not None else ""
    around, text, parts = _split(content)
    others = [message for n, message in enumerate(request.messages) if n != last]
    return Brief(
        model=request.model,
        tier="small" if regex.search(r"small|mini|nano|lite", request.model) else "large",
        instructions="\n".join(
            [*(m.content for m in others if m.role in {"system", "user"}), around]
        ).strip(),
        text=text,
        parts=parts,
        turns=sum(message.role == "assistant" for message in others),
        seed=json.dumps([seed, request.seed]),
        schema=request.response_schema,
    )


def _split(content: str) -> tuple[str, str, dict[str, str]]:
    """The instructions around the input, the input, and the tagged parts of the last user message."""
    for tags in (_MARKED, _TAGGED):
        if parts := {match["tag"]: match["text"] for match in tags.finditer(content)}:
            return tags.sub("", content).strip(), list(parts.values())[-1], parts
    for pattern in (_QUOTED, _HEADED):
        if match := pattern.search(content):
            return content[: match.start()] + content[match.end() :], match["text"], {}
    return "", content, {}
