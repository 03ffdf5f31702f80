"""Signals, snapshots and control over real sockets."""

import gc
import socket
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import zmq

from domain.book import Book, Stamp
from domain.control import CommandDone, Hello, Settings, Stop, SupervisorBeat
from domain.signals import Malformed, MasterHeartbeat, NotReady, Received, Snapshot
from messaging import frames, wire
from messaging.control import ControlDesk, ControlLine
from messaging.publisher import Publisher
from messaging.sockets import AddressRefusedError, Context, open_context
from messaging.subscriber import Subscriber
from messaging.waiting import SocketWaiter
from tests.unit.messaging.messages import (
    BOOK,
    FROM_NODES,
    HEARTBEAT,
    MASTER,
    OPENED,
    REQUEST,
    SNAPSHOT,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

Closing = Callable[[Any], Any]
HELLO = Hello(name="S1", role="SLAVE", pid=1, started_at_ms=1)


@pytest.fixture
def context() -> Iterator[Context]:
    context = open_context()
    yield context
    context.term()


@pytest.fixture
def closing() -> Iterator[Closing]:
    """Close in the reverse order what a test opens."""
    opened = []
    yield lambda thing: opened.append(thing) or thing
    for thing in reversed(opened):
        thing.close()


@pytest.fixture
def publisher(context: Context, closing: Closing) -> Publisher:
    return closing(Publisher(MASTER, context=context))


@pytest.fixture
def subscriber(context: Context, closing: Closing) -> Subscriber:
    return closing(Subscriber(context=context))


def heartbeat(seq: int, master: str = MASTER) -> MasterHeartbeat:
    return MasterHeartbeat(
        master=master,
        login=1,
        server="S",
        head=Stamp(1, seq),
        book_hash="",
        confirmed=True,
        sent_at_us=0,
    )


def heard(subscriber: Subscriber) -> list[Any]:
    return [received.message for received in subscriber.drain()]


def until_heard(publisher: Publisher, subscriber: Subscriber, message: Any = HEARTBEAT) -> Received:
    """Say it until it arrives, then until nothing of it is left on the way."""

    def said_and_heard() -> list[Received]:
        publisher.requests()
        publisher.publish(message)
        return subscriber.drain()

    first = eventually(said_and_heard, within_s=8.0)
    last = heartbeat(999_999, message.master)
    publisher.publish(last)
    rest = []
    eventually(lambda: rest.extend(heard(subscriber)) or last in rest)
    return first[0]


def follow(subscriber: Subscriber, publisher: Publisher, master: str = MASTER) -> Received:
    subscriber.follow(master, *publisher.addresses())
    return until_heard(publisher, subscriber, heartbeat(0, master))


def collect(drain: Callable[[], Any], count: int, within_s: float = 5.0) -> list[Any]:
    got = []
    eventually(lambda: got.extend(drain()) or len(got) >= count, within_s=within_s)
    return got


def test_what_a_master_publishes_its_slave_receives_in_order(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    follow(subscriber, publisher)
    said = [heartbeat(seq) for seq in range(1, 2001)]
    for message in [OPENED, *said]:
        publisher.publish(message)
    assert collect(lambda: heard(subscriber), 2001) == [OPENED, *said]


def test_a_message_is_stamped_with_its_master_and_the_time_of_its_arrival(
    context: Context, closing: Closing, publisher: Publisher
) -> None:
    subscriber = closing(Subscriber(context=context, now_us=lambda: 123))
    received = follow(subscriber, publisher)
    assert (received.master, received.received_us) == (MASTER, 123)


def test_a_slave_hears_every_master_it_follows_and_no_other(
    context: Context, closing: Closing, subscriber: Subscriber
) -> None:
    masters = {name: closing(Publisher(name, context=context)) for name in ("A", "B", "AA")}
    for name in ("A", "B"):
        follow(subscriber, masters[name], name)
    for name, publisher in masters.items():
        publisher.publish(heartbeat(7, name))
    assert {m.master for m in collect(lambda: heard(subscriber), 2)} == {"A", "B"}


def test_a_master_at_the_address_of_another_is_not_heard(
    context: Context, closing: Closing, publisher: Publisher, subscriber: Subscriber
) -> None:
    """Ports are given out anew; a name and NUL in front keep the wrong master silent."""
    other = closing(Publisher(MASTER + "_2", context=context))
    subscriber.follow(MASTER, *other.addresses())
    subscriber.follow(MASTER + "_2", *other.addresses())
    until_heard(other, subscriber, heartbeat(1, MASTER + "_2"))
    other.publish(heartbeat(2, MASTER + "_2"))
    received = collect(subscriber.drain, 1)
    assert [r.master for r in received] == [MASTER + "_2"]


def test_after_unfollowing_nothing_more_is_heard(
    context: Context, closing: Closing, publisher: Publisher, subscriber: Subscriber
) -> None:
    witness = closing(Subscriber(context=context))
    follow(subscriber, publisher)
    follow(witness, publisher)
    subscriber.unfollow(MASTER)
    subscriber.unfollow("never followed")
    publisher.publish(OPENED)
    assert OPENED in collect(lambda: heard(witness), 1)
    assert subscriber.drain() == []
    assert list(subscriber.waitables()) == []


def test_following_the_same_addresses_again_keeps_the_connection(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    follow(subscriber, publisher)
    before = list(subscriber.waitables())
    subscriber.follow(MASTER, *publisher.addresses())
    assert list(subscriber.waitables()) == before


def test_a_master_that_moved_is_heard_at_its_new_addresses(
    context: Context, closing: Closing, publisher: Publisher, subscriber: Subscriber
) -> None:
    follow(subscriber, publisher)
    moved = closing(Publisher(MASTER, context=context))
    follow(subscriber, moved)
    publisher.publish(heartbeat(66))
    moved.publish(OPENED)
    assert collect(lambda: heard(subscriber), 1) == [OPENED]


def test_a_master_that_restarts_on_its_ports_is_heard_again(
    context: Context, closing: Closing, subscriber: Subscriber
) -> None:
    first = Publisher(MASTER, context=context)
    ports = tuple(int(address.rsplit(":", 1)[1]) for address in first.addresses())
    follow(subscriber, first)
    first.close()
    second = closing(eventually(lambda: _published_again(context, ports)))
    until_heard(second, subscriber, heartbeat(2))
    second.publish(OPENED)
    assert collect(lambda: heard(subscriber), 1) == [OPENED]


def _published_again(context: Context, ports: tuple[int, int]) -> Publisher | None:
    try:
        return Publisher(MASTER, ports=ports, context=context)
    except AddressRefusedError:
        return None  # the first one's port is freed in the background


def test_a_snapshot_is_asked_for_and_answered(publisher: Publisher, subscriber: Subscriber) -> None:
    follow(subscriber, publisher)
    subscriber.ask(MASTER, REQUEST)
    [(peer, request)] = collect(publisher.requests, 1)
    assert request == REQUEST
    publisher.answer(peer, SNAPSHOT)
    assert collect(lambda: heard(subscriber), 1) == [SNAPSHOT]


def test_a_question_asked_before_the_master_is_there_reaches_it_once(
    context: Context, closing: Closing, subscriber: Subscriber
) -> None:
    ports = free_ports()
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    subscriber.follow(MASTER, *addresses)
    for _ in range(50):
        subscriber.ask(MASTER, REQUEST)
    publisher = closing(Publisher(MASTER, ports=ports, context=context))
    until_heard(publisher, subscriber)
    assert len(collect(publisher.requests, 0)) <= 2


def test_an_answer_to_a_slave_that_went_away_is_counted_and_harms_nobody(
    context: Context, closing: Closing, publisher: Publisher, subscriber: Subscriber
) -> None:
    publisher.answer(b"gone", NotReady(master=MASTER, why="late"))
    assert publisher.undelivered == 1
    follow(subscriber, publisher)


def test_a_book_too_large_for_the_wire_is_answered_with_not_ready(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    follow(subscriber, publisher)
    subscriber.ask(MASTER, REQUEST)
    [(peer, _)] = collect(publisher.requests, 1)
    huge = BOOK.positions * 100_000
    publisher.answer(peer, Snapshot(book=_with(huge), book_hash="", legs=()))
    [answer] = collect(lambda: heard(subscriber), 1)
    assert isinstance(answer, NotReady)
    assert "16777216" in answer.why


def test_of_too_many_facts_the_oldest_are_left_out_and_the_book_arrives(
    publisher: Publisher, subscriber: Subscriber
) -> None:
    follow(subscriber, publisher)
    subscriber.ask(MASTER, REQUEST)
    peer, _ = collect(publisher.requests, 1)[0]
    facts = tuple(msgspec.structs.replace(OPENED, stamp=Stamp(1, seq)) for seq in range(1, 60_001))
    publisher.answer(peer, msgspec.structs.replace(SNAPSHOT, facts=facts))
    answer = collect(subscriber.drain, 1)[0].message
    assert isinstance(answer, Snapshot)
    assert (answer.book, answer.legs) == (SNAPSHOT.book, SNAPSHOT.legs)
    assert answer.facts == facts[-len(answer.facts) :]
    assert len(answer.facts) >= 15_000


def _with(positions: Any) -> Book:
    return type(BOOK)(
        master=BOOK.master,
        login=BOOK.login,
        server=BOOK.server,
        stamp=BOOK.stamp,
        positions=positions,
    )


def test_both_sockets_free_their_ports_when_the_second_is_taken(
    context: Context, closing: Closing
) -> None:
    taken = listening(closing)
    with pytest.raises(AddressRefusedError, match=r"FTMO_Master, for its snapshots: .*another"):
        Publisher(MASTER, ports=(0, taken), context=context)


def test_a_port_in_use_is_told_with_who_wanted_it_and_what_to_do(
    context: Context, closing: Closing
) -> None:
    taken = listening(closing)
    with pytest.raises(AddressRefusedError) as refusal:
        Publisher(MASTER, ports=(taken, 0), context=context)
    for word in (MASTER, "signals", "127.0.0.1", str(taken), "choose another"):
        assert word in str(refusal.value)


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://127.0.0.1:notaport"])
def test_an_address_that_is_none_is_refused_and_the_rest_goes_on(
    publisher: Publisher,
    subscriber: Subscriber,
    address: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    follow(subscriber, publisher)
    subscriber.follow("Another", address, publisher.addresses()[1])
    subscriber.ask("Another", REQUEST)
    subscriber.follow(MASTER, address, publisher.addresses()[1])
    assert "FTMO_Master" in caplog.records[-1].why
    publisher.publish(OPENED)
    assert collect(lambda: heard(subscriber), 1) == [OPENED]


@pytest.fixture
def stranger(context: Context, closing: Closing) -> Any:
    """A publisher that is not ours, at an address that a slave follows."""
    return closing(context.socket(zmq.XPUB))


def followed_stranger(stranger: Any, subscriber: Subscriber) -> None:
    port = stranger.bind_to_random_port("tcp://127.0.0.1")
    address = f"tcp://127.0.0.1:{port}"
    subscriber.follow(MASTER, address, address)
    eventually(lambda: subscriber.drain() == [] and stranger.poll(0))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        pytest.param([frames.topic(MASTER), b"\xc1noise"], "no message", id="noise"),
        pytest.param([frames.topic(MASTER)], "1 frames", id="no second frame"),
        pytest.param([frames.topic(MASTER), b"", b""], "3 frames", id="a third frame"),
        pytest.param([frames.topic(MASTER) + b"x", b"{}"], "headed", id="a longer name"),
        pytest.param([frames.topic(MASTER), bytes(2**20 + 1)], "larger", id="too large"),
        pytest.param(
            [frames.topic(MASTER), wire.encode(heartbeat(1, "Other"))], "Other", id="imposture"
        ),
    ],
)
def test_bad_bytes_are_told_and_the_next_good_message_arrives(
    stranger: Any, subscriber: Subscriber, parts: list[bytes], why: str
) -> None:
    followed_stranger(stranger, subscriber)
    stranger.send_multipart(parts)
    stranger.send_multipart([frames.topic(MASTER), wire.encode(OPENED)])
    bad, good = collect(lambda: heard(subscriber), 2)
    assert isinstance(bad, Malformed)
    assert why in bad.why
    assert good == OPENED


def test_bad_requests_are_told_with_their_peer(
    context: Context, closing: Closing, publisher: Publisher, subscriber: Subscriber
) -> None:
    stranger = closing(context.socket(zmq.DEALER))
    stranger.setsockopt(zmq.LINGER, 0)
    stranger.connect(publisher.addresses()[1])
    stranger.send_multipart([b"hello?"])
    stranger.send_multipart([frames.topic("Other"), wire.encode(REQUEST)])
    requests = collect(publisher.requests, 2)
    assert all(isinstance(request, Malformed) for _, request in requests)
    assert len({peer for peer, _ in requests}) == 1


def test_a_node_and_its_supervisor_speak(context: Context, closing: Closing) -> None:
    desk, line, address = control(context, closing)
    line.say(HELLO)
    line.say(CommandDone(name="S1", command="c", result="done"))
    assert collect(desk.drain, 2) == [
        ("S1", HELLO),
        ("S1", CommandDone(name="S1", command="c", result="done")),
    ]
    settings = Settings(document={"name": "S1"})
    assert desk.say("S1", settings)
    assert desk.say("S1", Stop(why="end"))
    assert collect(line.drain, 2) == [settings, Stop(why="end")]
    assert address.startswith("tcp://127.0.0.1:")


def control(context: Context, closing: Closing) -> tuple[ControlDesk, ControlLine, str]:
    desk = closing(ControlDesk(context=context))
    address = desk.bind()
    return desk, closing(ControlLine("S1", address, context=context)), address


def test_a_restarted_node_takes_its_name_over_from_its_dead_self(
    context: Context, closing: Closing
) -> None:
    desk, line, address = control(context, closing)
    line.say(HELLO)
    collect(desk.drain, 1)
    successor = closing(ControlLine("S1", address, context=context))
    successor.say(HELLO)
    collect(desk.drain, 1)
    assert desk.say("S1", Stop(why="for the successor"))
    assert collect(successor.drain, 1) == [Stop(why="for the successor")]
    assert line.drain() == []


def test_a_word_to_a_node_that_is_not_there_is_refused(context: Context, closing: Closing) -> None:
    desk, line, _ = control(context, closing)
    assert not desk.say("nobody", Stop(why="x"))
    line.say(HELLO)
    collect(desk.drain, 1)
    line.close()
    eventually(lambda: not desk.say("S1", Stop(why="x")) or desk.drain())


def test_a_missing_supervisor_costs_a_node_nothing_and_the_next_one_hears_it(
    context: Context, closing: Closing
) -> None:
    [port] = free_ports(1)
    line = closing(ControlLine("S1", f"tcp://127.0.0.1:{port}", context=context))
    line.say(HELLO)
    for _ in range(10_000):
        line.say(CommandDone(name="S1", command="c", result="x" * 1000))
    desk = closing(ControlDesk(context=context))
    desk.bind(port=port)
    name, first = collect(desk.drain, 1)[0]
    assert (name, first) == ("S1", HELLO)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b"\xc1"], id="noise"),
        pytest.param([wire.encode(HELLO), b""], id="two frames"),
        pytest.param(
            [wire.encode(Hello(name="S2", role="SLAVE", pid=1, started_at_ms=1))], id="imposture"
        ),
    ],
)
def test_the_desk_counts_bad_words_and_hears_the_next_good_one(
    context: Context, closing: Closing, parts: list[bytes]
) -> None:
    desk, _, address = control(context, closing)
    stranger = closing(context.socket(zmq.DEALER))
    stranger.setsockopt(zmq.ROUTING_ID, b"S1")
    stranger.connect(address)
    stranger.send_multipart(parts)
    stranger.send(wire.encode(HELLO))
    assert collect(desk.drain, 1) == [("S1", HELLO)]
    assert desk.malformed == 1
    assert desk.last_malformed.why


