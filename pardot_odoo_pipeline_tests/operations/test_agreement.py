"""The certificate over both sandboxes: every planted disagreement is named right, and mended.

One world for all stories: each leaves both sides in agreement for the next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.store import cursors
from pardot_odoo_pipeline.steps.changes import (
    ACTIVITY_CURSOR,
    LEADS_CURSOR,
    PARTNERS_CURSOR,
    UPDATED_CURSOR,
)
from pardot_odoo_pipeline_tests.both_sides import LEAD, PARTNER, BothSides, both_sandboxes

TITLE = ("jobTitle", "function", "function")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    with both_sandboxes(tmp_path_factory.mktemp("agreement"), prospects=40) as both:
        both.sync()
        yield both


def certificate(both: BothSides, *options: str) -> dict[str, Any]:
    report = both.command("reconcile", *options)
    assert report["agree"] + sum(one["people"] for one in report["causes"]) == report["people"]
    return report


def causes(report: dict[str, Any]) -> dict[str, list[str]]:
    """Cause to the people it was found of."""
    return {one["cause"]: one["sample"] for one in report["causes"]}


def cause(report: dict[str, Any], who: str) -> str | None:
    return next((name for name, people in causes(report).items() if who in people), None)


def by_sql(both: BothSides, statement: str, *values: Any) -> None:
    """What somebody does to Odoo's database behind its back: no version moves."""
    path = both.world.home / "sandbox" / "odoo" / "odoo.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, values).rowcount == 1


def pass_unseen(both: BothSides) -> None:
    """Let the intervals pass what happened until now, as when a clock ran ahead."""
    both.later(600)
    with both.ports() as ports, ports.ledger.write() as connection:
        now = ports.clock.now()
        for name in (UPDATED_CURSOR, ACTIVITY_CURSOR, LEADS_CURSOR, PARTNERS_CURSOR):
            standing = cursors.position(connection, name)
            to = cursors.Position(now - timedelta(seconds=60))
            assert cursors.advance(connection, name, expected=standing, to=to, now=now)
    both.later(600)


def test_everybody_agrees_after_a_sync(both: BothSides) -> None:
    both.later(900)
    before = both.versions()
    both.world.pardot.forget()
    report = certificate(both)
    assert report["clean"]
    assert report["unexplained"] == 0
    assert causes(report).keys() <= {"quarantined", "keeps_by_rule"}
    assert report["people"] == 40
    assert both.versions() == before
    # Exports are made; no prospect is written.
    assert {path for _, path in both.told()} == {"/api/v5/exports"}
    assert report["calls"]["odoo"] <= 4


def test_a_change_that_no_interval_saw(both: BothSides) -> None:
    in_pardot, in_odoo, by_hand = (
        both.person(name, lastName=name.title(), jobTitle="Before")
        for name in ("unseen.pardot", "unseen.odoo", "unseen.sql")
    )
    both.sync()
    both.sync()
    both.in_pardot(in_pardot, jobTitle="Told by nobody")
    both.edit_contact(in_odoo, function="Told by nobody")
    report = certificate(both)
    assert {cause(report, who) for who in (in_pardot, in_odoo)} == {"in_flight"}
    pass_unseen(both)
    both.sync()  # an interval does not find them
    by_sql(
        both,
        "UPDATE res_partner SET function = ? WHERE id = ?",
        "Told by SQL",
        both.contact(by_hand)["id"],
    )
    report = certificate(both, "--sample", "100")
    assert causes(report)["differs"] == sorted([in_pardot, in_odoo, by_hand], key=int)
    assert (report["unexplained"], report["clean"], report["to_mend"]) == (3, False, 3)
    repaired = certificate(both, "--repair")
    assert repaired["repair"]["people"] == 3
    assert both.shown(in_pardot, *TITLE) == ["Told by nobody"] * 3
    assert both.shown(in_odoo, *TITLE) == ["Told by nobody"] * 3
    assert both.shown(by_hand, *TITLE) == ["Told by SQL"] * 3
    both.later(900)
    assert certificate(both)["clean"]


@pytest.mark.parametrize("model", [LEAD, PARTNER])
def test_deleted_in_odoo(both: BothSides, model: str) -> None:
    who = both.person(f"deleted.{model}", lastName="Deleted")
    both.sync()
    both.sync()
    record = both.lead(who) if model == LEAD else both.contact(who)
    both.odoo.unlink(model, [record["id"]])
    both.later(900)
    report = certificate(both)
    assert cause(report, who) == "missing_in_odoo"
    both.later(90)
    certificate(both, "--repair")
    both.later(900)
    assert cause(certificate(both), who) == "keeps_by_rule"


def test_deleted_for_good_in_pardot(both: BothSides) -> None:
    who = both.person("erased", lastName="Erased")
    both.sync()
    both.sync()
    lead = both.lead(who)["id"]
    both.world.pardot.control("DELETE", f"/prospects/{who}")
    both.later(900)
    both.sync()
    people = certificate(both)["people"]
    report = certificate(both)
    assert cause(report, who) == "missing_in_pardot"
    assert both.lead(who)["active"]
    both.later(90)
    report = certificate(both, "--repair")
    assert report["repair"]["archived"] == 1
    [row] = both.odoo.search_read(
        LEAD, [("id", "=", lead)], ["active", "x_pardot_state"], context={"active_test": False}
    )
    assert (row["active"], row["x_pardot_state"]) == (False, "deleted")
    both.later(900)
    report = certificate(both)
    assert cause(report, who) is None
    assert report["people"] == people - 1
