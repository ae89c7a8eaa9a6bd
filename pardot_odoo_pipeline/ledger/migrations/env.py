"""Alembic's entry: runs the revisions on the connection that ``upgrade`` hands over."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from pardot_odoo_pipeline.ledger import (
    activity_tables,
    agreement_tables,
    assignment_tables,
    audit_tables,
    circuit_tables,
    desks,
    list_tables,
    notice_tables,
    quota_tables,
    restart_tables,
    tables,
)
from pardot_odoo_pipeline.ledger.types import UtcTime

__all__: list[str] = []

assert desks.quota.metadata is tables.metadata
assert list_tables.list_tags.metadata is tables.metadata
assert assignment_tables.assignments.metadata is tables.metadata
assert circuit_tables.circuits.metadata is tables.metadata
assert restart_tables.restarts.metadata is tables.metadata
assert audit_tables.call_counts.metadata is tables.metadata
assert activity_tables.activity_days.metadata is tables.metadata
assert notice_tables.notices.metadata is tables.metadata
assert agreement_tables.certificates.metadata is tables.metadata
assert quota_tables.call_slots.metadata is tables.metadata


def _render_item(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types by name into new revisions."""
    if kind == "type" and isinstance(item, UtcTime):
        return "UtcTime()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    compare_type=True,
    render_item=_render_item,
    # The caller's transaction holds the lock and commits; SQLite can create tables inside one.
    transactional_ddl=True,
)
context.run_migrations()
