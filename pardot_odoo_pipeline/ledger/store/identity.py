"""The stamp: which pair of systems this ledger belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.store.sql import insert_into
from pardot_odoo_pipeline.ledger.tables import ledger_identity

__all__ = ["Stamp", "read_stamp", "stamp"]


@dataclass(frozen=True)
class Stamp:
    """The two systems, and the key that e-mail look-ups were made with."""

    business_unit_id: str
    odoo_database_uuid: str
    lookup_key_fingerprint: str | None = None


def read_stamp(connection: sa.Connection) -> Stamp | None:
    """The stamp, if the ledger has one yet."""
    c = ledger_identity.c
    row = connection.execute(
        sa.select(c.business_unit_id, c.odoo_database_uuid, c.lookup_key_fingerprint)
    ).one_or_none()
    return None if row is None else Stamp(*row)


def stamp(
    connection: sa.Connection,
    business_unit_id: str,
    odoo_database_uuid: str,
    *,
    now: datetime,
    lookup_key_fingerprint: str | None = None,
) -> Stamp:
    """Stamp an empty ledger; afterwards make sure that it is still the same two systems.

    Ids of one Odoo database mean other records in another one, and writing by them would overwrite
    strangers. So a ledger never changes its systems.

    Raises:
        ConfigurationError: The ledger belongs to another pair, or the look-up key was replaced.
    """
    asked = Stamp(business_unit_id, odoo_database_uuid, lookup_key_fingerprint)
    connection.execute(
        insert_into(connection, ledger_identity)
        .values(id=1, stamped_at=now, **vars(asked))
        .on_conflict_do_nothing()
    )
    if lookup_key_fingerprint is not None:
        connection.execute(
            sa.update(ledger_identity)
            .where(ledger_identity.c.lookup_key_fingerprint.is_(None))
            .values(lookup_key_fingerprint=lookup_key_fingerprint)
        )
    found = read_stamp(connection)
    assert found is not None
    _compare("Pardot business unit", found.business_unit_id, business_unit_id)
    _compare("Odoo database", found.odoo_database_uuid, odoo_database_uuid)
    if lookup_key_fingerprint not in (None, found.lookup_key_fingerprint):
        raise ConfigurationError(
            "The look-up key for e-mails is not the one that this ledger was filled with",
            fix="Put the original key file back (it lives beside the ledger, not inside it)",
            code="ledger_other_key",
        )
    return found


def _compare(what: str, found: str, asked: str) -> None:
    if found != asked:
        raise ConfigurationError(
            f"This ledger belongs to the {what} {found}, but the settings name {asked}",
            fix="Correct the settings, or use another PIPELINE_HOME or LEDGER_URL for the other "
            "system; with a sandbox, --fresh begins anew",
            code="ledger_other_system",
        )
