import pytest

from tests.datasets.files import read, said

HEAD = "id,input.ticket,expected,category,locale\n"


def one(text):
    [found], reader = read(text, "csv")
    assert reader.problems == []
    return found.content


def test_row_is_read():
    found = one(HEAD + 't-1,"Where, please?",delivery,orders,en\n')
    assert (found.key, found.inputs, found.expected) == ("t-1", {"ticket": "Where, please?"}, "delivery")
    assert (found.category, found.locale) == ("orders", "en")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", None),
        ("plain", "plain"),
        ("42", "42"),
        ('"{""a"": [1]}"', {"a": [1]}),
        ('"[1, 2]"', [1, 2]),
        ("[not json", "[not json"),
        ('"""quoted"""', "quoted"),
        ("'=1+1", "=1+1"),
        ("'plain", "'plain"),
    ],
)
def test_expected_is_text_or_json(cell, expected):
    assert one(f"id,input.x,expected\na,b,{cell}\n").expected == expected


def test_optional_columns():
    head = "id,input.x,tags,metadata,must_pass,checks\n"
    found = one(head + 'a,b,"vip, new","{""n"": 1}",TRUE,"[{""type"": ""contains""}]"\n')
    assert found.tags == ["vip", "new"]
    assert (found.metadata, found.must_pass, found.checks) == ({"n": 1}, True, [{"type": "contains"}])
    assert one(head + 'a,b,"[""x,y""]",,no,\n').tags == ["x,y"]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_delimiters_of_other_countries(mark):
    assert one(f"id{mark}input.x\na{mark}b, c\n").inputs == {"x": "b, c"}


def test_line_is_the_one_where_the_row_begins():
    text = HEAD + 'a,"one\ntwo\nthree",x,y,en\n\nb,c,d,e,!\n'
    assert said(text, "csv") == ['line 6, case b: locale "!" is no language tag such as en, ja or zh-Hans']


def test_rows_of_nothing_are_skipped():
    assert one(HEAD + "a,b,c,d,en\n,,,,\n\n").key == "a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,input.x,locle\na,b,c\n", 'line 1: unknown column "locle", did you mean "locale"?'),
        ("id,input.\na,b\n", 'line 1: unknown column "input.", did you mean'),
        ("id,inputs\na,b\n", 'line 1: the column "inputs" must be split'),
        ("id,input.x,id\na,b,c\n", 'line 1: the column "id" stands there twice'),
        ("input.x\nb\n", 'line 1: the column "id" is missing'),
        ("id,expected\na,b\n", "line 1: there is no column input.<variable>"),
        ('id,"input.x\n', "line 1: not valid CSV: a quoted cell begins in this row and is never closed"),
        (HEAD + 'a,b,c,d,en\nb,"c,d,e,f\n', "line 3: not valid CSV: a quoted cell begins in this row"),
        (HEAD + 'a,"b"c,d,e,en\n', "line 2: not valid CSV: ',' expected after '\"'"),
        (HEAD + 'a,"' + ("x" * 2000 + "\n") * 2_200, "line 2: not valid CSV: a cell has more than 4 MB"),
        (HEAD + "a,b,c,d\n", "line 2, case a: the row has 4 cells, the header has 5"),
        ("input.x,id\nb\n", "line 2: the row has 1 cells, the header has 2"),
        ("id,input.x,metadata\na,b,{\n", "line 2, case a: metadata: not valid JSON"),
        ("id,input.x,must_pass\na,b,maybe\n", 'line 2, case a: must_pass: "maybe" is neither true nor false'),
        ("id,input.x\n,b\n", "line 2: id is missing"),
        (HEAD, "there is a header only, no cases"),
    ],
)
def test_file_is_refused_in_words(text, expected):
    assert expected in said(text, "csv")[0]


def test_latin_1_ends_the_reading_at_its_line():
    assert said(HEAD.encode() + b"a,b\xe9,c,d,en\nb,c\xe9,d,e,en\n", "csv")[0].startswith(
        "line 2: not valid UTF-8"
    )
