"""Fifty reviewers on a thousand items at once, whose browsers die, or come back late.

    python -m benchmarks.review_race [--reviewers 50] [--items 1000] [--processes 5] [--lease 6.0]

Each reviewer is a thread with a connection of its own, on one PostgreSQL. Items have one to three seats; one
in ten claims dies without a word, one in ten sleeps until the seat was given on and submits all the same,
others skip, undo, give back, hand over, or send the same grade twice; grades are drawn, so that people
disagree and a third one decides. A watcher looks all the while whether an item is ever held beyond its k.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._faults import Checks
from benchmarks._runs import server

Act = Callable[[Any, random.Random, Counter[str], float], None]

LANGUAGES = ("en", "de", "ja")
PATIENCE = 900.0  # seconds, after which what is left counts as lost
_BEYOND = """
SELECT count(*) FROM reviews_reviewitem i
WHERE (SELECT count(*) FROM reviews_seat s
       WHERE s.item_id = i.id AND s.role = 'grade' AND s.state <> 'free') > i.seats
   OR (SELECT count(*) FROM reviews_grade g JOIN reviews_seat s ON s.id = g.seat_id
       WHERE g.item_id = i.id AND s.role = 'grade') > i.seats
   OR (SELECT count(DISTINCT s.reviewer_id) FROM reviews_seat s WHERE s.item_id = i.id AND s.state <> 'free')
      < (SELECT count(*) FROM reviews_seat s WHERE s.item_id = i.id AND s.state <> 'free')
"""


def main() -> int:
    options = _options()
    if options.worker is not None:
        return _work(options)
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp") as name, server(Path(name)):
        _fill(options)
        stop, seen = threading.Event(), Counter[str]()
        watcher = threading.Thread(target=_watch, args=(stop, seen))
        watcher.start()
        begun = time.monotonic()
        told = _run(options)
        took = time.monotonic() - begun
        stop.set()
        watcher.join()
        _judge(checks, options, told, seen, took)
    return checks.code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--items", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument("--lease", type=float, default=6.0, help="seconds")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _fill(options: argparse.Namespace) -> None:
    from tests.factories import (  # noqa: PLC0415 - needs the settings
        make_feature,
        make_review_item,
        make_user,
    )

    feature = make_feature(slug="reply")
    for number in range(options.reviewers):
        person = f"reviewer{number}@example.com"
        make_user(email=person, roles=["reviewer"], languages=["en", LANGUAGES[number % len(LANGUAGES)]])
    for number in range(options.items):
        language = "en" if number % 4 else LANGUAGES[1 + number // 4 % 2]
        make_review_item(feature=feature, seats=1 + number % 3, language=language)


def _run(options: argparse.Namespace) -> Counter[str]:
    """What the reviewers say that they did, all together."""
    given = [f"--{name}={getattr(options, name)}" for name in ("reviewers", "items", "processes", "lease")]
    program = [sys.executable, "-m", "benchmarks.review_race", *given]
    started = [
        subprocess.Popen([*program, f"--worker={number}"], stdout=subprocess.PIPE, text=True)
        for number in range(options.processes)
    ]
    told = Counter[str]()
    for process in started:
        output, _ = process.communicate()
        for line in output.splitlines():
            word, count = line.rsplit(" ", 1)
            told[word] += int(count)
        told["processes that failed"] += process.returncode != 0
    return told


def _watch(stop: threading.Event, seen: Counter[str]) -> None:
    from django.db import connection  # noqa: PLC0415 - needs the settings

    with connection.cursor() as cursor:
        while not stop.wait(0.5):
            cursor.execute(_BEYOND)
            seen["looks"] += 1
            seen["beyond"] += cursor.fetchone()[0]
    connection.close()


def _work(options: argparse.Namespace) -> int:
    import django  # noqa: PLC0415 - the settings stand in the environment

    django.setup()
    told: list[Counter[str]] = []
    numbers = range(options.worker, options.reviewers, options.processes)
    threads = [threading.Thread(target=_review, args=(number, options.lease, told)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for word, count in sum(told, Counter[str]()).items():
        print(f"{word} {count}")
    return 0 if len(told) == len(threads) else 1


def _review(number: int, lease: float, told: list[Counter[str]]) -> None:
    """One reviewer, until nothing has been left for a while."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    from aiops.accounts.models import User  # noqa: PLC0415 - as above
    from aiops.reviews import claiming  # noqa: PLC0415 - as above
    from aiops.reviews.models import ReviewItem, Seat  # noqa: PLC0415 - as above

    person = User.objects.get(email=f"reviewer{number}@example.com")
    draw, did = random.Random(number), Counter[str]()
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        seat = claiming.claim_next(person, lease=lease)
        if seat is None:
            waiting = Seat.objects.exclude(state=Seat.State.GRADED).filter(item__state__in=ReviewItem.ACTIVE)
            if not waiting.exists():
                break
            time.sleep(lease)
            continue
        did["claims"] += 1
        time.sleep(draw.random() * 0.01)
        _act(person, seat, draw, did, lease)
    connection.close()
    told.append(did)


