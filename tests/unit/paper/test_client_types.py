"""Results are struct sequences, with all that a namedtuple would be too kind to refuse."""

import copy
import json
import pickle

import pytest

from paper.module.failures import Failed
from paper.module.mt5_types import OrderSendResult, Tick, TradePosition, TradeRequest, one, several

ROW = [11, 1, 1000, 1, 1000, 0, 0, 11, 0, 0.1, 1.1, 0.0, 0.0, 1.2, 0.0, 1.0, "EURUSD", "c", "ext"]
REQUEST_ROW = [1, 2, 0, "EURUSD", 0.1, 1.1, 0.0, 0.0, 0.0, 20, 0, 1, 0, 0, "x", 0, 0]
RESULT_ROW = [10009, 1, 2, 0.1, 1.1, 1.0, 1.2, "Request executed", 5, 0, REQUEST_ROW]

POSITION_TEXT = (
    "TradePosition(ticket=11, time=1, time_msc=1000, time_update=1, time_update_msc=1000, type=0, "
    "magic=0, identifier=11, reason=0, volume=0.1, price_open=1.1, sl=0.0, tp=0.0, "
    "price_current=1.2, swap=0.0, profit=1.0, symbol='EURUSD', comment='c', external_id='ext')"
)
RESULT_TEXT = (
    "OrderSendResult(retcode=10009, deal=1, order=2, volume=0.1, price=1.1, bid=1.0, ask=1.2, "
    "comment='Request executed', request_id=5, retcode_external=0, request=TradeRequest(action=1, "
    "magic=2, order=0, symbol='EURUSD', volume=0.1, price=1.1, stoplimit=0.0, sl=0.0, tp=0.0, "
    "deviation=20, type=0, type_filling=1, type_time=0, expiration=0, comment='x', position=0, "
    "position_by=0))"
)


def test_a_position_prints_as_metatraders_does() -> None:
    assert repr(one(TradePosition, ROW)) == POSITION_TEXT


def test_an_order_result_carries_its_request_as_a_request() -> None:
    result = one(OrderSendResult, RESULT_ROW)
    assert repr(result) == RESULT_TEXT
    assert isinstance(result._asdict()["request"], TradeRequest)


def test_a_result_is_a_tuple_in_every_respect() -> None:
    position = one(TradePosition, ROW)
    assert isinstance(position, tuple)
    assert position == tuple(ROW)
    assert hash(position) == hash(tuple(ROW))
    assert copy.copy(position) == copy.deepcopy(position) == position
    assert position[:2] == (11, 1)
    assert json.loads(json.dumps(position)) == ROW


def test_a_result_becomes_a_plain_dict_on_request() -> None:
    made = one(TradePosition, ROW)._asdict()
    assert type(made) is dict
    assert list(made.values()) == ROW


def test_the_types_claim_to_be_builtin_and_count_their_fields() -> None:
    assert TradePosition.__module__ == "builtins"
    assert (TradePosition.n_fields, TradePosition.n_sequence_fields) == (19, 19)
    assert TradePosition.n_unnamed_fields == 0


@pytest.mark.parametrize("name", ["_fields", "_replace", "_make", "_field_defaults", "__dict__"])
def test_what_a_namedtuple_would_offer_is_missing(name: str) -> None:
    assert not hasattr(one(TradePosition, ROW), name)


def test_a_result_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match=r"^readonly attribute$"):
        one(TradePosition, ROW).sl = 1.0


def test_a_result_cannot_cross_a_process_border() -> None:
    with pytest.raises(pickle.PicklingError, match="TradePosition"):
        pickle.dumps(one(TradePosition, ROW))


@pytest.mark.parametrize("length", [2, 20])
def test_the_constructor_wants_one_sequence_of_the_exact_length(length: int) -> None:
    expected = rf"^TradePosition\(\) takes a 19-sequence \({length}-sequence given\)$"
    with pytest.raises(TypeError, match=expected):
        TradePosition(tuple(range(length)))


def test_patterns_match_by_position() -> None:
    match one(Tick, [1, 1.1, 1.2, 0.0, 0, 1000, 6, 0.0]):
        case Tick(_, bid, ask):
            assert (bid, ask) == (1.1, 1.2)
        case other:
            pytest.fail(f"a Tick that does not match itself: {other!r}")


def test_whole_numbers_on_the_wire_become_floats_where_floats_belong() -> None:
    tick = one(Tick, [1, 1, 2, 0, 0, 1000, 6, 0])
    assert repr(tick).startswith("Tick(time=1, bid=1.0, ask=2.0, last=0.0, volume=0, ")


@pytest.mark.parametrize(
    "rows",
    [None, 5, [ROW[:-1]], [[*ROW, 1]], [["x", *ROW[1:]]], [[*ROW[:-1], None]], [[True, *ROW[1:]]]],
    ids=["nothing", "a number", "too short", "too long", "text for int", "None", "bool for int"],
)
def test_a_malformed_answer_is_a_failed_receive(rows: object) -> None:
    with pytest.raises(Failed) as failed:
        several(TradePosition, rows)
    assert (failed.value.code, failed.value.text) == (-10002, "IPC recv failed")
