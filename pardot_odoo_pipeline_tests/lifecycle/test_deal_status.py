"""What became of a deal, as both versions of Odoo show it."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.mapping.deal_forms import DealLookups, DealStatus, Stage
from pardot_odoo_pipeline.merge.lifecycle import deal_status

LOOKUPS = DealLookups(stages={1: Stage("New", False), 4: Stage("Won", True)})
OPEN: dict[str, Any] = {"active": True, "stage_id": 1, "probability": 30.0, "lost_reason_id": False}
AWAY = {**OPEN, "active": False}


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (OPEN, DealStatus.OPEN),
        ({**OPEN, "probability": 0.0}, DealStatus.OPEN),
        ({**OPEN, "stage_id": 4, "probability": 100.0}, DealStatus.WON),
        ({**AWAY, "probability": 0.0}, DealStatus.LOST),
        ({**AWAY, "lost_reason_id": 2}, DealStatus.LOST),
        (AWAY, DealStatus.ARCHIVED),
        ({**AWAY, "stage_id": 4, "probability": 100.0}, DealStatus.ARCHIVED),
    ],
)
def test_on_18_lost_is_told_by_chance_and_reason(
    record: dict[str, Any], status: DealStatus
) -> None:
    assert deal_status(record, LOOKUPS) is status


@pytest.mark.parametrize(
    ("record", "told", "status"),
    [
        (OPEN, "pending", DealStatus.OPEN),
        ({**OPEN, "stage_id": 4}, "won", DealStatus.WON),
        ({**AWAY, "probability": 0.0}, "lost", DealStatus.LOST),
        (AWAY, "pending", DealStatus.ARCHIVED),
        ({**AWAY, "lost_reason_id": 2}, "pending", DealStatus.ARCHIVED),
    ],
)
def test_19_says_it_itself(record: dict[str, Any], told: str, status: DealStatus) -> None:
    assert deal_status({**record, "won_status": told}, LOOKUPS) is status


@pytest.mark.parametrize("version", [{}, {"won_status": "lost"}])
@pytest.mark.parametrize("state", ["recycle_bin", "deleted"])
def test_what_was_archived_with_its_prospect_is_not_lost(
    version: dict[str, Any], state: str
) -> None:
    """A lead that never had a chance reads as lost once it is archived, on both versions."""
    record = {**AWAY, "probability": 0.0, "x_pardot_state": state, **version}
    assert deal_status(record, LOOKUPS) is DealStatus.ARCHIVED
    assert deal_status({**record, "lost_reason_id": 2}, LOOKUPS) is DealStatus.LOST
