"""Since when each credential is in use; never the credential.

What lives here: the rows. What does not: what is old (`operations.credentials`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.quota_tables import credentials as t
from pardot_odoo_pipeline.ledger.store.sql import insert_into

__all__ = ["Credential", "listed", "see", "set_expiry"]

_SEEN_AGAIN = timedelta(hours=1)
"""A sign of use this old is renewed: not every process writes."""

_FORGOTTEN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as the ledger knows it.

    Attributes:
        name: What it is for.
        fingerprint: A keyed hash that tells it from its successor.
        first_seen_at: Since when it is in use, as far as we know.
        last_seen_at: When it was in use last.
        expires_at: When it ends by itself, where the other side tells.
    """

    name: str
    fingerprint: str
    first_seen_at: datetime
    last_seen_at: datetime
    expires_at: datetime | None


def see(
    connection: sa.Connection, seen: Mapping[str, Sequence[str]], *, now: datetime
) -> list[str]:
    """Note which credentials are in use; the names of those that are new.

    What a name had before and does not have now was replaced, and is forgotten.

    Args:
        connection: An open write transaction.
        seen: Name to the fingerprints of all that are accepted.
        now: The present moment.
    """
    known = {(one.name, one.fingerprint): one for one in listed(connection)}
    fresh: list[str] = []
    for name, fingerprints in sorted(seen.items()):
        if not fingerprints:
            continue
        connection.execute(
            sa.delete(t).where(t.c.name == name, t.c.fingerprint.not_in(list(fingerprints)))
        )
        for fingerprint in fingerprints:
            one = known.get((name, fingerprint))
            if one is not None and now - one.last_seen_at < _SEEN_AGAIN:
                continue
            if one is None:
                fresh.append(name)
            insert = insert_into(connection, t).values(
                name=name, fingerprint=fingerprint, first_seen_at=now, last_seen_at=now
            )
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[t.c.name, t.c.fingerprint], set_={"last_seen_at": now}
                )
            )
    connection.execute(sa.delete(t).where(t.c.last_seen_at < now - _FORGOTTEN))
    return fresh


def set_expiry(connection: sa.Connection, name: str, expires_at: datetime | None) -> None:
    """Note when the credential of that name ends by itself."""
    connection.execute(sa.update(t).where(t.c.name == name).values(expires_at=expires_at))


def listed(connection: sa.Connection) -> list[Credential]:
    """All that are known, by name, the oldest of a name first."""
    query = sa.select(t).order_by(t.c.name, t.c.first_seen_at, t.c.fingerprint)
    return [Credential(**row._asdict()) for row in connection.execute(query)]
