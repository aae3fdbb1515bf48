"""Starting points for providers that people often add: addresses and what to know about each."""

from dataclasses import dataclass

from aiops.catalog.models import Provider


@dataclass(frozen=True, slots=True)
class Preset:
    """What the form of a new provider starts with, and a word on where to find the rest."""

    name: str
    kind: str
    base_url: str
    hint: str
    timeout_seconds: int = 60


_OPENAI, _ANTHROPIC = Provider.Kind.OPENAI_COMPATIBLE, Provider.Kind.ANTHROPIC

PRESETS: dict[str, Preset] = {
    "openai": Preset(
        "OpenAI",
        _OPENAI,
        "https://api.openai.com/v1",
        "Reasoning models refuse a temperature: leave it out of the prompt's parameters.",
    ),
    "azure": Preset(
        "Azure OpenAI",
        _OPENAI,
        "https://RESOURCE.openai.azure.com/openai/v1",
        "Put your resource's name in. The vendor's name of a model is the name of your deployment. Older "
        'resources: end the address with /openai and set {"api_version": "2024-10-21"}.',
    ),
    "anthropic": Preset("Anthropic", _ANTHROPIC, "https://api.anthropic.com", "The API takes no seed."),
    "vllm": Preset(
        "vLLM",
        _OPENAI,
        "http://localhost:8000/v1",
        "The key is what the server got as --api-key, often none. A price may be 0 but must be set.",
    ),
    "ollama": Preset(
        "Ollama",
        _OPENAI,
        "http://localhost:11434/v1",
        "No key. The first call loads the model, which takes a while. A price may be 0 but must be set.",
        timeout_seconds=300,
    ),
}
