"""Makes a stage and starts its run, in a process of its own; prints the run's id.

`python -m tests.evaluations.recovery_program BASE_URL CASES NUMBER`: rows are numbered from NUMBER on.
"""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from tests.evaluations.stage import make_stage
    from tests.factories.numbers import number

    while number() < int(sys.argv[3]):
        pass

    stage = make_stage(int(sys.argv[2]), concurrency=10, kind="openai_compatible", base_url=sys.argv[1])
    print(stage.start().pk)  # noqa: T201 - the answer to whoever started us
