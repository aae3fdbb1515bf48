"""What a guardrail gives back."""

from dataclasses import dataclass
from typing import Any

from aiops.gateway.messages import Check


@dataclass(frozen=True, slots=True)
class Found:
    """`structured` is the answer as the guardrail read it, where it reads one."""

    check: Check
    structured: Any = None
