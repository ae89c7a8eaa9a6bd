"""Stamp, cursors, look-up key."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.ledger.store import cursors, identity
from pardot_odoo_pipeline.ledger.store.cursors import Position

SECOND = timedelta(seconds=1)


class TestStamp:
    def stamp(self, ledger, unit="0Uv1", database="uuid-1", now=None, key=None):
        with ledger.write() as tx:
            return identity.stamp(tx, unit, database, now=now, lookup_key_fingerprint=key)

    def test_a_ledger_belongs_to_its_first_two_systems(self, ledger: Ledger, now) -> None:
        with ledger.read() as tx:
            assert identity.read_stamp(tx) is None
        first = self.stamp(ledger, now=now)
        assert self.stamp(ledger, now=now) == first
        with pytest.raises(ConfigurationError, match=r"business unit 0Uv1.*name 0Uv2.*--fresh"):
            self.stamp(ledger, unit="0Uv2", now=now)
        with pytest.raises(
            ConfigurationError, match=r"Odoo database uuid-1.*name uuid-2"
        ) as caught:
            self.stamp(ledger, database="uuid-2", now=now)
        assert caught.value.code == "ledger_other_system"
        with ledger.read() as tx:
            assert identity.read_stamp(tx) == first

    def test_a_replaced_look_up_key_is_noticed(self, ledger: Ledger, now) -> None:
        self.stamp(ledger, now=now)
        assert self.stamp(ledger, now=now, key="k1").lookup_key_fingerprint == "k1"
        assert self.stamp(ledger, now=now).lookup_key_fingerprint == "k1"
        with pytest.raises(ConfigurationError) as caught:
            self.stamp(ledger, now=now, key="k2")
        assert caught.value.code == "ledger_other_key"


class TestCursors:
    def move(self, ledger, expected, to, now):
        with ledger.write() as tx:
            return cursors.advance(tx, "updated", expected=expected, to=to, now=now)

    def test_a_cursor_moves_only_from_where_it_was_seen(self, ledger: Ledger, now) -> None:
        a, b, c = Position(now), Position(now, 7), Position(now + SECOND)
        assert self.move(ledger, None, a, now)
        assert not self.move(ledger, None, b, now)
        assert self.move(ledger, a, b, now)
        assert not self.move(ledger, a, c, now)
        assert self.move(ledger, b, c, now)
        assert self.move(ledger, c, c, now)
        with pytest.raises(PipelineError) as caught:
            self.move(ledger, c, b, now)
        assert caught.value.code == "cursor_backwards"
        with ledger.read() as tx:
            assert cursors.position(tx, "updated") == c
            assert cursors.position(tx, "other") is None

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
    def test_whatever_is_tried_a_cursor_never_goes_back(self, ledger: Ledger, now, steps) -> None:
        seen = []
        with ledger.write() as tx:
            for seconds, tie in steps:
                at = cursors.position(tx, "updated")
                try:
                    to = Position(now + seconds * SECOND, tie)
                    cursors.advance(tx, "updated", expected=at, to=to, now=now)
                except PipelineError:
                    assert to < at
                seen.append(cursors.position(tx, "updated"))
        assert seen == sorted(seen)


class TestLookupKey:
    def test_a_key_is_made_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        home = tmp_path / "keys"
        first = load_lookup_key(home)
        again = load_lookup_key(home)
        assert first.hash("ada@example.com") == again.hash("ada@example.com")
        assert len(first.hash("ada@example.com")) == 64
        assert first.hash("ada@example.com") != first.hash("ada@example.org")
        [file] = home.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_another_key_gives_other_hashes(self, tmp_path: Path) -> None:
        one, two = load_lookup_key(tmp_path / "1"), load_lookup_key(tmp_path / "2")
        assert one.hash("ada@example.com") != two.hash("ada@example.com")
        assert one.fingerprint != two.fingerprint

    def test_the_secret_is_not_shown(self, tmp_path: Path) -> None:
        key = load_lookup_key(tmp_path)
        secret = (tmp_path / "lookup.key").read_text().strip()
        assert secret not in repr(key) + key.fingerprint + str(vars(key).keys())

    @pytest.mark.parametrize("content", ["", "not hex", "abcd", "é"])
    def test_a_damaged_key_is_never_replaced(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "lookup.key").write_text(content, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            load_lookup_key(tmp_path)
        assert caught.value.code == "lookup_key_damaged"
        assert (tmp_path / "lookup.key").read_text(encoding="utf-8") == content

    def test_a_place_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ConfigurationError) as caught:
            load_lookup_key(tmp_path / "file")
        assert caught.value.code == "lookup_key_unreadable"

    def test_processes_that_start_together_get_one_key(self, tmp_path: Path) -> None:
        script = "import sys; from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key\n"
        script += "sys.stdin.read(1); print(load_lookup_key(sys.argv[1]).hash('a'))"
        running = [
            subprocess.Popen(
                [sys.executable, "-c", script, tmp_path / "k"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(4)
        ]
        for process in running:
            process.stdin.write(b"!")
            process.stdin.flush()
        hashes = {process.communicate(timeout=60)[0] for process in running}
        assert len(hashes) == 1
        assert len(list((tmp_path / "k").iterdir())) == 1


def test_a_ledger_tells_its_address_without_the_password(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite") as ledger:
        assert repr(ledger) == f"Ledger(sqlite+pysqlite:///{tmp_path}/l.sqlite)"
