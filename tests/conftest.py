"""What holds for every test: hypothesis profiles, time limits by marker, tests of one platform."""

import os
import sys

import pytest
from hypothesis import settings

LIMITS_S = {"integration": 60, "e2e": 180}

settings.register_profile("dev", max_examples=50)
settings.register_profile("ci", max_examples=200, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        _limit(item)
        _keep_to_platform(item)


def _limit(item: pytest.Item) -> None:
    """Give a marked test the time of its marker, unless it names its own."""
    limits_s = [limit_s for name, limit_s in LIMITS_S.items() if item.get_closest_marker(name)]
    if limits_s and not item.get_closest_marker("timeout"):
        item.add_marker(pytest.mark.timeout(max(limits_s)))


def _keep_to_platform(item: pytest.Item) -> None:
    posix_only = item.get_closest_marker("posix_only")
    if posix_only and sys.platform == "win32":
        reason = posix_only.args[0] if posix_only.args else posix_only.kwargs["reason"]
        item.add_marker(pytest.mark.skip(reason=f"not on Windows: {reason}"))