def _act(person: Any, seat: Any, draw: random.Random, did: Counter[str], lease: float) -> None:
    """What a reviewer does with a seat: mostly a grade; in the order of these chances."""
    from aiops.core.errors import Conflict, InvalidInput  # noqa: PLC0415 - needs the settings

    acts: list[tuple[float, Act]] = [(0.10, _die), (0.03, _skip), (0.03, _give_back), (0.02, _hand_over)]
    acts += [(0.10, _come_late), (0.05, _send_twice), (0.05, _undo)]
    chance = draw.random()
    act: Act = _grade
    for share, other in acts:
        if 0 <= chance < share:
            act = other
        chance -= share
    held = {"by": person, "seat": seat, "token": seat.token}
    try:
        act(held, draw, did, lease)
    except Conflict:
        did["refused"] += 1
    except InvalidInput:
        did["unfit"] += 1


def _die(_held: Any, _draw: random.Random, did: Counter[str], lease: float) -> None:
    did["died"] += 1  # nobody gives the seat back
    time.sleep(lease * 1.5)


def _skip(held: Any, draw: random.Random, did: Counter[str], lease: float) -> None:
    from aiops.reviews import actions  # noqa: PLC0415 - needs the settings

    if held["seat"].item.skips.exists():  # so that somebody is left who may grade it
        _grade(held, draw, did, lease)
        return
    actions.skip_item(**held, why="unclear")
    did["skipped"] += 1


def _give_back(held: Any, _draw: random.Random, did: Counter[str], _lease: float) -> None:
    from aiops.reviews import claiming  # noqa: PLC0415 - needs the settings

    did["gave back"] += claiming.give_back(held["seat"].pk, held["token"])


def _hand_over(held: Any, draw: random.Random, did: Counter[str], _lease: float) -> None:
    from aiops.accounts.models import User  # noqa: PLC0415 - needs the settings
    from aiops.reviews import actions  # noqa: PLC0415 - as above

    people = list(User.objects.exclude(pk=held["by"].pk).order_by("pk"))
    actions.hand_over(**held, to=draw.choice(people))
    did["handed over"] += 1


def _grade(held: Any, draw: random.Random, did: Counter[str], _lease: float) -> Any:
    from aiops.reviews import actions  # noqa: PLC0415 - needs the settings

    grade = actions.submit_grade(**held, raw=int(draw.random() < 0.9))
    did["accepted"] += 1
    return grade


def _come_late(held: Any, draw: random.Random, did: Counter[str], lease: float) -> None:
    time.sleep(lease * 1.2)
    did["came late"] += 1
    _grade(held, draw, did, lease)


def _send_twice(held: Any, draw: random.Random, did: Counter[str], lease: float) -> None:
    from aiops.reviews import actions  # noqa: PLC0415 - needs the settings

    grade = _grade(held, draw, did, lease)
    again = actions.submit_grade(**held, raw=grade.raw)
    did["sent twice" if again.pk == grade.pk else "graded twice"] += 1


def _undo(held: Any, draw: random.Random, did: Counter[str], lease: float) -> None:
    from aiops.reviews import actions  # noqa: PLC0415 - needs the settings

    actions.undo_grade(by=held["by"], grade=_grade(held, draw, did, lease))
    did["undone"] += 1


def _judge(
    checks: Checks, options: argparse.Namespace, told: Counter[str], seen: Counter[str], took: float
) -> None:
    """What the reviewers say, held against what the database has."""
    from django.db.models import Count, Sum  # noqa: PLC0415 - needs the settings

    from aiops.reviews.models import Grade, GradeEdit, ReviewItem, Seat  # noqa: PLC0415 - as above

    print(f"{options.reviewers} reviewers, {options.items:,} items, {took:.1f} s: {dict(told)}")
    grades, undone = Grade.objects.count(), GradeEdit.objects.filter(after__isnull=True).count()
    wanted = ReviewItem.objects.aggregate(n=Sum("seats"))["n"]
    first = Grade.objects.filter(seat__role=Seat.Role.GRADE)
    each = dict(first.values_list("item").annotate(n=Count("pk")).order_by())
    wrong = [pk for pk, seats in ReviewItem.objects.values_list("pk", "seats") if each.get(pk) != seats]
    open_ = ReviewItem.objects.exclude(state=ReviewItem.State.DONE).count()
    left = Seat.objects.exclude(state=Seat.State.GRADED).count()
    checks(not told["processes that failed"], "nobody met an error that is not foreseen: no deadlock")
    checks(seen["looks"] and not seen["beyond"], f"never held beyond its k, in {seen['looks']} looks")
    checks(not open_ and not left, f"none lost: {open_} items open, {left} seats not graded at the end")
    checks(not wrong, f"none graded k+1 times, or fewer than k: {first.count():,} of {wanted:,} grades")
    checks(
        grades == told["accepted"] - undone,
        f"{told['accepted']:,} told accepted, {undone} undone: {grades:,}",
    )
    checks(undone == told["undone"], f"{undone} taken back, each in the history")
    checks(not told["graded twice"], f"{told['sent twice']} sent twice, told the same")
    checks(
        told["died"] and told["refused"],
        f"{told['died']} died, {told['refused']} came too late and wrote nothing",
    )


if __name__ == "__main__":
    sys.exit(main())
