"""`pardot-odoo sync`: run batches now, in this process, with progress.

What lives here: the command, and the sync that `up` shares with it. What does not: what a batch
does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pardot_odoo_pipeline.batches import Lineage
from pardot_odoo_pipeline.cli.console import emit_json
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ports import Progress
from pardot_odoo_pipeline.settings import Settings

if TYPE_CHECKING:
    from pardot_odoo_pipeline.local_runs import LocalRuns

__all__ = ["Start", "SyncReport", "asked_for", "command", "run_sync"]

Start = Callable[[Settings, Progress], AbstractContextManager["LocalRuns"]]
"""Begins to run batches, for as long as a command lasts."""


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    Attributes:
        document: The JSON object of the commands.
        complete: Whether every row has an outcome and every run succeeded.
        unfinished: The batches that are not done.
    """

    document: dict[str, Any]
    complete: bool
    unfinished: tuple[str, ...] = ()

    def incomplete(self) -> PipelineError:
        """What the command ends with where not every row is accounted for."""
        named = ", ".join(self.unfinished[:5]) + (" …" if len(self.unfinished) > 5 else "")
        return PipelineError(
            f"The sync is not complete; not done: {named}"
            if named
            else "The sync is not complete: not every row has an outcome",
            fix="`pardot-odoo status` says why; mend that and run the same command: it goes on",
            code="incomplete",
        )


def run_sync(
    settings: Settings, config: dict[str, Any], *, yes: bool = False, start: Start | None = None
) -> SyncReport:
    """Finish what dead workers left, open what was asked for, run it; then tell who must know.

    Args:
        settings: The installation.
        config: Of the job ``open_batch``.
        yes: Whether a first sync may replace the values of however many people.
        start: What runs the batches; without it Dagster does.

    Raises:
        PipelineError: A system does not work, or a run failed. What it had begun goes on with the
            next call.
    """
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.cli.telling import telling
    from pardot_odoo_pipeline.first_sync import approve
    from pardot_odoo_pipeline.local_runs import LocalRuns
    from pardot_odoo_pipeline.summary import summarize

    begun = time.monotonic()
    with (
        telling(settings),
        progress_bars() as progress,
        (start or LocalRuns.start)(settings, progress) as runs,
    ):
        runs.knock()
        waiting = runs.recover()
        if yes:
            approve(settings.home.spool)
        left = runs.run(waiting)
        opened = [] if _is_resumed(left, config) else runs.open(**config)
        if yes:
            approve(settings.home.spool)
        opened = runs.run(opened)
        # What people did follows their batch by itself; lists have an hour of their own.
        if opened and config["kind"] == "interval":
            opened += runs.run(runs.open(kind="bulk", lineages=[Lineage.MEMBERSHIPS.value]))
        keys = [*left, *opened]
        if not keys and config["kind"] == "interval":
            raise PipelineError(
                "Another process is at the interval batch before",
                fix="Wait for it; `pardot-odoo status` shows how far it is",
                code="interval_under_way",
            )
        with ledger_of(settings) as ledger:
            summary = summarize(ledger, keys)
        document = {**summary.to_json(), **runs.calls()}
    document["seconds"] = round(time.monotonic() - begun, 2)
    document["batches"] = keys
    document["dagster_run_ids"] = runs.run_ids
    return SyncReport(document, summary.adds_up, summary.unfinished)


def _is_resumed(left: Sequence[str], config: dict[str, Any]) -> bool:
    """An initial sync that was cut off goes on from its own spool instead of beginning anew."""
    return config["kind"] == "initial" and any(key.startswith("initial-") for key in left)


def asked_for(
    initial: bool, since: str | None, prospects: Sequence[str], yes: bool, release: int | None
) -> dict[str, Any]:
    """The options of the command as the configuration of `OpenBatch`.

    Raises:
        ConfigurationError: They make no sense.
    """
    if sum([initial, bool(since), bool(prospects), release is not None]) > 1:
        raise ConfigurationError(
            "--initial, --since, --prospect and --release exclude each other",
            fix="Give one of them",
        )
    wrong = [text for text in prospects if not text.isdecimal()]
    if wrong:
        # Said here and not by the run, which would store what was typed: maybe an address.
        raise ConfigurationError(
            f"{wrong[0]!r} is no prospect id", fix="Name prospects by their Pardot id, digits only"
        )
    if initial:
        return {"kind": "initial", "within_today": not yes}
    if since:
        return {"kind": "manual", "since": since}
    if release is not None:
        return {"kind": "manual", "release": release}
    if prospects:
        return {"kind": "manual", "prospect_ids": list(prospects)}
    return {"kind": "interval"}


def print_summary(document: dict[str, Any]) -> None:
    """The account as a table for people."""
    from rich.table import Table

    from pardot_odoo_pipeline.cli.console import stderr

    table = Table(title="Sync", title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    labels = {
        "prospects_read": "prospects read",
        "leads_created": "leads created",
        "leads_updated": "leads updated",
        "unchanged": "unchanged",
        "merged": "merged into another with the same e-mail",
        "archived": "in Pardot's recycle bin",
        "held": "held",
        "deferred": "left to a later batch",
        "retrying": "to be tried again",
    }
    for name, label in labels.items():
        if document[name] or name == "prospects_read":
            table.add_row(label, f"{document[name]:,}")
    for reason, number in document["quarantined"].items():
        table.add_row(f"quarantined: {reason}", f"{number:,}")
    table.add_row("contacts created", f"{document['contacts_created']:,}")
    table.add_row("contacts updated", f"{document['contacts_updated']:,}")
    table.add_row("prospects updated", f"{document['prospects_updated']:,}")
    if document["conflicts"]:
        table.add_row("people with conflicts", f"{document['conflicts']:,}")
    for code, number in document["findings"].items():
        table.add_row(f"finding: {code}", f"{number:,}")
    table.add_row("Pardot calls", f"{document['pardot_calls']:,}")
    table.add_row("Odoo calls", f"{document['odoo_calls']:,}")
    table.add_row("seconds", f"{document['seconds']:,}")
    stderr.print(table)


@click.command()
@click.option("--initial", is_flag=True, help="Everybody, by export.")
@click.option("--since", metavar="TIME", help="Everybody changed since then (ISO 8601).")
@click.option("--prospect", "prospects", multiple=True, metavar="ID", help="These prospects.")
@click.option("--yes", is_flag=True, help="With --initial: however much changes, however long.")
@click.option("--release", type=int, metavar="HOLD", help="Let the people of a hold go.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as one JSON object.")
def command(
    initial: bool,
    since: str | None,
    prospects: tuple[str, ...],
    yes: bool,
    release: int | None,
    as_json: bool,
) -> None:
    """Sync now. Without options: what changed since the last time."""
    config = asked_for(initial, since, prospects, yes, release)
    report = run_sync(Settings(), config, yes=yes)
    print_summary(report.document)
    if as_json:
        emit_json(report.document)
    if not report.complete:
        raise report.incomplete()
