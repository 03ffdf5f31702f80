"""From the times of each round to medians, percentiles and their ratio."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import msgspec

from domain.figures import Times

HOPS = ("seen_published", "published_received", "received_decided", "decided_sent")


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison: the last of all processes, microseconds."""

    p50_us: float
    p99_us: float
    rounds: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Product against baseline, of one run with one number of slaves.

    `hops_us` are medians over all slaves, `last_hops_us` over the last slave of each round.
    """

    slaves: int
    payload_bytes: int
    product: Side
    baseline: Side
    ratio_p50: float
    ratio_p99: float
    hops_us: dict[str, float]
    last_hops_us: dict[str, float]


def last_after(began_us: float, by_process: Sequence[float | None]) -> float | None:
    """How long after its begin the last process was there; None where one never was."""
    times = [at_us for at_us in by_process if at_us is not None]
    if not times or len(times) < len(by_process):
        return None
    return max(times) - began_us


def side_of(latencies_us: Iterable[float]) -> Side:
    """The percentiles of one side."""
    ranked = sorted(latencies_us)
    return Side(p50_us=median(ranked), p99_us=percentile(ranked, 0.99), rounds=len(ranked))


def percentile(ranked: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of them lie."""
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def hops_of(times: Iterable[Times]) -> dict[str, float]:
    """The median of each step of the way, microseconds."""
    steps = [_steps(one) for one in times]
    return {hop: median(step[hop] for step in steps) for hop in HOPS} if steps else {}


def in_lines(found: Comparison) -> list[str]:
    """A comparison as a person reads it."""
    product, baseline = found.product, found.baseline
    head = f"{found.slaves} slave{'s' if found.slaves > 1 else ''}"
    return [
        f"{head}: {product.rounds} rounds, payload {found.payload_bytes} bytes",
        f"  fact seen -> order_send on the last  p50 {product.p50_us:8.0f} us"
        f"   p99 {product.p99_us:8.0f} us",
        f"  bare pyzmq -> received by the last   p50 {baseline.p50_us:8.0f} us"
        f"   p99 {baseline.p99_us:8.0f} us",
        f"  ratio                                p50 {found.ratio_p50:8.2f}"
        f"      p99 {found.ratio_p99:8.2f}",
        f"  hops, all slaves: {_shown(found.hops_us)}",
        f"  hops, the last:   {_shown(found.last_hops_us)}",
    ]


def _shown(hops: Mapping[str, float]) -> str:
    return ", ".join(f"{hop.replace('_', '->')} {us:.0f} us" for hop, us in hops.items())


def _steps(times: Times) -> dict[str, float]:
    return {
        "seen_published": times.published_us - times.seen_us,
        "published_received": times.received_us - times.published_us,
        "received_decided": times.decided_us - times.received_us,
        "decided_sent": times.sent_us - times.decided_us,
    }
