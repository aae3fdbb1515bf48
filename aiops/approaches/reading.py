"""What learnt models read of a case or a call: the same text of both. Pure."""

from collections.abc import Iterable, Mapping

NOT_READ = frozenset({"locale"})
UNKNOWN = "unknown"


def text_of(inputs: Mapping[str, str], said: Iterable[str] = ()) -> str:
    """The inputs by name, then what the caller said beyond them."""
    parts = [str(inputs[name]) for name in sorted(inputs) if name not in NOT_READ]
    return "\n".join([*parts, *said])
