"""The answer is one query that only reads what it may; then it is tried, and only counted.

Nothing that the query finds goes anywhere: not to the model, not into the record, not to the caller.
"""

import asyncio

import orjson

from aiops.core.texts.answers import unfenced
from aiops.features.guardrail_policy import SqlPolicy
from aiops.gateway.guardrails.base import Checker, Found, Tools, field_of
from aiops.gateway.guardrails.sql_rules import approved
from aiops.gateway.messages import Call, Reply
from aiops.gateway.ports import Queries, QueryFailed

NAME = "sql"


def checker(call: Call, tools: Tools) -> Checker | None:
    rules = call.feature.policy.guardrails.sql_rules

    async def check_reply(reply: Reply) -> Found:
        return await check(reply.text, rules, tools.queries)

    return check_reply


async def check(text: str, rules: SqlPolicy, queries: Queries) -> Found:
    query = query_in(text, rules.field)
    if query is None:
        return Found(passed=False, reason=f"{rules.field}: there is no query" if rules.field else "no query")
    try:
        await asyncio.to_thread(approved, query, rules.tables, rules.functions)
    except ValueError as error:
        return Found(passed=False, reason=str(error))
    if not rules.run:
        return Found(passed=True)
    try:
        ran = await queries.run(query, seconds=rules.seconds, most_rows=rules.most_rows)
    except QueryFailed as error:
        return Found(passed=False, reason=str(error))
    facts = {"rows": ran.rows, "columns": list(ran.columns)[:50]}
    return Found(passed=True, margin=1 - ran.rows / rules.most_rows, facts=facts)


def query_in(text: str, field: str) -> str | None:
    """The query in the answer, or in a field of it; None where there is none."""
    bare = unfenced(text)
    if field:
        try:
            value = field_of(orjson.loads(bare), field)
        except ValueError:
            return None
        bare = value if isinstance(value, str) else ""
    return bare if bare.strip() else None
