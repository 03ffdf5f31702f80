"""What holds for every test: hypothesis profiles, time limits by marker, tests of one platform."""

import os
import sys

import pytest
from hypothesis import settings

from tests.wine import PATIENCE, on_wine

LIMITS_S = {"integration": 60, "e2e": 180}

settings.register_profile("dev", max_examples=50)
settings.register_profile("ci", max_examples=200, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "how often tests/e2e/test_recovery.py strikes everybody and every two, killed and paused"
    parser.addoption("--recovery-rounds", type=int, default=0, help=told)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        _limit(item)
        _keep_to_platform(item)


def _limit(item: pytest.Item) -> None:
    """Give a marked test the time of its marker, unless it names its own."""
    limits_s = [limit_s for name, limit_s in LIMITS_S.items() if item.get_closest_marker(name)]
    if limits_s and not item.get_closest_marker("timeout"):
        item.add_marker(pytest.mark.timeout(max(limits_s)))
    if PATIENCE > 1:
        limit = item.get_closest_marker("timeout")
        limit_s = limit.args[0] if limit else float(item.config.getini("timeout"))
        item.add_marker(pytest.mark.timeout(limit_s * PATIENCE), append=False)


def _keep_to_platform(item: pytest.Item) -> None:
    if sys.platform == "win32":
        _leave_out(item, "posix_only", "not on Windows")
    if on_wine():
        _leave_out(item, "not_on_wine", "not on Wine")


def _leave_out(item: pytest.Item, name: str, where: str) -> None:
    marker = item.get_closest_marker(name)
    if marker:
        reason = marker.args[0] if marker.args else marker.kwargs["reason"]
        item.add_marker(pytest.mark.skip(reason=f"{where}: {reason}"))
