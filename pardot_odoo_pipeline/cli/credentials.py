"""What `status` says of credentials: since when, until when, never which.

What lives here: reading them from the ledger, and their line. What does not: what is old
(`operations.credentials`), which is an incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pardot_odoo_pipeline.cli.console import stdout

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pardot_odoo_pipeline.mapping.rules import Rules

__all__ = ["credential_documents", "print_credentials"]


def credential_documents(
    connection: sa.Connection, rules: Rules, now: datetime
) -> list[dict[str, Any]]:
    """The key ``credentials`` of what `status` prints."""
    from pardot_odoo_pipeline.ledger.store import credentials
    from pardot_odoo_pipeline.operations.credentials import warning_of

    return [
        {
            "name": one.name,
            "in_use_since": one.first_seen_at.isoformat(),
            "age_days": (now - one.first_seen_at).days,
            "ends_at": one.expires_at.isoformat() if one.expires_at else None,
            "replace": warning_of(one, rules.credentials, now) is not None,
        }
        for one in credentials.listed(connection)
    ]


def print_credentials(document: Mapping[str, Any]) -> None:
    """One line for all of them."""
    words = []
    for one in document["credentials"]:
        ends = f", ends {one['ends_at'][:10]}" if one["ends_at"] else ""
        mark = "! " if one["replace"] else ""
        words.append(f"{mark}{one['name']} {one['age_days']} days{ends}")
    if words:
        stdout.print(f"credentials {'; '.join(words)}", soft_wrap=True)
