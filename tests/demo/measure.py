"""What a prompt version on a simulated model achieves over a golden set, without a database."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from aiops.evaluations.scorers import build_scorers, judge_output, resolve
from aiops.evaluations.scorers.base import Golden
from aiops.evaluations.work import Item
from aiops.prompts import format as prompt_format
from aiops.prompts.render import render
from aiops.providers.protocol import ChatReply, ChatRequest
from aiops.providers.simulated import Simulated

CONTENT = Path("aiops/demo/content")


@dataclass
class Measured:
    """Passed and counted cases ("every scorer passes") by locale and category, and by scorer in all."""

    passed: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    scorers: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    failures: list[tuple[str, str, str]] = field(default_factory=list)

    def share(self, group: str = "all") -> float:
        return sum(self.passed[group]) / len(self.passed[group])


@cache
def workspace() -> Mapping[str, Any]:
    return yaml.safe_load((CONTENT / "workspace.yaml").read_text(encoding="utf-8"))


def cases(feature: str) -> list[dict[str, Any]]:
    """The cases of the newest version of a feature's golden set."""
    found: dict[str, dict[str, Any]] = {}
    for version in workspace()["features"][feature]["dataset"]["versions"]:
        lines = (CONTENT / "datasets" / f"{version['file']}.jsonl").read_text(encoding="utf-8").splitlines()
        found.update({case["id"]: case for case in map(json.loads, lines)})
    return list(found.values())


@cache
def measure(feature: str, version: int, model: str = "sim-large", seed: str = "") -> Measured:
    file = prompt_format.parse((CONTENT / f"prompts/{feature}/v{version}.prompt").read_bytes(), name=feature)
    prompt = SimpleNamespace(
        messages=prompt_format.messages_of(file), variables=prompt_format.variables_of(file)
    )
    scorers = build_scorers(resolve(workspace()["features"][feature]["dataset"]["scorers"]))
    asked = [
        ChatRequest(
            model=model,
            messages=render(prompt, case["inputs"]),
            max_tokens=prompt_format.parameters_of(file)["max_tokens"],
            response_schema=file.output_schema,
        )
        for case in cases(feature)
    ]
    result = Measured()
    replies = asyncio.run(_replies(Simulated({"time_scale": 0, "seed": seed}), asked))
    for case, reply in zip(cases(feature), replies, strict=True):
        golden = Golden(
            case["id"], case["inputs"], case["expected"], case["category"], case["locale"], file.output_schema
        )
        rows = judge_output(reply.text, Item(0, 0, golden, tuple(case.get("checks", []))), scorers)
        judged = [row for row in rows if row["passed"] is not None]
        for row in judged:
            result.scorers[row["scorer"]].append(row["passed"])
        good = all(row["passed"] for row in judged)
        for group in ("all", case["locale"], case["category"]):
            result.passed[group].append(good)
        if not good:
            reasons = "; ".join(f"{row['scorer']}: {row['reason']}" for row in judged if not row["passed"])
            result.failures.append((case["id"], reply.text, reasons))
    return result


async def _replies(provider: Simulated, asked: list[ChatRequest]) -> list[ChatReply]:
    return [await provider.chat(request, timeout=60) for request in asked]
