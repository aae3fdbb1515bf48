"""Rubrics for tests of judges."""

from typing import Any

from aiops.prompts.models import Version
from tests.factories import make_model, make_provider, make_version


def make_rubric(*names: str, **values: Any) -> Version:
    """A rubric that shows `output`, and `names` as well; `catalog_model` is its model, without a price."""
    provider = values.pop("provider", None) or make_provider()
    model = make_model(provider=provider)
    shown = values.pop("variables", None) or {name: {"type": "string"} for name in ("output", *names)}
    text = "\n".join(f"{{{{ {name} }}}}" for name in shown)
    made = make_version(
        **{
            "messages": [{"role": "user", "template": f"Is it good?\n{text}"}],
            "variables": shown,
            "model": model.name,
            "parameters": {"max_tokens": 100},
            **values,
        }
    )
    made.catalog_model = model
    return made
