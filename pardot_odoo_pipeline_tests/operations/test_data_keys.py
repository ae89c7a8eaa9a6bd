"""Data keys: what one closes only a key of the ring opens, whole and in its place."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.operations.data_keys import KeyRing, new_key
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli

OLD, NEW = new_key(), new_key()
SECRET = b"ada.lovelace@example.com"


def _ring(*keys: str) -> KeyRing:
    return KeyRing.of(Settings(_env_file=None, data_keys=",".join(keys)))


RING = _ring(OLD)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_closed_opens_again(plain: bytes, context: str) -> None:
    closed = RING.encrypt(plain, context=context)
    assert RING.decrypt(closed, context=context) == plain
    assert len(plain) < 8 or plain not in closed


def test_the_same_value_never_looks_the_same() -> None:
    assert RING.encrypt(SECRET) != RING.encrypt(SECRET)


def test_a_new_key_in_front_closes_and_the_old_one_still_opens() -> None:
    before = RING.encrypt(SECRET)
    rotated = _ring(NEW, OLD)
    assert rotated.decrypt(before) == SECRET
    after = rotated.encrypt(SECRET)
    assert _ring(NEW).decrypt(after) == SECRET
    with pytest.raises(ConfigurationError, match=RING.ids[0]) as refusal:
        _ring(NEW).decrypt(before)
    assert refusal.value.code == "data_key_unknown"
    assert OLD not in str(refusal.value)


@given(st.data())
def test_a_changed_byte_or_another_context_opens_nothing(data: st.DataObject) -> None:
    closed = bytearray(RING.encrypt(SECRET, context="values"))
    with pytest.raises(PipelineError) as refusal:
        RING.decrypt(bytes(closed), context="snapshot")
    assert refusal.value.code == "data_tampered"
    place = data.draw(st.integers(0, len(closed) - 1))
    closed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PipelineError):
        RING.decrypt(bytes(closed), context="values")
    with pytest.raises(PipelineError):
        RING.decrypt(bytes(closed[:place]), context="values")


@pytest.mark.parametrize(
    "word",
    ["short", NEW[:-4], NEW + "AAAA", "ä" * 44, f"{OLD} {NEW}"],
    # The keys are drawn anew in each process, and names of tests must not differ between them.
    ids=["too short", "cut", "too long", "no ASCII", "two in one"],
)
def test_what_is_no_key_is_refused_and_not_repeated(word: str) -> None:
    with pytest.raises(ConfigurationError, match="Key 2 in DATA_KEYS") as refusal:
        _ring(OLD, word)
    assert refusal.value.code == "data_key_damaged"
    assert word not in str(refusal.value)


def test_without_a_key_nothing_is_closed() -> None:
    nothing = _ring()
    assert not nothing
    assert nothing.ids == ()
    with pytest.raises(ConfigurationError, match="keys new"):
        nothing.encrypt(SECRET)


def test_no_key_shows_in_what_python_prints() -> None:
    settings = Settings(_env_file=None, data_keys=OLD)
    ring = KeyRing.of(settings)
    assert OLD not in repr(settings) + repr(ring) + repr(ring.active)


def test_duckdb_scans_encrypted_parquet_of_several_keys(tmp_path: Path) -> None:
    rotated, size = _ring(NEW, OLD), 300_000  # of many pages and row groups
    table = pa.table({"n": range(size), "value": [f"{SECRET.decode()} {n}" for n in range(size)]})
    files = []
    for ring, some in ((RING, table.slice(0, 200_000)), (rotated, table.slice(200_000))):
        path = tmp_path / ring.parquet_name(f"part-{len(files)}")
        pq.write_table(some, path, encryption_properties=ring.parquet_properties("values"))
        there = path.read_bytes()
        assert SECRET not in there
        assert b"value" not in there
        assert ring.open_parquet(path, path.name, "values").read().equals(some)
        files.append(str(path))
    connection = duckdb.connect()
    connection.register("people", rotated.dataset(files, "values"))
    query = "SELECT value FROM people WHERE n % 100000 = 7 ORDER BY n DESC LIMIT 2"
    assert connection.execute(query).fetchall() == [
        (f"{SECRET.decode()} {n}",) for n in (200_007, 100_007)
    ]
    with pytest.raises(ConfigurationError, match="does not hold"):
        _ring(NEW).dataset(files, "values")
    with pytest.raises(ConfigurationError, match="does not hold"):
        _ring(NEW).open_parquet(files[0], files[0], "values")
    with pytest.raises(PipelineError, match="another purpose"):
        RING.open_parquet(files[0], files[0], "snapshot")


def test_without_a_key_parquet_is_plain(tmp_path: Path) -> None:
    nothing = _ring()
    path = tmp_path / nothing.parquet_name("part-1")
    assert path.name == "part-1.parquet"
    table = pa.table({"value": [1]})
    pq.write_table(table, path, encryption_properties=nothing.parquet_properties("values"))
    assert RING.open_parquet(path, path.name, "values").read().equals(table)


def test_the_command_makes_a_key_and_names_those_that_are_set(tmp_path: Path) -> None:
    made = cli.run(tmp_path, "keys", "new").stdout.strip()
    ring = _ring(made)
    listed = cli.run(tmp_path, "keys", "list", "--json", env={"DATA_KEYS": f"{made},{OLD}"})
    assert listed.report == {
        "keys": [{"id": ring.ids[0], "active": True}, {"id": RING.ids[0], "active": False}]
    }
    refused = cli.run(tmp_path, "keys", "list", env={"DATA_KEYS": "nonsense"})
    assert (refused.code, "nonsense" in refused.stderr) == (2, False)
    assert "keys new" in refused.stderr
