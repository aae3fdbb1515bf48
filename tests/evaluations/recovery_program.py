"""Makes a stage and starts its run, in a process of its own; prints the run's id.

`python -m tests.evaluations.recovery_program BASE_URL CASES NUMBER [judged]`: rows are numbered from NUMBER
on; a judge at the same provider judges each answer. The feature has a budget of 20 USD a month.
"""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from decimal import Decimal

    from aiops.budgets.models import Budget
    from tests.evaluations.rubrics import make_rubric
    from tests.evaluations.stage import make_stage
    from tests.factories import make_price
    from tests.factories.numbers import number

    while number() < int(sys.argv[3]):
        pass

    stage = make_stage(int(sys.argv[2]), concurrency=10, kind="openai_compatible", base_url=sys.argv[1])
    Budget.objects.create(feature=stage.feature, period="month", amount=Decimal(20))
    scorers = [{"type": "contains"}]
    if sys.argv[4:]:
        rubric = make_rubric(provider=stage.model.provider)
        make_price(model=rubric.model)
        scorers.append({"type": "judge", "prompt": rubric.name})
    print(stage.start(scorers=scorers).pk)  # noqa: T201 - the answer to whoever started us
