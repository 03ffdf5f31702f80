"""What holds for every test: profiles of hypothesis, time limits, platforms, workers."""

import os
import sys
from typing import Any

import pytest
from hypothesis import settings

from tests.sharing_out import WORKERS, SharingOut
from tests.wine import PATIENCE, on_wine

LIMITS_S = {"integration": 60, "e2e": 180}

# No deadline of hypothesis: on a busy machine an example takes as long as it is made to wait.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("brief", max_examples=20, deadline=None, derandomize=True)
settings.load_profile("brief" if on_wine() else "ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "how often tests/e2e/test_recovery.py strikes everybody and every two, killed and paused"
    parser.addoption("--recovery-rounds", type=int, default=0, help=told)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Some for all tests; none for those somebody named, who would only wait for the workers."""
    asked_for_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return WORKERS if asked_for_all and not config.option.keyword and not on_wine() else 0


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharingOut:
    return SharingOut(config, log)


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
