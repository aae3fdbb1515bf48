"""Many people save at once: numbers have no gaps, and none is given twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict
from aiops.prompts import actions, queries
from tests.factories import make_prompt


def save(prompt, text: str, based_on: int | None = None) -> int:
    try:
        source = f"---\nname: {prompt.name}\n---\n{text}\n".encode()
        return actions.create_version(
            by=SystemActor("shell"), prompt=prompt, source=source, based_on=based_on
        ).number
    except Conflict:
        return 0
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_numbers_of_versions_that_are_saved_at_once_have_no_gaps():
    prompt = make_prompt()
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda text: save(prompt, text), map(str, range(24))))
    assert sorted(numbers) == list(range(1, 25))
    assert queries.numbers_of(prompt) == list(range(24, 0, -1))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_began_with_the_same_version_one_saves():
    prompt = make_prompt()
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda text: save(prompt, text, based_on=0), "abcd"))
    assert sorted(numbers) == [0, 0, 0, 1]
