"""What goes into a snapshot comes out again, on either database, and only where it belongs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from pydantic import SecretStr
from upath import UPath

from pardot_odoo_pipeline import launching
from pardot_odoo_pipeline.batches import BatchKind, BucketScope
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.ledger.store import cursors, holds, identity, links, restarts
from pardot_odoo_pipeline.ledger.store.cursors import Position
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.ledger.tables import agreed_values
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.operations import restart, restoring
from pardot_odoo_pipeline.operations.data_keys import KeyRing, new_key
from pardot_odoo_pipeline.operations.snapshot import Snapshots, place_of
from pardot_odoo_pipeline.operations.snapshot_files import SnapshotPlace
from pardot_odoo_pipeline.operations.snapshot_manifest import Manifest
from pardot_odoo_pipeline.operations.tombstones import Tombstones, prospect_hash
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli, ledgers
from pardot_odoo_pipeline_tests.recovery.restored_world import KEY, contents

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
CANARY = "Zoë Canary\N{SNOWMAN}"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """An installation with nothing configured but a data key."""
    env = cli.environment(tmp_path, {"DATA_KEYS": KEY})
    with mock.patch.dict(os.environ, env, clear=True):
        yield Settings(_env_file=None)


def filled(ledger: Ledger, settings: Settings, people: int = 300) -> None:
    """A ledger with something of everything that is hard to carry."""
    key = load_lookup_key(settings.home.create().keys)
    everybody = [
        Link(
            str(number),
            lead_id=number,
            partner_id=10_000 + number,
            email_hash=key.hash(f"{number}@example.com"),
            pardot_version=NOW,
            consent={"causes": {"optedOut": [number]}},
        )
        for number in range(1, people + 1)
    ]
    with ledger.write() as connection:
        identity.stamp(
            connection,
            "0Uv000000000001",
            "odoo made then",
            now=NOW,
            lookup_key_fingerprint=key.fingerprint,
        )
        ids = links.upsert(connection, everybody, batch_key="x", now=NOW)
        connection.execute(
            agreed_values.insert(),
            [
                {
                    "link_id": number,
                    "pairs": {"crm.lead/function": [CANARY, CANARY], "n": [2**70, None]},
                    "pardot_confirmed": number % 2 == 0,
                    "odoo_confirmed": True,
                    "own_writes": {"jobTitle": [{"at": "x"}]} if number % 3 else None,
                    "batch_key": "x",
                    "agreed_at": NOW,
                }
                for number in ids.values()
            ],
        )
        cursors.advance(connection, "c", expected=None, to=Position(NOW, 5), now=NOW)
        holds.hold(
            connection, "odoo:blanks", ["1"], detail={}, batch_key="x", waiver_id="w", now=NOW
        )
    ledgers.done(ledger, ledgers.opened(ledger, at=NOW), at=NOW, unchanged=1)


def taken(
    ledger: Ledger,
    settings: Settings,
    *,
    plain: bool = False,
    at: datetime = NOW,
    told: Callable[[str, int, int], None] = lambda *_: None,
) -> Manifest:
    rules = default_rules()
    snapshots = Snapshots(settings, rules, ledger, place_of(settings, rules), told)
    return snapshots.take(at, plain=plain)


def load(
    settings: Settings,
    ledger: Ledger,
    name: str,
    told: Callable[[str, int, int], None] = lambda *_: None,
) -> restoring.Restored:
    """What the command does between its checks of the two systems and its words."""
    place, ring = place_of(settings, default_rules()), KeyRing.of(settings)
    manifest = place.manifest(name, ring)
    key = load_lookup_key(settings.home.keys)
    buried = Tombstones(settings.home.keys).read()
    with place.fetched(manifest, settings.home.path / "scratch") as folder:
        return restoring.load(ledger, folder, manifest, ring, key, buried, NOW, told)


def test_everything_comes_back(ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    filled(ledger, settings)
    manifest = taken(ledger, settings)
    with open_ledger(tmp_path / "other.sqlite") as other:
        load(settings, other, manifest.name)
        assert contents(other, without=("restarts",)) == contents(ledger, without=("restarts",))
        with other.read() as connection:
            assert restarts.waits(connection)
        # And numbers count on.
        with other.write() as connection:
            links.upsert(connection, [Link("9999")], batch_key="y", now=NOW)


def test_a_snapshot_of_sqlite_fills_the_ledger_at_hand(
    ledger: Ledger, settings: Settings, tmp_path: Path
) -> None:
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, settings)
        manifest = taken(first, settings)
        load(settings, ledger, manifest.name)
        assert contents(ledger, without=("restarts",)) == contents(first, without=("restarts",))
    with ledger.write() as connection:
        links.upsert(connection, [Link("9999")], batch_key="y", now=NOW)


def test_nothing_of_a_person_can_be_read_without_the_key(
    settings: Settings, tmp_path: Path
) -> None:
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, settings)
        sealed = taken(first, settings)
    folder = settings.home.snapshots / sealed.name
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
        assert CANARY.encode() not in path.read_bytes()
    assert not (folder / "lookup.key").exists()
    assert (
        json.loads((folder / "manifest.json").read_text())["key_id"] == KeyRing.of(settings).ids[0]
    )


def test_without_a_data_key_it_has_to_be_said(settings: Settings, tmp_path: Path) -> None:
    bare = settings.model_copy(update={"data_keys": None})
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, bare)
        with pytest.raises(PipelineError, match="DATA_KEYS") as refusal:
            taken(first, bare)
        assert refusal.value.code == "data_key_missing"
        plain = taken(first, bare, plain=True)
    assert plain.key_id is None
    assert all(p.stat().st_mode & 0o077 == 0 for p in (bare.home.snapshots / plain.name).iterdir())


@pytest.fixture
def sealed(settings: Settings, tmp_path: Path) -> Path:
    """A snapshot's folder."""
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, settings)
        return settings.home.snapshots / taken(first, settings).name


