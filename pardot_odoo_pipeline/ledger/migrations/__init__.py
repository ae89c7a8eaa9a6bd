"""The ledger's schema over time.

What lives here: bringing a ledger to the schema of this release. What does not: the tables
themselves (``tables.py``, ``desks.py``); a test holds both to each other.

Alembic is imported only when there is something to migrate: opening a ledger is on the way of every
command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

    from pardot_odoo_pipeline.ledger.engine import Ledger

__all__ = ["HEAD", "REVISIONS", "alembic_config", "upgrade", "upgrade_to"]

#: Every revision, oldest first.
REVISIONS = tuple(f"{number:04}" for number in range(1, 15))
HEAD = REVISIONS[-1]

# Any number will do, as long as nothing else in that database takes the same advisory lock.
_ADVISORY_LOCK = 0x70617264


def alembic_config() -> Config:
    """Where Alembic finds the revisions, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade_to(connection: sa.Connection, revision: str) -> None:
    """Bring the tables of this transaction to a revision, such as that of a snapshot."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def upgrade(ledger: Ledger) -> None:
    """Bring the tables to this release, once, whoever else is opening the same ledger.

    Raises:
        ConfigurationError: A newer release has migrated this ledger.
    """
    with ledger.read() as connection:
        if _revision(connection) == HEAD:
            return
    # One transaction from the look to the last table: a crash leaves the ledger as it was, and the
    # second opener waits, looks, and finds the work done.
    with ledger.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        found = _revision(connection)
        if found == HEAD:
            return
        if found is not None and found not in REVISIONS:
            raise ConfigurationError(
                f"This ledger was migrated by a newer release (revision {found[:32]})",
                fix="Upgrade pardot-odoo-pipeline, or use another PIPELINE_HOME or LEDGER_URL",
            )
        upgrade_to(connection, "head")


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
