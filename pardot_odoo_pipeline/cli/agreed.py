"""What `pardot-odoo status` says about agreement: the latest certificates.

What lives here: that part of the page and of the document. What does not: the comparison
(`cli.reconcile`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pardot_odoo_pipeline.cli.console import stdout

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pardot_odoo_pipeline.ledger.store.certificates import Certificate

__all__ = ["certificate_documents", "in_one_line", "print_agreement"]

_SHOWN = 5


def certificate_documents(connection: sa.Connection) -> dict[str, Any]:
    """The latest comparisons, those that were skipped included."""
    from pardot_odoo_pipeline.ledger.store import certificates

    found = certificates.recent(connection, _SHOWN, with_skipped=True)
    return {"agreement": [_document(one) for one in found]}


def _document(one: Certificate) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "people": one.people,
        "agree": one.agree,
        "unexplained": one.unexplained,
        "causes": one.causes,
        "seconds": one.seconds,
        "calls": {"pardot": one.pardot_calls, "odoo": one.odoo_calls},
        "code_version": one.code_version,
        "skipped": one.skipped,
    }


def in_one_line(document: dict[str, Any]) -> str:
    """A comparison as people read it."""
    people, agree = document["people"], document["agree"]
    others = f", {people - agree:,} do not" if people > agree else ""
    return f"{agree:,} of {people:,} agree{others}: {document['unexplained']:,} unexplained"


def print_agreement(document: dict[str, Any]) -> None:
    """One line; where the latest comparison was skipped, why, and what the one before found."""
    found = document["agreement"]
    compared = next((one for one in found if one["skipped"] is None), None)
    line = "never compared" if compared is None else f"{in_one_line(compared)} ({compared['at']})"
    if found and found[0]["skipped"]:
        line += f"; skipped since: {found[0]['skipped']}"
    stdout.print(f"{'agreement':<11} {line}", markup=False)
