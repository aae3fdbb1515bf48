"""One output judged by one scorer, as a run does it."""

from aiops.evaluations import scorers
from aiops.evaluations.scorers.base import Golden


def judge(output, expected=None, *, locale="en", output_schema=None, metadata=None, **config):
    """The judgement of the scorer that `config` describes."""
    scorer, _ = scorers.parse(config)
    golden = Golden(expected=expected, locale=locale, output_schema=output_schema, metadata=metadata or {})
    return scorers.judge(scorer, output, golden)


def passed(output, expected=None, **config):
    return judge(output, expected, **config).passed