def test_a_node_counts_bad_words_of_a_supervisor(context: Context, closing: Closing) -> None:
    router = closing(context.socket(zmq.ROUTER))
    port = router.bind_to_random_port("tcp://127.0.0.1")
    line = closing(ControlLine("S1", f"tcp://127.0.0.1:{port}", context=context))
    line.say(HELLO)
    router.recv_multipart()
    router.send_multipart([b"S1", b"\xc1"])
    router.send_multipart([b"S1", b"", b""])
    router.send_multipart([b"S1", wire.encode(Stop(why="x"))])
    assert collect(line.drain, 1) == [Stop(why="x")]
    assert line.malformed == 2


def test_a_desk_whose_port_is_taken_says_so(context: Context, closing: Closing) -> None:
    desk = closing(ControlDesk(context=context))
    with pytest.raises(AddressRefusedError, match="the supervisor, for its nodes"):
        desk.bind(port=listening(closing))


def test_waiting_ends_when_a_socket_of_any_kind_is_readable(
    context: Context, closing: Closing, publisher: Publisher
) -> None:
    near, far = socket.socketpair()
    closing(near)
    closing(far)
    subscriber = closing(Subscriber(context=context))
    follow(subscriber, publisher)
    waiter = SocketWaiter()
    waiter.wait([*subscriber.waitables(), near, None], 0.01)
    publisher.publish(OPENED)
    waiter.wait([*subscriber.waitables(), near, None], 8.0)
    assert OPENED in heard(subscriber)
    far.send(b"x")
    waiter.wait([*subscriber.waitables(), near, None], 8.0)
    assert near.recv(1) == b"x"
    far.send(b"y")
    waiter.wait([near.fileno()], 8.0)
    assert near.recv(1) == b"y"


