"""Grades from CSV: all of a file, or nothing of it, with problems that say where and what."""

import io

import pytest
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.core.errors import InvalidInput, NotAllowed
from aiops.evaluations import actions, grade_files
from aiops.evaluations.models import GradeUpload, HumanGrade, Result
from tests.factories import make_case, make_judged_run, make_result, make_user

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")
FIRST = "line 2, case t-000: "
AGAIN = "line 3, case t-000: line 2 is the same person's grade of the same result"


@pytest.fixture
def person():
    return make_user(email="Grader@example.com", roles=["engineer"])


@pytest.fixture
def run():
    return make_judged_run([True, False, True])


def problems(run, content, by=None):
    with pytest.raises(InvalidInput) as refused:
        grade_files.plan(run, content if isinstance(content, bytes) else content.encode(), by=by)
    return [str(problem) for problem in refused.value.problems]


def write(run, text, by=SHELL):
    return actions.import_grades(by=by, run=run, filename="grades.csv", content=text.encode())


def stored():
    rows = HumanGrade.objects.order_by("id").values_list(
        "result__case__key", "passed", "reason", "by__email", "sampling", "source"
    )
    return list(rows)


def test_a_file_becomes_grades(run, person):
    counts = write(
        run,
        "case,passed,reason,by,random\n"
        "t-000,pass,,grader@EXAMPLE.com,yes\n"
        't-001,0,"Wrong, and\nrude",,\n'
        "t-002,TRUE,,,no\n",
    )
    assert counts == {"total": 3, "new": 3, "changed": 0, "unchanged": 0, "random": 1}
    assert stored() == [
        ("t-000", True, "", "Grader@example.com", "random", "import"),
        ("t-001", False, "Wrong, and\nrude", None, "chosen", "import"),
        ("t-002", True, "", None, "chosen", "import"),
    ]


def test_rows_that_name_nobody_are_grades_of_the_importer(run, person):
    write(run, "case,passed\nt-000,fail\n", by=person)
    assert stored() == [("t-000", False, "", person.email, "chosen", "import")]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfcase,passed\r\nt-000,pass\r\n",
        b"case;passed\nt-000;pass\n",
        b"case\tpassed\nt-000\tpass\n",
        b"\n Case , PASSED \nt-000,Pass\n,\n\n",
        b"passed,case,exact passed\n1,t-000,False\n",
    ],
    ids=["byte order mark", "semicolons", "tabs", "blank lines and spaces", "other order and columns"],
)
def test_files_as_spreadsheets_write_them_are_read(run, content):
    assert grade_files.plan(run, content, by=None).counts["new"] == 1


def test_columns_that_are_no_part_of_a_grade_are_named(run):
    plan = grade_files.plan(run, b"case,passed,reson\nt-000,1,typo\n", by=None)
    assert plan.preview["ignored"] == ["reson"]


def test_an_apostrophe_that_an_export_added_is_no_part_of_the_id():
    result = make_result(case=make_case(key="=t-1"))
    assert grade_files.plan(result.run, b"case,passed\n'=t-1,1\n", by=None).counts["new"] == 1


def test_importing_again_changes_only_what_differs(run):
    write(run, "case,passed\nt-000,pass\nt-001,pass\n")
    counts = write(run, "case,passed\nt-000,pass\nt-001,fail\n")
    assert counts == {"total": 2, "new": 0, "changed": 1, "unchanged": 1, "random": 0}
    assert HumanGrade.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("case,passed\n", "there is a header only, no grades"),
        ("id,passed\nt-000,1\n", 'line 1: the column "case" is missing; the header says id, passed'),
        ("case,case,passed\na,b,1\n", 'line 1: the column "case" stands there twice'),
        ("case,passed\n,pass\n", "line 2: the case is missing"),
        ("case,passed\nt-000,maybe\n", f'{FIRST}passed is pass or fail (or true, false, 1, 0), not "maybe"'),
        ("case,passed\nt-000,\n", f"{FIRST}passed is pass or fail (or true, false, 1, 0), not empty"),
        ("case,passed,random\nt-000,1,often\n", 'line 2, case t-000: random is yes or no, not "often"'),
        ("case,passed,repeat\nt-000,1,-1\n", 'line 2, case t-000: repeat is a number from 0, not "-1"'),
        ("case,passed,repeat\nt-000,1,7\n", FIRST + "Run {run} has no result of repeat 7; they are 0 to 0"),
        ("case,passed\nt-999,1\n", "line 2, case t-999: Run {run} has no result of a case with this id"),
        ("case,passed,by\nt-000,1,x@y.z\n", 'line 2, case t-000: nobody here has the e-mail "x@y.z"'),
        ("case,passed\nt-000,1\nt-000,0\n", AGAIN),
        ("case,passed\nt-000,1,2\n", "line 2: the row has 3 cells, the header 2"),
        ('case,passed\nt-000,"1\n', "line 2: a quoted cell begins in this row and is never closed"),
        ('case,passed\nt-000,"1"x\n', "line 2: not valid CSV: ',' expected after '\"'"),
        (
            "case,passed,reason\nt-000,1," + "x" * 2001,
            FIRST + "the reason has 2,001 characters, at most 2,000",
        ),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_what_is_wrong_is_said_with_its_place(run, content, said):
    assert problems(run, content) == [said.format(run=run.pk)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest of an office file", "the file is a ZIP archive or an Office document"),
        (b"\xff\xfec\x00a\x00s\x00e\x00", "line 1: not valid UTF-8: the file is UTF-16"),
        (b"case,passed\nt-\xe9,1\n", "line 2: not valid UTF-8 (byte 0xE9 at byte 3)"),
        (b"case,passed\nt\x00,1\n", "line 2: holds a null byte"),
        (b'{"case": 1}\n{"case": 2}\n', 'line 1: the column "case" is missing'),
        (bytes(range(128, 256)) * 20, "line 1: not valid UTF-8"),
    ],
    ids=["a spreadsheet", "utf-16", "latin-1", "null byte", "json lines", "rubbish"],
)
def test_a_file_that_is_no_such_file_is_named(run, content, said):
    assert problems(run, content)[0].startswith(said)


