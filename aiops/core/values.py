"""Frozen values that are made for every call.

`dataclass(frozen=True)` sets each field by `object.__setattr__`: 7 % of a call through the gateway went into
that. Whoever checks types reads `value` as `dataclass`, so that setting a field is an error before anything
runs; nothing looks for it once it runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, slots: bool) -> Callable[[type[Any]], type[Any]]:  # noqa: ARG001 - see above
        """`dataclass(frozen=True, slots=True)` for type checkers, at the price of a plain one."""
        return dataclass(slots=slots, unsafe_hash=True)


__all__ = ["value"]
