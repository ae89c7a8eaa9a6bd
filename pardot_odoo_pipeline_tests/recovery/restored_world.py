"""A world whose ledger is lost and restored: the steps that several tests have in common."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.all_tables import every_table
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.opening import open_interval, open_sides
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline_tests.both_sides import BothSides, both_sandboxes
from pardot_odoo_pipeline_tests.world import EVERYONE, World, refused

__all__ = [
    "KEY",
    "caught_up",
    "contents",
    "everything_in_odoo",
    "leads",
    "lose_ledger",
    "recoverable",
    "renew_password",
    "resumed",
    "round_of_all",
    "run_everything",
    "snapshot",
]

KEY = "JRe3m3WCyhLSIfbnXUFsEh7mxPyGTSJE9ehdKrDeZRE="
"""A data key, made for the tests."""


@contextmanager
def recoverable(home: Path, rules: str = "", prospects: int = 40) -> Iterator[BothSides]:
    """Both sandboxes after the initial sync, with a data key."""
    with both_sandboxes(home, rules, prospects) as both:
        both.env["DATA_KEYS"] = KEY
        yield both


def snapshot(both: BothSides, *arguments: str) -> dict[str, Any]:
    """Take a snapshot that must succeed."""
    return both.command("snapshot", *arguments)


def lose_ledger(world: World) -> None:
    """What a lost disk takes along: everything but keys, snapshots and the sandbox itself."""
    for path in world.home.glob("ledger.sqlite*"):
        path.unlink()
    for name in ("dagster", "frames", "spool", "cache"):
        shutil.rmtree(world.home / name, ignore_errors=True)


def renew_password(both: BothSides, password: str) -> None:
    """What the administrator does in Odoo, and the operator in the settings."""
    [user] = both.odoo.search("res.users", [["login", "=", both.env["ODOO_USERNAME"]]])
    both.odoo.write("res.users", [user], {"password": password})
    both.env["ODOO_PASSWORD"] = password


def resumed(both: BothSides) -> None:
    """Restore the latest snapshot, renew what was in use, and resume."""
    both.command("restore")
    refused(both.world.run("restore", "--resume", env=both.env), "ODOO_PASSWORD", code=2)
    renew_password(both, "another-long-password")
    both.command("restore", "--resume")


def caught_up(both: BothSides) -> list[int]:
    """Intervals until the restart is over, and one more; how many people each stage allowed."""
    stages: list[int] = []
    while (restart := both.command("status")["restart"]) is not None:
        stages.append(restart["people"])
        assert len(stages) < 12, "the restart never widens"
        both.sync()
    both.sync()
    return stages


def contents(ledger: Ledger, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in the order of its key."""
    with ledger.read() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in every_table()
            if table.name not in without
        }


def leads(both: BothSides) -> dict[str, int]:
    """Prospect to its lead, for everybody who has one."""
    domain = [("x_pardot_prospect_id", "!=", False)]
    found = both.odoo.search_read(
        "crm.lead", domain, ["x_pardot_prospect_id"], order="id", context=EVERYONE
    )
    return {row["x_pardot_prospect_id"]: row["id"] for row in found}


def run_everything(both: BothSides) -> None:
    """Run whatever waits, of any lineage, and what follows it."""
    with both.ports() as ports:
        while True:
            with ports.ledger.read() as connection:
                keys = [batch.key for batch in batches.due_for_run(connection)]
            if not keys:
                return
            for key in keys:
                checks = [check for step in run_batch(str(key), ports) for check in step.checks]
                assert all(check.passed for check in checks), checks


def round_of_all(both: BothSides, after: float = 90) -> None:
    """Some time later an interval, activities and lists."""
    both.later(after)
    with both.ports() as ports:
        now = ports.clock.now()
        open_interval(ports.ledger, now)
        with ports.ledger.write() as connection:
            open_sides(connection, ports.rules, now)
    run_everything(both)


def everything_in_odoo(both: BothSides) -> dict[str, list[dict[str, Any]]]:
    """What people see in Odoo of prospects, when each record was written included."""
    wanted = {
        "crm.lead": [*SEEN, "tag_ids", "partner_id", "function", "x_pardot_state"],
        "res.partner": [*SEEN, "category_id", "function"],
        "mail.blacklist": ["email", "active"],
        "mail.message": ["message_id", "body", "res_id"],
        "mail.activity": ["summary", "res_id", "note"],
        "ir.model.data": ["name", "res_id"],
    }
    domains: dict[str, list[Any]] = {
        "mail.message": [["model", "=", "crm.lead"], ["message_id", "like", "pardot"]],
        "ir.model.data": [["module", "=", "pardot"]],
    }
    return {
        model: both.odoo.search_read(
            model, domains.get(model, []), fields, order="id", context=EVERYONE
        )
        for model, fields in wanted.items()
    }


SEEN = ["write_date", "active", "phone", "x_pardot_prospect_id", "x_pardot_score"]