def test_what_got_an_error_has_no_output_to_grade(run):
    Result.objects.create(
        run=run, case=make_case(dataset=run.dataset_version.dataset, key="e"), error_kind="timeout"
    )
    assert problems(run, "case,passed\ne,1\n") == [
        "line 2, case e: there is no output to grade: the case got the error timeout"
    ]


def test_repeats_have_to_be_said():
    run = make_result(repeat=1).run
    case = run.results.get().case
    run.repeats = 2
    assert problems(run, f"case,passed\n{case.key},1\n") == [
        f"line 2, case {case.key}: say which repeat, 0 to 1: {run} asked each case 2 times"
    ]
    assert grade_files.plan(run, f"case,passed,repeat\n{case.key},1,1\n".encode(), by=None).counts["new"] == 1


def test_fifty_problems_are_shown_and_all_are_counted(run):
    content = "case,passed\n" + "t-000,maybe\n" * 60
    with pytest.raises(InvalidInput, match=r"60 problems\. .* The first 50 are shown") as refused:
        grade_files.plan(run, content.encode(), by=None)
    assert len(refused.value.problems) == 50


def test_limits_are_said(run, monkeypatch):
    monkeypatch.setattr("aiops.evaluations.grade_rows.MAX_ROWS", 1)
    assert problems(run, "case,passed\nt-000,1\nt-001,1\n") == [
        "the file has 2 grades, at most 1 are taken at once"
    ]
    monkeypatch.setattr("aiops.evaluations.grade_rows.MAX_BYTES", 10)
    assert problems(run, "case,passed\nt-000,1\n") == ["the file has 0 MB, at most 0 MB are taken"]


def test_a_file_that_names_a_whole_town_is_refused(run):
    rows = "".join(f"t-000,1,p{number}@example.com\n" for number in range(201))
    assert problems(run, f"case,passed,by\n{rows}") == [
        "the file names 201 people in the column by, at most 200"
    ]


def test_a_wrong_row_stops_the_whole_file(run):
    with pytest.raises(InvalidInput):
        write(run, "case,passed\nt-000,1\nt-001,perhaps\n")
    assert stored() == []


def test_an_import_is_audited_with_what_the_file_was(run, person):
    write(run, "case,passed\nt-000,1\n", by=person)
    event = AuditEvent.objects.get(action="evaluations.grades_imported")
    assert (event.after["counts"]["new"], event.after["people"], len(event.after["sha256"])) == (
        1,
        [person.email],
        64,
    )


def test_reviewers_do_not_import(run):
    with pytest.raises(NotAllowed):
        write(run, "case,passed\nt-000,1\n", by=make_user(roles=["reviewer"]))


def send(client, run, content, name="grades.csv"):
    file = io.BytesIO(content)
    file.name = name
    return client.post(reverse("evaluations:import-grades", args=[run.pk]), {"file": file})


def test_a_file_is_shown_before_it_is_written(as_role, run):
    client = as_role("engineer")
    preview = client.get(send(client, run, b"case,passed,what\nt-000,1,\n").url)
    assert "Import 1 grade" in preview.content.decode()
    assert stored() == []
    upload = GradeUpload.objects.get()
    done = client.post(reverse("evaluations:confirm-grades", args=[run.pk, upload.pk]))
    assert done.url == reverse("evaluations:run", args=[run.pk])
    assert (len(stored()), GradeUpload.objects.count()) == (1, 0)


def test_a_wrong_file_is_answered_in_words_and_nothing_is_kept(as_role, run):
    page = send(as_role("engineer"), run, b"case,passed\n<script>,1\n")
    assert page.status_code == 422
    assert "&lt;script&gt;" in page.content.decode()
    assert not GradeUpload.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"), [(None, "Choose a file first."), (b"x" * (5 * 2**20 + 1), "split it")]
)
def test_no_file_and_a_huge_file_are_answered_in_place(as_role, run, content, said):
    client = as_role("engineer")
    address = reverse("evaluations:import-grades", args=[run.pk])
    page = client.post(address) if content is None else send(client, run, content)
    assert (page.status_code, said in page.content.decode()) == (422, True)


def test_a_preview_that_is_no_longer_true_is_not_imported(as_role, run):
    client = as_role("engineer")
    send(client, run, b"case,passed\nt-000,1\n")
    upload = GradeUpload.objects.get()
    write(run, "case,passed\nt-000,1\n", by=client.user)
    page = client.post(reverse("evaluations:confirm-grades", args=[run.pk, upload.pk]), follow=True)
    assert "changed since this preview" in page.content.decode()
    assert len(stored()) == 1


def test_what_is_there_already_is_said_instead_of_a_button(as_role, run):
    client = as_role("engineer")
    write(run, "case,passed\nt-000,1\n", by=client.user)
    page = client.get(send(client, run, b"case,passed\nt-000,1\n").url).content.decode()
    assert "has all of these grades already" in page
