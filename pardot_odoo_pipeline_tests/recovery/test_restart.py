"""The restart after a restoration: it widens while all is well, and only then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.batches import ChangesScope, IdsScope, RangeScope, Scope
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import certificates, cursors, incidents, restarts
from pardot_odoo_pipeline.ledger.store.certificates import Certificate
from pardot_odoo_pipeline.ledger.store.cursors import Position
from pardot_odoo_pipeline.ledger.store.restarts import Restart, RestartState
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.merge.brakes import Brake
from pardot_odoo_pipeline.operations import restart
from pardot_odoo_pipeline.steps.changes import UPDATED_CURSOR

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHANGES = ChangesScope(NOW, NOW, NOW)


@pytest.fixture
def restored(tmp_path: Path) -> Any:
    """A ledger that was restored and not resumed."""
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        with ledger.write() as connection:
            restarts.begin(connection, source="s", taken_at=NOW, now=NOW, detail={})
        yield ledger


def resume(ledger: Ledger) -> None:
    with ledger.write() as connection:
        seen = restarts.current(connection)
        assert seen is not None
        restart.resume(connection, seen, now=NOW)


def judged(
    ledger: Ledger, number: int, trouble: str | None = None, scope: Scope = CHANGES
) -> Restart | None:
    """What is left of the restart after another batch."""
    now = NOW + timedelta(minutes=number)
    with ledger.write() as connection:
        restart.judge_batch(connection, f"interval-{number}", scope, trouble, now=now)
        return restarts.current(connection)


def open_causes(connection: sa.Connection) -> list[str]:
    return [one.cause_key for one in incidents.open_incidents(connection)]


def test_nothing_runs_before_somebody_resumes(restored: Ledger) -> None:
    with restored.read() as connection, pytest.raises(PipelineError, match="restore --resume"):
        restart.refuse_while_waiting(connection)
    assert judged(restored, 1) is not None
    resume(restored)
    with restored.read() as connection:
        restart.refuse_while_waiting(connection)


def test_it_widens_and_narrows(restored: Ledger) -> None:
    resume(restored)
    stages = []
    for number, trouble in enumerate([None, None, "odoo:blanks", "retrying", "retrying", None]):
        seen = judged(restored, number, trouble)
        assert seen is not None
        stages.append((seen.stage, seen.reason))
    assert stages == [
        (1, None),
        (2, None),
        (1, "odoo:blanks"),
        (0, "retrying"),
        (0, "retrying"),
        (1, None),
    ]
    with restored.read() as connection:
        assert open_causes(connection) == [restart.CAUSE]
    # The same batch told twice, by an attempt that was repeated, counts once.
    again = judged(restored, 5)
    assert again is not None
    assert again.stage == 1
    # Whom somebody named shows nothing of how it would go with everybody.
    named = judged(restored, 6, scope=IdsScope(("1",)))
    assert named is not None
    assert named.stage == 1
    judged(restored, 7)
    assert judged(restored, 8) is None
    with restored.read() as connection:
        assert open_causes(connection) == []


def test_it_waits_for_a_clean_certificate(restored: Ledger) -> None:
    resume(restored)

    def certified(at: datetime, unexplained: int) -> None:
        causes = {"differs": unexplained} if unexplained else {}
        one = Certificate(
            at=at,
            people=9,
            agree=9 - unexplained,
            causes=causes,
            unexplained=unexplained,
            samples={},
        )
        with restored.write() as connection:
            certificates.store(connection, one)

    certified(NOW - timedelta(hours=1), 3)
    seen = judged(restored, 1)
    assert seen is not None
    assert seen.stage == 1, "one from before the restart says nothing"
    certified(NOW + timedelta(minutes=1), 2)
    seen = judged(restored, 2)
    assert seen is not None
    assert (seen.stage, seen.reason) == (1, "certificate")
    certified(NOW + timedelta(minutes=2), 0)
    seen = judged(restored, 3)
    assert seen is not None
    assert (seen.stage, seen.reason) == (2, None)


def test_what_a_stage_allows(restored: Ledger) -> None:
    rules = default_rules()
    with restored.read() as connection:
        assert restart.tightened(rules, restarts.current(connection), CHANGES) is rules
    resume(restored)
    with restored.read() as connection:
        seen = restarts.current(connection)
        # What was changed before the stage began is no business of its brakes.
        assert restart.counts_since(connection, NOW - timedelta(days=1)) == NOW
    tight = restart.tightened(rules, seen, RangeScope(NOW, NOW))
    assert tight.batch_size == 50
    assert restart.tightened(rules, seen, IdsScope(("1",))).batch_size == rules.batch_size
    for side in (tight.safety.odoo, tight.safety.pardot):
        limits = {name: getattr(side, name).least for name in ("overwrites", "creates", "blanks")}
        assert limits == {"overwrites": 50, "creates": 50, "blanks": 5}
        assert side.archives is not None
        assert side.archives.share == 0


def test_what_speaks_against_a_batch() -> None:
    assert restart.trouble_of((), {"updated": 95, "retrying": 5}) is None
    assert restart.trouble_of((), {"updated": 80, "retrying": 15, "in_doubt": 5}) == "retrying"
    assert restart.trouble_of((Brake("odoo:blanks", 5, 6),), {"updated": 1}) == "odoo:blanks"


def test_how_long_it_catches_up(restored: Ledger) -> None:
    resume(restored)
    for number in range(3):
        judged(restored, number)
    with restored.write() as connection:
        latest = restarts.latest(connection)
        assert latest is not None
        assert latest.state is RestartState.OVER
        assert restart.catching_up(connection) is not None
        first = Position(NOW + timedelta(hours=1))
        cursors.advance(connection, UPDATED_CURSOR, expected=None, to=first, now=NOW)
        assert restart.catching_up(connection) is not None
        later = Position(NOW + timedelta(hours=7))
        cursors.advance(connection, UPDATED_CURSOR, expected=first, to=later, now=NOW)
        assert restart.catching_up(connection) is None
