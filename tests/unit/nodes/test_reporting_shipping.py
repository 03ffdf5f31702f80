"""What the shipper has to say stands in the node's own reports."""

from domain.control import CommandDone, NodeReport, Stop
from domain.ids import NodeName
from messaging.in_memory import InMemoryControlLine
from nodes.reporting_shipping import ShippingReported

REPORT = NodeReport(
    name=NodeName("S"), role="SLAVE", pid=1, ready=True, state="ACTIVE", alarms=("own",)
)
DONE = CommandDone(name=NodeName("S"), command="c", result="r")


def test_the_shippers_alarms_follow_the_nodes_own() -> None:
    line = InMemoryControlLine()
    alarms = ["refused"]
    reported = ShippingReported(line, lambda: tuple(alarms))
    reported.say(REPORT)
    reported.say(DONE)
    alarms.clear()
    reported.say(REPORT)
    told, done, later = line.said
    assert isinstance(told, NodeReport)
    assert told.alarms == ("own", "refused")
    assert (done, later) == (DONE, REPORT)


def test_everything_else_is_the_lines_own() -> None:
    line = InMemoryControlLine()
    line.orders.append(Stop(why="enough"))
    reported = ShippingReported(line, tuple)
    assert reported.drain() == [Stop(why="enough")]
    assert reported.waitables() == ()
    reported.close()
