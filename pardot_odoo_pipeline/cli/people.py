"""Finding the person that somebody names on the command line.

What lives here: from an e-mail address or a prospect id to links. What does not: what is shown of
them. The address is never repeated in a message: commands end in histories and logs.
"""

from __future__ import annotations

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.mapping.emails import email_key

__all__ = ["find_person"]


def find_person(connection: sa.Connection, lookup_key: LookupKey, text: str) -> list[Link]:
    """The links of somebody, the leader's first; several where prospects share an address.

    Raises:
        PipelineError: Nobody like that is linked.
    """
    if text.isdecimal():
        found = list(links.by_prospects(connection, [text]).values())
    else:
        key = email_key(text) if "@" in text else None
        if key is None:
            raise PipelineError(
                "This is neither an e-mail address nor a prospect id",
                fix="Give the address as it stands in Pardot, or the prospect's id, digits only",
                code="person_name",
            )
        hashed = lookup_key.hash(key)
        found = links.by_email_hashes(connection, [hashed]).get(hashed, [])
    if not found:
        raise PipelineError(
            f"Prospect {text} was never synced"
            if text.isdecimal()
            else "Nobody with this e-mail address was ever synced",
            fix="Run `pardot-odoo sync --prospect ID` for them; `pardot-odoo quarantine` lists "
            "those who cannot be synced",
            code="person_unknown",
        )
    return sorted(found, key=lambda link: (not link.leads, link.prospect_id))
