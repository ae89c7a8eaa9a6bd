"""Which batches the warm worker takes, on a ledger alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.batches import (
    ActivitiesScope,
    BatchKind,
    IdsScope,
    MembershipsScope,
    RangeScope,
    Scope,
)
from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.batches import NewBatch, RunRequest
from pardot_odoo_pipeline.warm_path import WarmPath
from pardot_odoo_pipeline_tests.ledgers import NOW, opened, state

LONG_AGO, LATELY = NOW - timedelta(days=400), NOW - timedelta(minutes=6)


class Standing:
    """A clock."""

    def now(self) -> Any:
        return NOW


@pytest.mark.parametrize(
    ("scope", "is_taken"),
    [
        (ActivitiesScope(LONG_AGO, NOW), False),
        (MembershipsScope(LONG_AGO, NOW), False),
        (RangeScope(LONG_AGO, NOW), False),
        (ActivitiesScope(LATELY, NOW), True),
        (MembershipsScope(LATELY, NOW), True),
        (IdsScope(("5",)), True),
    ],
    ids=repr,
)
def test_what_goes_back_far_is_left_to_the_daemon(
    tmp_path: Path, scope: Scope, is_taken: bool
) -> None:
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        before = opened(ledger)
        with ledger.write() as connection:
            [key] = batches.open_batches(
                connection, BatchKind.BULK, [NewBatch(scope, follows=str(before))], now=NOW
            )
        unused: Any = None
        path = WarmPath(ledger, Standing(), unused, unused, "here:1:x")  # type: ignore[arg-type]
        path._follow(RunRequest(before, 1))
        assert state(ledger, key) == ("requested" if is_taken else "scoped")