def _cut(folder: Path) -> None:
    path = next(folder.glob("links.*"))
    path.write_bytes(path.read_bytes()[:-7])


def _flip(folder: Path) -> None:
    path = next(folder.glob("links.*"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _lose(folder: Path) -> None:
    next(folder.glob("agreed_values.*")).unlink()


def _swap(folder: Path) -> None:
    links_file, holds_file = next(folder.glob("links.*")), next(folder.glob("holds.*"))
    holds_file.write_bytes(links_file.read_bytes())


def _rewrite(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("0Uv000000000001", "0Uv000000000002"))


def _unsign(folder: Path) -> None:
    path = folder / "manifest.json"
    document = json.loads(path.read_text())
    del document["signature"]
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("damage", [_cut, _flip, _lose, _swap, _rewrite, _unsign])
def test_what_was_changed_is_not_believed(
    settings: Settings, sealed: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(sealed)
    with open_ledger(tmp_path / "other.sqlite") as other:
        with pytest.raises(PipelineError) as refusal:
            load(settings, other, sealed.name)
        assert refusal.value.code == "snapshot_tampered"
        assert CANARY not in str(refusal.value)
        assert contents(other)["links"] == []


def test_another_key_opens_nothing(settings: Settings, sealed: Path, tmp_path: Path) -> None:
    stranger = settings.model_copy(update={"data_keys": SecretStr(new_key())})
    rotated = settings.model_copy(update={"data_keys": SecretStr(f"{new_key()},{KEY}")})
    with open_ledger(tmp_path / "other.sqlite") as other:
        with pytest.raises(PipelineError, match="does not hold") as refusal:
            load(stranger, other, sealed.name)
        assert refusal.value.code == "data_key_unknown"
        load(rotated, other, sealed.name)


def test_another_pair_of_systems_is_refused(settings: Settings, sealed: Path) -> None:
    manifest = place_of(settings, default_rules()).manifest(sealed.name, KeyRing.of(settings))
    for unit, database in (("0Uv000000000009", "odoo made then"), ("0Uv000000000001", "staging")):
        with pytest.raises(PipelineError, match="the settings name") as refusal:
            restoring.refuse_others(manifest, unit, database)
        assert refusal.value.code == "snapshot_other_system"
    restoring.refuse_others(manifest, "0Uv000000000001", "odoo made then")


def test_nothing_is_restored_over_a_ledger(
    settings: Settings, sealed: Path, tmp_path: Path
) -> None:
    with open_ledger(tmp_path / "first.sqlite") as full:
        before = contents(full)
        with pytest.raises(PipelineError, match="not empty") as refusal:
            load(settings, full, sealed.name)
        assert refusal.value.code == "ledger_not_empty"
        assert contents(full) == before


def test_the_look_up_key_has_to_be_the_same(
    settings: Settings, sealed: Path, tmp_path: Path
) -> None:
    manifest = place_of(settings, default_rules()).manifest(sealed.name, KeyRing.of(settings))
    copy = tmp_path / "copy of keys"
    shutil.move(settings.home.keys, copy)
    with pytest.raises(PipelineError) as refusal:
        restoring.bring_keys(settings, None, manifest.lookup_key)
    assert refusal.value.code == "lookup_key_missing"
    restoring.bring_keys(settings, copy, manifest.lookup_key)
    (settings.home.keys / "lookup.key").write_text("00" * 32)
    with pytest.raises(PipelineError) as refusal:
        restoring.bring_keys(settings, copy, manifest.lookup_key)
    assert refusal.value.code == "ledger_other_key"


def test_who_was_erased_since_stays_so(settings: Settings, sealed: Path, tmp_path: Path) -> None:
    key = load_lookup_key(settings.home.keys)
    # Two copies, as an old one and the present one: their union counts.
    Tombstones(settings.home.keys).add([prospect_hash(key, "7")])
    copy = tmp_path / "copy"
    Tombstones(copy).add([key.hash("8@example.com")])
    restoring.bring_keys(settings, copy, None)
    with open_ledger(tmp_path / "other.sqlite") as other:
        done = load(settings, other, sealed.name)
        assert done.tombstoned == 2
        with other.read() as connection:
            found = links.by_prospects(connection, ["7", "8", "9"])
            values = links.remembered(connection, ["7", "8", "9"])
        states = {who: link.state for who, link in found.items()}
        assert states == {
            "7": LinkState.TOMBSTONED,
            "8": LinkState.TOMBSTONED,
            "9": LinkState.ACTIVE,
        }
        assert values.keys() == {"9"}
        # The next snapshot tells it to the file, should the file be lost.
        (settings.home.keys / "tombstones").unlink()
        taken(other, settings.model_copy(), at=NOW + timedelta(hours=1))
    assert prospect_hash(key, "8") in Tombstones(settings.home.keys).read()


def test_what_was_under_way_goes_on_or_is_read_again(settings: Settings, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, settings)
        manual = ledgers.opened(first, at=NOW)
        ledgers.begun(first, manual, "elsewhere:1:x")
        bucket = ledgers.opened(
            first, kind=BatchKind.INITIAL, scope=BucketScope("spool", 0, 5), at=NOW
        )
        name = taken(first, settings).name
    with open_ledger(tmp_path / "other.sqlite") as other:
        assert load(settings, other, name).initial_open == 1
        assert ledgers.state(other, manual) == "abandoned"
        with pytest.raises(PipelineError, match="knows no batch"):
            ledgers.state(other, bucket)
        assert launching.take_requests(other, NOW) == []
        with other.write() as connection:
            seen = restarts.current(connection)
            assert seen is not None
            restart.resume(connection, seen, now=NOW)
        assert [request.key for request in launching.take_requests(other, NOW)] == [manual]


def test_a_snapshot_is_of_one_moment(settings: Settings, tmp_path: Path) -> None:
    """People and their values are written while it is read; each that is in it is in it whole."""
    with (
        open_ledger(tmp_path / "first.sqlite") as first,
        open_ledger(tmp_path / "first.sqlite") as w,
    ):
        filled(first, settings)

        def meanwhile(stage: str, _done: int, _total: int) -> None:
            with w.write() as connection:
                ids = links.upsert(
                    connection, [Link(f"5{abs(hash(stage)) % 10**6}")], batch_key="z", now=NOW
                )
                connection.execute(
                    agreed_values.insert(),
                    [
                        {
                            "link_id": number,
                            "pairs": {},
                            "pardot_confirmed": True,
                            "odoo_confirmed": True,
                            "batch_key": "z",
                            "agreed_at": NOW,
                        }
                        for number in ids.values()
                    ],
                )

        rules = default_rules()
        place = place_of(settings, rules)
        manifest = Snapshots(settings, rules, first, place, meanwhile).take(NOW)
        assert manifest.counts["links"] == manifest.counts["agreed_values"] == 300
        assert len(contents(first)["links"]) > 310


_KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.recovery import test_round_trip as here
from pardot_odoo_pipeline.ledger.engine import open_ledger

def die(stage, done, total):
    if sys.argv[2] in stage:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(_env_file=None)
with open_ledger(sys.argv[3]) as ledger:
    if sys.argv[1] == "snapshot":
        here.taken(ledger, settings, told=die)
    else:
        here.load(settings, ledger, sys.argv[1], told=die)
"""


def killed(settings: Settings, what: str, stage: str, ledger: Path) -> None:
    """Do it in a process that is killed at that table."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    line = [sys.executable, "-c", _KILLED, what, stage, str(ledger)]
    done = subprocess.run(line, env=env, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_killed_in_the_middle(settings: Settings, tmp_path: Path) -> None:
    first, other = tmp_path / "first.sqlite", tmp_path / "other.sqlite"
    with open_ledger(first) as full:
        filled(full, settings)
        before = contents(full, without=("restarts",))
    place = place_of(settings, default_rules())
    killed(settings, "snapshot", "links", first)
    assert place.names() == [], "half a snapshot is none"
    assert len(list(settings.home.snapshots.glob(".draft-*"))) == 1
    with open_ledger(first) as full:
        name = taken(full, settings).name
    assert list(settings.home.snapshots.glob(".draft-*")) == []
    killed(settings, name, "operations", other)
    with open_ledger(other) as loaded:
        assert contents(loaded)["links"] == []
        load(settings, loaded, name)
        assert contents(loaded, without=("restarts",)) == before


def test_the_oldest_go(settings: Settings, tmp_path: Path) -> None:
    rules = default_rules()
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, settings, people=3)
        snapshots = Snapshots(settings, rules, first, place_of(settings, rules))
        names = [snapshots.take(NOW + timedelta(days=day)).name for day in range(4)]
        assert snapshots.thin(2) == names[:2]
        assert snapshots.place.names() == names[2:]
        with pytest.raises(PipelineError, match="this very second"):
            snapshots.take(NOW + timedelta(days=3))


def test_an_object_store_will_do(settings: Settings, tmp_path: Path) -> None:
    place = SnapshotPlace("memory://bucket/snapshots")
    rules = default_rules()
    with open_ledger(tmp_path / "first.sqlite") as first:
        filled(first, settings)
        snapshots = Snapshots(settings, rules, first, place)
        manifest = snapshots.take(NOW)
        snapshots.take(NOW + timedelta(days=1))
        assert snapshots.thin(2) == []
        # Without its manifest it is half of one.
        newest = place.names()[-1]
        UPath(f"memory://bucket/snapshots/{newest}/manifest.json").unlink()
        assert place.names() == [manifest.name]
    key, ring = load_lookup_key(settings.home.keys), KeyRing.of(settings)
    with (
        open_ledger(tmp_path / "other.sqlite") as other,
        place.fetched(place.manifest(manifest.name, ring), tmp_path / "scratch") as folder,
    ):
        done = restoring.load(other, folder, manifest, ring, key, frozenset(), NOW, lambda *_: None)
    assert done.rows["links"] == 300
    assert not (tmp_path / "scratch").exists()


def test_a_snapshot_of_an_older_release_is_brought_up_to_date(
    settings: Settings, sealed: Path, tmp_path: Path
) -> None:
    """As it would have been taken before restarts were known: without their table."""
    ring = KeyRing.of(settings)
    place = place_of(settings, default_rules())
    manifest = place.manifest(sealed.name, ring)
    since_then = {"restarts", "credentials", "call_counts", "quota"}
    kept = tuple(entry for entry in manifest.files if entry.table not in since_then)
    older = replace(manifest, schema_revision="0011", files=kept)
    (sealed / "manifest.json").write_text(older.signed(ring))
    with open_ledger(tmp_path / "other.sqlite") as other:
        done = load(settings, other, sealed.name)
        assert done.rows["links"] == 300
        with other.read() as connection:
            assert restarts.waits(connection)
    newer = replace(manifest, schema_revision="9999")
    (sealed / "manifest.json").write_text(newer.signed(ring))
    with (
        open_ledger(tmp_path / "third.sqlite") as third,
        pytest.raises(PipelineError, match="newer release"),
    ):
        load(settings, third, sealed.name)
