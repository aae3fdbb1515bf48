"""A call's record in words: why it ended as it did, who answered instead, what each stage is for. Pure."""

REASONS = {
    "kill_switch": "Somebody had stopped it with a kill switch.",
    "flag_off": "Its flag was not on for this tenant or user.",
    "budget": "Its worst case did not fit what was left of a budget.",
    "rate_limit": "There were too many requests, tokens or calls at once.",
    "retry_loop": "The same request had failed again and again.",
    "timeout": "No answer was there before the feature's deadline.",
    "provider_error": "Every model that might be tried failed.",
    "guardrail": "The answer did not pass its guardrails.",
    "approval": "A person has to approve the answer first.",
    "lost": "The gateway's process died while the model was answering.",
}
INSTEAD = {
    "cached": "the last good answer to the same question",
    "search": "what a search in the feature's documents found",
    "rules": "a rule set",
    "text": "the fixed text of the feature",
    "deferred": "a ticket: a worker tries again later",
    "person": "a ticket: a person answers",
    "approval": "a ticket: a person approves the answer",
}
STAGES = {
    "recorder": "Record",
    "fallback": "Fallback",
    "kill_switch": "Kill switch",
    "cache": "Cache",
    "approval": "Approval",
    "breaker": "Breaker",
    "router": "Router",
    "retrieval": "Retrieval",
    "guardrails": "Guardrails",
    "approach": "Approach",
}
CHIPS = {
    "answered": ("good", "ok"),
    "cached": ("accent", "ok"),
    "degraded": ("warn", "warn"),
    "queued": ("warn", "clock"),
    "refused": ("bad", "block"),
}
CACHES = (
    ("hit-exact", "hit, exact"),
    ("hit-semantic", "hit, semantic"),
    ("miss", "miss"),
    ("off", "off"),
)


def why(reason: str) -> str:
    """A sentence; the word itself where it is one that nobody explained."""
    return REASONS.get(reason) or (f"{reason.replace('_', ' ').capitalize()}." if reason else "")


def instead(served_by: str) -> str:
    return INSTEAD.get(served_by, served_by)


def stage(name: str) -> str:
    return STAGES.get(name) or name.replace("_", " ").capitalize()
