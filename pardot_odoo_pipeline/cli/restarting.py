"""How far the restart after a restoration is: a part of `pardot-odoo status`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = ["restart_of"]


def restart_of(connection: sa.Connection) -> dict[str, Any] | None:
    """The restart that is not over, for programs and in words; None where there is none."""
    from pardot_odoo_pipeline.ledger.store import restarts
    from pardot_odoo_pipeline.ledger.store.restarts import RestartState
    from pardot_odoo_pipeline.operations.restart import STAGES

    seen = restarts.current(connection)
    if seen is None:
        return None
    stage = STAGES[seen.stage]
    if seen.state is RestartState.WAITING:
        words = (
            f"RESTORED from {seen.source}: nothing runs. Renew the credentials, then: pardot-odoo "
            "restore --resume"
        )
    else:
        words = (
            f"Restart after {seen.source}: at most {stage.people:,} people at a time, stage "
            f"{seen.stage + 1} of {len(STAGES)}"
        )
        words += f"; made smaller: {seen.reason}" if seen.reason else ""
    return {
        "source": seen.source,
        "state": seen.state.value,
        "taken_at": seen.taken_at.isoformat() if seen.taken_at else None,
        "restored_at": seen.restored_at.isoformat(),
        "resumed_at": seen.resumed_at.isoformat() if seen.resumed_at else None,
        "stage": seen.stage + 1,
        "stages": len(STAGES),
        "people": stage.people if seen.state is RestartState.RESTRICTED else 0,
        "reason": seen.reason,
        "words": words,
    }
