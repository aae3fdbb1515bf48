"""Features, prompts, their versions and labels."""

import hashlib
from typing import Any

from aiops.features.models import Feature
from aiops.prompts.models import Label, Prompt, Version
from tests.factories.numbers import number


def make_feature(**values: Any) -> Feature:
    n = number()
    return Feature.objects.create(**{"slug": f"feature-{n}", "name": f"Feature {n}", **values})


def make_prompt(**values: Any) -> Prompt:
    return Prompt.objects.create(**{"name": f"prompt-{number()}", **values})


def make_version(**values: Any) -> Version:
    """A version whose one user message is `Summarise: {{ ticket }}`, numbered after the prompt's last."""
    prompt = values.pop("prompt", None) or make_prompt()
    source = values.pop("source", f"---\nname: {prompt.name}\n---\nSummarise: {{{{ ticket }}}}\n".encode())
    return Version.objects.create(
        **{
            "prompt": prompt,
            "number": prompt.versions.count() + 1,
            "source": source,
            "sha256": hashlib.sha256(source).hexdigest(),
            "messages": [{"role": "user", "template": "Summarise: {{ ticket }}"}],
            "variables": {"ticket": {"type": "string"}},
            **values,
        }
    )


def make_label(**values: Any) -> Label:
    version = values.pop("version", None) or make_version()
    return Label.objects.create(
        **{"prompt": version.prompt, "version": version, "name": "production", **values}
    )
