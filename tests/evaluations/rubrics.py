"""Rubrics for tests of judges."""

from dataclasses import dataclass
from typing import Any

from aiops.catalog.models import Model
from aiops.prompts.models import Version
from tests.factories import make_model, make_provider, make_version


@dataclass(frozen=True, slots=True)
class Rubric:
    """A version and the model that it names."""

    version: Version
    model: Model

    @property
    def name(self) -> str:
        """Of its prompt, as scorers write it."""
        return self.version.prompt.name


def make_rubric(*names: str, **values: Any) -> Rubric:
    """A rubric that shows `output`, and `names` as well; its model has no price."""
    provider = values.pop("provider", None) or make_provider()
    model = make_model(provider=provider)
    shown = values.pop("variables", None) or {name: {"type": "string"} for name in ("output", *names)}
    text = "\n".join(f"{{{{ {name} }}}}" for name in shown)
    version = make_version(
        **{
            "messages": [{"role": "user", "template": f"Is it good?\n{text}"}],
            "variables": shown,
            "model": model.name,
            "parameters": {"max_tokens": 100},
            **values,
        }
    )
    return Rubric(version, model)
