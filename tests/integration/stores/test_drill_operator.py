"""What the drill's operator reads from the database of the drill."""

from typing import Any

import msgspec
import pytest
from filelock import FileLock
from pymongo.database import Database

import config as machine
from commands.drilling.operator import Operator
from commands.staging.scenery import Scenery
from db.latches import Latches
from domain.ids import NodeName
from domain.policies import Latch, TradingState
from domain.records import LatchChange
from paper.address import Address
from tests.integration.stores.conftest import Server

pytestmark = pytest.mark.integration

SLAVE = NodeName("S1")
HALTED, ACTIVE = TradingState.HALTED, TradingState.ACTIVE


@pytest.mark.parametrize(
    ("state", "by", "is_its_own"),
    [
        pytest.param(HALTED, "daily_loss", True, id="its day's loss halted it"),
        pytest.param(HALTED, "drill", False, id="the drill halted it"),
        pytest.param(ACTIVE, "drill", False, id="it was resumed"),
    ],
)
def test_a_slave_halted_by_its_own_days_loss_is_known_from_one_that_was_not_resumed(
    running_server: Server,
    database: Database[dict[str, Any]],
    state: TradingState,
    by: str,
    is_its_own: bool,
) -> None:
    settings = msgspec.structs.replace(machine.load({}), database_name=database.name)
    scenery = Scenery(
        folder=running_server.state,
        keep=False,
        config=settings,
        database_uri=running_server.uri,
        broker=Address(pid=0, port=1, pub_port=2, instance="", state_dir=""),
        accounts=({"name": SLAVE, "type": "SLAVE"},),
        lock=FileLock(running_server.state / "owner.lock"),
    )
    operator = Operator(scenery)
    assert not operator.has_had_its_loss(SLAVE)
    after = Latch(state=state, counter=1, reason="why", by=by, at_ms=1_000)
    Latches(database).store(LatchChange(account=SLAVE, before=Latch(), after=after))
    operator.read_reports()
    assert operator.has_had_its_loss(SLAVE) is is_its_own
