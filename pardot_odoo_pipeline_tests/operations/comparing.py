"""Both sides compared, and what people do behind the pipeline's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.ledger.store import cursors
from pardot_odoo_pipeline.ledger.store.certificates import Certificate
from pardot_odoo_pipeline.merge.agreement import Cause
from pardot_odoo_pipeline.operations.agreement import Comparison, certify
from pardot_odoo_pipeline.operations.agreement_repair import open_repairs
from pardot_odoo_pipeline.steps.changes import (
    ACTIVITY_CURSOR,
    LEADS_CURSOR,
    PARTNERS_CURSOR,
    UPDATED_CURSOR,
)
from pardot_odoo_pipeline_tests.both_sides import BothSides, both_sandboxes

_PLAIN = {Cause.QUARANTINED, Cause.KEEPS_BY_RULE}
_CURSORS = (UPDATED_CURSOR, ACTIVITY_CURSOR, LEADS_CURSOR, PARTNERS_CURSOR)


@contextmanager
def agreeing(home: Path) -> Iterator[BothSides]:
    """A dozen people after their initial sync and an interval; one worker does everything."""
    with both_sandboxes(home, prospects=12) as both:
        both.sync()
        both.later(900)
        with both.one_worker():
            yield both


def compared(both: BothSides) -> Comparison:
    """Compare everybody; the account must add up."""
    with both.ports() as ports:
        one, found = certify(ports)
    assert one.agree + sum(one.causes.values()) == one.people
    assert len(found.exceptions) == sum(one.causes.values())
    return found


def certificate(found: Comparison) -> Certificate:
    return found.certificate(samples=3)


def surprising(found: Comparison) -> dict[str, str]:
    """Whoever does not agree for another cause than those that a messy population always has."""
    return {who: c.value for who, c in sorted(found.exceptions.items()) if c not in _PLAIN}


def repaired(both: BothSides, found: Comparison, *, yes: bool = False) -> int:
    """Run the batches that mend; how many people they are about."""
    with both.ports() as ports:
        opened = open_repairs(ports, found, yes=yes)
        both._run(ports)
    return len(opened.people)


def rest(both: BothSides) -> None:
    """Let pass what makes a change old; a real Odoo's clock cannot be moved that far."""
    both.later(1 if both.real else 900)


def database(both: BothSides) -> Path:
    """The file of Odoo's sandbox."""
    return both.world.home / "sandbox" / "odoo" / "odoo.sqlite"


def by_sql(both: BothSides, statement: str, *values: Any) -> None:
    """What somebody does to Odoo's database behind its back: no version moves."""
    with closing(sqlite3.connect(database(both))) as connection, connection:
        assert connection.execute(statement, values).rowcount == 1


@contextmanager
def backup(path: Path) -> Iterator[None]:
    """Copy a sandbox's database now, and put it back at the end."""
    copy = path.with_suffix(".backup")
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as kept:
        live.backup(kept)
    yield
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as kept:
        kept.backup(live)
    copy.unlink()


def pass_unseen(both: BothSides) -> None:
    """Let the intervals pass what happened until now, as when a clock ran ahead."""
    both.later(600)
    with both.ports() as ports, ports.ledger.write() as connection:
        now = ports.clock.now()
        for name in _CURSORS:
            standing = cursors.position(connection, name)
            to = cursors.Position(now - timedelta(seconds=60))
            assert cursors.advance(connection, name, expected=standing, to=to, now=now)
    both.later(600)