def test_sockets_with_a_context_of_their_own_leave_nothing_behind() -> None:
    publisher, subscriber = Publisher(MASTER), Subscriber()
    follow(subscriber, publisher)
    subscriber.close()
    publisher.close()
    desk = ControlDesk()
    line = ControlLine("S1", desk.bind())
    line.close()
    desk.close()
    del publisher, subscriber, desk, line
    gc.collect()


def free_ports(count: int = 2) -> Any:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(listener.getsockname()[1] for listener in held)
    for listener in held:
        listener.close()
    return ports


def listening(closing: Closing) -> int:
    return closing(socket.create_server(("127.0.0.1", 0))).getsockname()[1]


def test_a_report_with_more_alarms_than_fit_is_shortened_and_heard(
    context: Context, closing: Closing
) -> None:
    """Unheard, the node would be taken for hung, and killed."""
    desk = closing(ControlDesk(context=context))
    line = closing(ControlLine("S1", desk.bind(), context=context))
    report = FROM_NODES["node_report"]
    alarms = tuple(f"leg {number}: {'x' * 400}" for number in range(7_000))
    line.say(msgspec.structs.replace(report, name="S1", alarms=alarms))
    ((_, heard_report),) = collect(desk.drain, 1)
    assert heard_report.alarms[:2] == alarms[:2]
    assert heard_report.alarms[-1].startswith("and 6900 more")


