"""Ticks from real files: the bundled sample, csv, Parquet, and files that cannot be used."""

import gzip
import importlib.util
from pathlib import Path

import pytest

from paper.service.tick_files import TickFileError, bundled, load

pytestmark = pytest.mark.integration

SHARED = Path(__file__).parents[3] / "shared" / "data" / "ticks"
HEADER = "ts_ms,bid,ask\n"


def write(path: Path, text: str) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def test_the_sample_comes_with_the_product_and_its_licence() -> None:
    euro, gold = load(bundled())
    assert (euro.symbol, euro.digits, len(euro.times_ms)) == ("EURUSD", 5, 10_194)
    assert (gold.symbol, gold.digits, len(gold.times_ms)) == ("XAUUSD", 3, 42_435)
    assert (euro.bids[0], euro.asks[0], euro.times_ms[0]) == (1.38592, 1.38604, 1399033200011)
    folder = bundled()[0].parent
    assert {"LICENSE-Apache-2.0.txt", "NOTICE.txt"} <= {path.name for path in folder.iterdir()}


def test_crossed_quotes_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "EURUSD_x.csv", HEADER + "1,1.10,1.11\n2,1.12,1.11\n3,1.10,1.10\n")
    (feed,) = load([path])
    assert (list(feed.times_ms), feed.crossed) == ([1, 3], 1)


def test_several_files_of_a_symbol_make_one_tape_in_order(tmp_path: Path) -> None:
    later = write(tmp_path / "EURUSD_b.csv.gz", HEADER + "5,1.105,1.106\n")
    sooner = write(tmp_path / "EURUSD_a.csv", HEADER + "1,1.1,1.2\n")
    (feed,) = load([later, sooner])
    assert (list(feed.times_ms), feed.digits) == ([1, 5], 3)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("EURUSD.csv", "time,bid,ask\n1,1,1\n", "wanted 'ts_ms,bid,ask'"),
        ("EURUSD.csv", HEADER + "1,1.1,oops\n", "line 2"),
        ("EURUSD.csv", HEADER, "no usable tick"),
        ("EURUSD.csv", HEADER + "1,1.2,1.1\n", "no usable tick"),
        ("ticks.csv", HEADER + "1,1.1,1.2\n", "must begin with the symbol"),
        ("EURUSD.txt", HEADER, "only"),
    ],
    ids=["header", "number", "empty", "all crossed", "no symbol", "format"],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    with pytest.raises(TickFileError, match=words):
        load([write(tmp_path / name, text)])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TickFileError, match="no tick file at"):
        load([tmp_path / "EURUSD.csv"])


def test_parquet_without_its_reader_names_what_to_install(tmp_path: Path) -> None:
    if importlib.util.find_spec("pyarrow"):
        pytest.skip("pyarrow is installed here; the next test reads with it")
    path = write(tmp_path / "EURUSD.parquet", "")
    with pytest.raises(TickFileError, match=r"pip install -r requirements-data\.txt"):
        load([path])


def test_parquet_in_points_becomes_prices(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    notes = {b"symbol": b"EURUSD", b"digits": b"5"}
    fields = [("ts_ms", pyarrow.int64()), ("bid", pyarrow.int32()), ("ask", pyarrow.int32())]
    schema = pyarrow.schema(fields, metadata=notes)
    columns = {"ts_ms": [1, 2], "bid": [138592, 138590], "ask": [138604, 138602]}
    path = tmp_path / "anything.parquet"
    parquet.write_table(pyarrow.table(columns, schema=schema), path)
    (feed,) = load([path])
    assert (feed.symbol, feed.digits, list(feed.bids)) == ("EURUSD", 5, [1.38592, 1.3859])


def test_a_day_of_recorded_parquet_is_read_without_its_crossed_quotes() -> None:
    pytest.importorskip("pyarrow")
    path = SHARED / "EURUSD_fxcm_20140502.parquet"
    if not path.is_file():
        pytest.skip(f"no recorded data at {path}")
    (feed,) = load([path])
    assert feed.crossed == 12_059
    assert all(bid <= ask for bid, ask in zip(feed.bids, feed.asks, strict=True))
