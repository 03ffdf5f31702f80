"""The figures of a measurement, from the times of its rounds."""

from bench.figures import hops_of, last_after, side_of
from domain.figures import Times


def test_a_round_takes_until_the_last_process_is_there() -> None:
    assert last_after(100.0, [130.0, 170.0, 150.0]) == 70.0


def test_a_round_that_one_process_missed_has_no_figure() -> None:
    assert last_after(100.0, [130.0, None]) is None
    assert last_after(100.0, []) is None


def test_a_side_tells_its_median_and_what_one_round_in_a_hundred_exceeds() -> None:
    side = side_of(float(us) for us in range(1, 201))
    assert (side.p50_us, side.p99_us, side.rounds) == (100.5, 199.0, 200)


def test_hops_are_the_medians_of_each_step() -> None:
    def at(*steps_us: int) -> Times:
        seen, published, received, decided, sent = steps_us
        return Times(
            seen_us=seen, published_us=published, received_us=received, decided_us=decided,
            sent_us=sent,
        )  # fmt: skip

    assert hops_of([at(0, 1, 11, 21, 31), at(0, 3, 13, 33, 43), at(0, 2, 22, 32, 62)]) == {
        "seen_published": 2,
        "published_received": 10,
        "received_decided": 10,
        "decided_sent": 10,
    }