GARBAGE = [
    pytest.param([], id="an empty frame alone"),
    pytest.param([b"", b"", b""], id="three empty frames"),
    pytest.param([b"x"] * 50, id="fifty frames"),
    pytest.param([b"\xc1"], id="a byte that msgpack does not know"),
    pytest.param([b"\x00" * 3_000_000], id="three megabytes of zeros"),
    pytest.param([b"\xdf\xff\xff\xff\xff"], id="a map that claims four billion keys"),
    pytest.param([b"\x91" * 500_000], id="half a million arrays in each other"),
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_after_garbage_a_slave_still_hears_the_next_signal_and_answer(
    context: Context, closing: Closing, subscriber: Subscriber, garbage: list[bytes]
) -> None:
    signals, snapshots = context.socket(zmq.PUB), context.socket(zmq.ROUTER)
    for end in (signals, snapshots):
        end.setsockopt(zmq.LINGER, 0)
        closing(end)
    host = "tcp://127.0.0.1"
    at = [f"{host}:{s.bind_to_random_port(host)}" for s in (signals, snapshots)]
    subscriber.follow(MASTER, *at)
    topic = MASTER.encode() + b"\0"

    def said_and_heard() -> list[Any]:
        signals.send_multipart([topic, *garbage])
        signals.send_multipart([topic, wire.encode(OPENED)])
        return [m for m in heard(subscriber) if m == OPENED]

    eventually(said_and_heard)
    subscriber.ask(MASTER, REQUEST)
    eventually(lambda: snapshots.poll(0))
    peer = snapshots.recv_multipart()[0]
    snapshots.send_multipart([peer, *garbage])
    snapshots.send_multipart([peer, topic, wire.encode(SNAPSHOT)])
    assert SNAPSHOT in eventually(lambda: [m for m in heard(subscriber) if m == SNAPSHOT])


@pytest.mark.parametrize("garbage", GARBAGE)
def test_after_garbage_a_master_still_hears_the_next_request(
    context: Context, closing: Closing, publisher: Publisher, garbage: list[bytes]
) -> None:
    dealer, sub = context.socket(zmq.DEALER), context.socket(zmq.SUB)
    for end, address in zip((dealer, sub), reversed(publisher.addresses()), strict=True):
        end.setsockopt(zmq.LINGER, 0)
        end.connect(address)
        closing(end)
    # With ten times as much the subscriber itself cannot end: libzmq forgets a subscription by one
    # call within the other for every byte, and a thread's stack is smaller on Windows.
    sub.setsockopt(zmq.SUBSCRIBE, b"\xff" * 10_000)
    dealer.send_multipart(garbage or [b""])
    dealer.send_multipart([MASTER.encode() + b"\0", wire.encode(REQUEST)])
    requests = []
    eventually(lambda: requests.extend(publisher.requests()) or len(requests) >= 2)
    assert isinstance(requests[0][1], Malformed)
    assert requests[-1][1] == REQUEST


@pytest.mark.parametrize("garbage", GARBAGE)
def test_after_garbage_supervisor_and_node_still_hear_each_other(
    context: Context, closing: Closing, garbage: list[bytes]
) -> None:
    desk = closing(ControlDesk(context=context))
    dealer = closing(context.socket(zmq.DEALER))
    dealer.setsockopt(zmq.LINGER, 0)
    dealer.setsockopt(zmq.ROUTING_ID, b"\xffnobody")
    address = desk.bind()
    dealer.connect(address)
    dealer.send_multipart(garbage or [b""])
    line = closing(ControlLine("S1", address, context=context))
    line.say(HELLO)
    assert ("S1", HELLO) in collect(desk.drain, 1)
    eventually(lambda: desk.drain() or desk.malformed)
    assert desk.say("S1", SupervisorBeat(pid=1))
    assert collect(line.drain, 1) == [SupervisorBeat(pid=1)]
