from aiops.operations.backoff import CALM, CAP, Backoff


def test_a_program_that_keeps_dying_waits_longer_each_time_up_to_the_cap():
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, CAP, CAP]


def test_a_program_that_lived_calmly_starts_again_soon():
    backoff = Backoff()
    for _ in range(5):
        backoff.after(0.1)
    assert backoff.after(CALM) == 0.5
    assert backoff.after(1) == 1
