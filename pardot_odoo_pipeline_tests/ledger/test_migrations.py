"""The revisions and the tables say the same."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger import desks, migrations
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.tables import metadata


def test_migrations_make_exactly_the_tables(ledger: Ledger) -> None:
    assert desks.alerts.metadata is metadata
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
        partial = sa.inspect(connection).get_indexes("links")
    assert differences == []
    leader = next(index for index in partial if index["name"] == "uq_links_leader_of_lead")
    where = str(next(iter(leader["dialect_options"].values())))
    assert "active" in where
    assert "leader_prospect_id" in where


def test_the_list_of_revisions_is_complete() -> None:
    script = ScriptDirectory.from_config(migrations.alembic_config())
    known = [revision.revision for revision in script.walk_revisions()]
    assert known[::-1] == list(migrations.REVISIONS)


def test_every_revision_can_be_the_start(address: str) -> None:
    with open_ledger(address) as ledger:
        pass
    from alembic import command

    for revision in migrations.REVISIONS[:-1]:
        with ledger.write() as connection:
            for table in reversed(sa.inspect(connection).get_table_names()):
                if table not in {"links", "agreed_values"}:
                    connection.exec_driver_sql(f"DROP TABLE {table}")
            for table in ("agreed_values", "links"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            config = migrations.alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        with open_ledger(address) as again, again.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []


def test_opening_twice_changes_nothing(address: str) -> None:
    def schema() -> dict[str, list[str]]:
        with open_ledger(address) as ledger, ledger.read() as connection:
            found = sa.inspect(connection)
            return {t: [c["name"] for c in found.get_columns(t)] for t in found.get_table_names()}

    first = schema()
    assert schema() == first
    assert set(metadata.tables) | {"alembic_version"} == set(first)


def test_four_processes_may_open_a_new_ledger_at_once(address: str) -> None:
    script = "import sys; from pardot_odoo_pipeline.ledger.engine import open_ledger\n"
    script += "open_ledger(sys.argv[1]).close()"
    running = [
        subprocess.Popen([sys.executable, "-c", script, address], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], errors


def test_a_ledger_of_a_newer_release_is_refused(address: str, ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer release"):
        open_ledger(address)
