"""`pardot-odoo reconcile`: do both sides agree on everybody, and whom would a batch mend?

What lives here: the command and its page. What does not: the comparison (`operations.agreement`)
and the batches that mend (`opening`, through `cli.sync`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pardot_odoo_pipeline.cli.agreed import in_one_line
from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings

if TYPE_CHECKING:
    from pardot_odoo_pipeline.batches import BatchKey
    from pardot_odoo_pipeline.ledger.store.certificates import Certificate
    from pardot_odoo_pipeline.operations.agreement import Comparison

__all__ = ["command"]


@click.command()
@click.option("--repair", is_flag=True, help="Sync the people whom a batch would mend.")
@click.option("--yes", is_flag=True, help="With --repair: the deletions are right, however many.")
@click.option("--sample", default=10, show_default=True, help="People named for each cause.")
@click.option(
    "--accept-rewound",
    "system",
    type=click.Choice(["odoo", "pardot"]),
    help="A backup was restored there: go on, as --keep says.",
)
@click.option(
    "--keep",
    type=click.Choice(["ours", "theirs"]),
    help="ours: bring that side forward again. theirs: take what it shows now.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(
    repair: bool, yes: bool, sample: int, system: str | None, keep: str | None, as_json: bool
) -> None:
    """Compare everybody on both sides. Nothing is written, unless --repair asks for batches."""
    if (system is None) != (keep is None) or (system and repair):
        raise ConfigurationError(
            "--accept-rewound and --keep belong together, and not to --repair",
            fix="Say for example `pardot-odoo reconcile --accept-rewound odoo --keep ours`",
        )
    if yes and not repair:
        raise ConfigurationError(
            "--yes confirms deletions, and nothing is mended without --repair",
            fix="Say `pardot-odoo reconcile --repair --yes`",
        )
    settings = Settings()
    one, found = _certify(settings, sample)
    document = _document(one, found)
    if repair:
        document["repair"] = _repair(settings, found, yes=yes)
    if system is not None and keep is not None:
        document["accepted"] = _accept(settings, found, system, keep)
    if as_json:
        emit_json(document)
    else:
        _print(document)


def _certify(settings: Settings, sample: int) -> tuple[Certificate, Comparison]:
    from pardot_odoo_pipeline.assembly import build_ports
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.operations.agreement import certify
    from pardot_odoo_pipeline.operations.agreement_nightly import conclude

    with progress_bars() as progress:
        ports = build_ports(settings, progress=progress)
        try:
            one, found = certify(ports, samples=sample)
            conclude(ports, one, found, None)
            return one, found
        finally:
            ports.ledger.close()


def _document(one: Certificate, found: Comparison) -> dict[str, Any]:
    from pardot_odoo_pipeline.merge.agreement import CAUSES, EXPLAINED, Cause

    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "people": one.people,
        "agree": one.agree,
        "unexplained": one.unexplained,
        "clean": one.is_clean,
        "causes": [
            {
                "cause": cause,
                "people": number,
                "explained": Cause(cause) in EXPLAINED,
                "meaning": CAUSES[Cause(cause)].meaning,
                "fix": CAUSES[Cause(cause)].fix,
                "sample": one.samples.get(cause, []),
            }
            for cause, number in one.causes.items()
        ],
        "to_mend": len(found.to_mend),
        "seconds": one.seconds,
        "calls": {"pardot": one.pardot_calls, "odoo": one.odoo_calls},
        "code_version": one.code_version,
    }


def _repair(settings: Settings, found: Comparison, *, yes: bool) -> dict[str, Any]:
    """Normal batches of the people concerned, which every brake may stop."""
    from pardot_odoo_pipeline.assembly import build_ports
    from pardot_odoo_pipeline.operations.agreement_repair import open_repairs

    ports = build_ports(settings)
    try:
        opened = open_repairs(ports, found, yes=yes)
    finally:
        ports.ledger.close()
    counts = {"people": len(opened.people), "unconfirmed": len(opened.unconfirmed)}
    return {**counts, **_run(settings, opened.keys)}


def _accept(settings: Settings, found: Comparison, system: str, keep: str) -> dict[str, Any]:
    """What a person chose after a restored backup, and the batches that follow from it."""
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.operations.rewound import Keep, accept

    concerned = found.concerned(system)
    with ledger_of(settings) as ledger:
        now = settings.clock().now()
        keys = accept(ledger, concerned, Keep(keep), now, batch_size=rules_of(settings).batch_size)
    return {
        "system": system,
        "keep": keep,
        "people": len(concerned.people),
        "gone": len(concerned.gone),
        **_run(settings, keys),
    }


def _run(settings: Settings, opened: Sequence[BatchKey]) -> dict[str, Any]:
    """Run these batches here, and add up what became of everybody."""
    import time

    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.local_runs import LocalRuns
    from pardot_odoo_pipeline.summary import summarize

    begun = time.monotonic()
    with progress_bars() as progress, LocalRuns.start(settings, progress) as runs:
        keys = runs.run([str(key) for key in opened])
        with ledger_of(settings) as ledger:
            summary = summarize(ledger, keys)
        report = {**summary.to_json(), **runs.calls(), "batches": keys}
    report["seconds"] = round(time.monotonic() - begun, 2)
    return report


def _print(document: dict[str, Any]) -> None:
    stdout.print(in_one_line(document), markup=False)
    for one in document["causes"]:
        stdout.print(
            f"  {one['cause']:<18} {one['people']:>8,}  {one['meaning']}",
            markup=False,
            soft_wrap=True,
        )
        if one["sample"]:
            stdout.print(f"  {'':<18} {'':>8}  such as {', '.join(one['sample'])}", soft_wrap=True)
        stdout.print(f"  {'':<18} {'':>8}  {one['fix']}", markup=False, soft_wrap=True)
    calls = document["calls"]
    stdout.print(
        f"{document['seconds']:,.1f} s, {calls['pardot']:,} calls of Pardot, "
        f"{calls['odoo']:,} of Odoo"
    )
    if accepted := document.get("accepted"):
        stdout.print(
            f"{accepted['people']:,} people of {accepted['system']}, {accepted['gone']:,} of them "
            f"with records made anew: kept {accepted['keep']}."
        )
    elif "repair" in document:
        stdout.print(f"{document['repair']['people']:,} people were synced.")
        if unconfirmed := document["repair"]["unconfirmed"]:
            stdout.print(
                f"{unconfirmed:,} more are deleted on one side, more than safety.vanished allows. "
                "If that is right, `pardot-odoo reconcile --repair --yes` carries it over.",
                soft_wrap=True,
            )
    elif document["to_mend"]:
        stdout.print(f"{document['to_mend']:,} people would be synced by --repair.")
