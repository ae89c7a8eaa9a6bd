"""What goes into a snapshot comes out again, on either database, and only where it belongs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.ledger.store import cursors, holds, identity, links, restarts
from pardot_odoo_pipeline.ledger.store.cursors import Position
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.tables import agreed_values
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.operations import restoring
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.operations.snapshot import Snapshots, place_of
from pardot_odoo_pipeline.operations.snapshot_manifest import Manifest
from pardot_odoo_pipeline.operations.tombstones import Tombstones
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
        holds.hold(connection, "odoo:blanks", ["1", "2"], detail={}, batch_key="x", now=NOW)
    ledgers.done(ledger, ledgers.opened(ledger, at=NOW), at=NOW, unchanged=1)


def taken(ledger: Ledger, settings: Settings, *, plain: bool = False) -> Manifest:
    rules = default_rules()
    return Snapshots(settings, rules, ledger, place_of(settings, rules)).take(NOW, plain=plain)


def load(settings: Settings, ledger: Ledger, name: str) -> restoring.Restored:
    """What the command does between its checks of the two systems and its words."""
    place, ring = place_of(settings, default_rules()), KeyRing.of(settings)
    manifest = place.manifest(name, ring)
    key = load_lookup_key(settings.home.keys)
    buried = Tombstones(settings.home.keys).read()
    with place.fetched(manifest, settings.home.path / "scratch") as folder:
        return restoring.load(ledger, folder, manifest, ring, key, buried, NOW, lambda *_: None)


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
