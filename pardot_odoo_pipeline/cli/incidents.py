"""What `status` and `alerts` say of incidents, and of notices that wait.

What lives here: reading them from the ledger, and their lines. What does not: any command, and the
words of an incident (`operations.notice_texts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pardot_odoo_pipeline.cli.console import stdout
from pardot_odoo_pipeline.wording import moment

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pardot_odoo_pipeline.ledger.store.incidents import Incident

__all__ = ["incident_document", "incident_documents", "print_incident", "print_incidents"]


def incident_documents(connection: sa.Connection) -> dict[str, Any]:
    """The keys ``incidents`` and ``notices_waiting`` of what `status` prints."""
    from pardot_odoo_pipeline.ledger.store import incidents, notices

    return {
        "incidents": [incident_document(one) for one in incidents.open_incidents(connection)],
        "notices_waiting": [
            {
                "channel": queue.channel,
                "waiting": queue.waiting,
                "tries": queue.tries,
                "since": queue.oldest_at.isoformat(),
                "next_try": queue.due_at.isoformat(),
            }
            for queue in notices.queues(connection)
        ],
    }


def incident_document(incident: Incident) -> dict[str, Any]:
    """An incident in JSON."""
    from pardot_odoo_pipeline.operations.notice_texts import severity_of, title_of

    return {
        "id": incident.id,
        "cause": incident.cause_key,
        "state": incident.state.value,
        "severity": severity_of(incident).value,
        "title": title_of(incident),
        "code": incident.code,
        "times": incident.times,
        "first_at": incident.first_at.isoformat(),
        "last_at": incident.last_at.isoformat(),
        "told_at": incident.notified_at.isoformat() if incident.notified_at else None,
        "over_at": incident.recovered_at.isoformat() if incident.recovered_at else None,
        "detail": incident.detail,
    }


def print_incidents(document: Mapping[str, Any]) -> None:
    """What is open, and what nobody could be told yet; nothing where all is well."""
    for one in document["incidents"]:
        print_incident(one)
    for queue in document["notices_waiting"]:
        if queue["tries"]:
            stdout.print(
                f"! notices that wait for {queue['channel']}: {queue['waiting']}, since "
                f"{_moment(queue['since'])}; it did not take them, the next try is at "
                f"{_moment(queue['next_try'])}",
                markup=False,
                soft_wrap=True,
            )


def print_incident(one: Mapping[str, Any]) -> None:
    """One line."""
    when = f"since {_moment(one['first_at'])}"
    if one["over_at"]:
        when = f"{_moment(one['first_at'])} to {_moment(one['over_at'])}"
    mark = "!" if one["state"] == "open" else " "
    stdout.print(
        f"{mark} {one['severity']}: {one['title']} ({one['cause']}), {when}",
        markup=False,
        soft_wrap=True,
    )


def _moment(text: str) -> str:
    from datetime import datetime

    return moment(datetime.fromisoformat(text))
