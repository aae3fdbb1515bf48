import pytest

from aiops.evaluations.scorers.similarity import cosines
from tests.evaluations.scorers.judging import judge, passed


@pytest.mark.parametrize(
    ("output", "near", "far"),
    [
        ("The parcel arrived late.", "The parcel arrived too late!", "Please close my account."),
        ("Das Paket kam zu spät an.", "Das Paket kam verspätet an.", "Bitte schließen Sie mein Konto."),
        ("Le colis est arrivé en retard.", "Le colis arrive en retard.", "Fermez mon compte, merci."),
        ("El paquete llegó tarde.", "El paquete ha llegado tarde.", "Cierre mi cuenta, por favor."),
        ("荷物の到着が遅れました。", "荷物の到着がとても遅れました", "口座を解約してください。"),
        ("وصل الطرد متأخرا", "وصل الطرد متأخرا جدا", "أغلق حسابي من فضلك"),
    ],
)
def test_what_is_worded_alike_is_nearer(output, near, far):
    alike, unlike = cosines(output, [near, far])
    assert alike > 0.6
    assert unlike < 0.35


def test_ends_of_the_scale():
    assert cosines("Refund", ["refund!"]) == [pytest.approx(1.0)]
    assert cosines("", ["", "...", "a"]) == [1.0, 1.0, 0.0]
    assert cosines("a", [""]) == [0.0]
    assert all(0 <= value <= 1 for value in cosines("xyz", ["quite another text", "東京"]))


def test_the_best_answer_counts_and_a_threshold_decides():
    value = judge("late parcel", ["close account", "late parcel"], type="similarity")
    assert (value.value, value.passed) == (pytest.approx(1.0), None)
    assert passed("late parcel", "late parcels", type="similarity", threshold=0.6) is True
    failed = judge("late parcel", "close account", type="similarity", threshold=0.6)
    assert failed.passed is False
    assert failed.reason == f"{failed.value:.2f} is below 0.6."


def test_without_an_expected_text_there_is_no_score():
    assert judge("x", None, type="similarity").value is None
    assert judge("x", {"a": 1}, type="similarity").value is None
