"""`pardot-odoo restore`: the ledger back from a snapshot, and the restart after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, say, stdout
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]


@click.command()
@click.argument("source", metavar="[FROM]", required=False)
@click.option("--keys", type=click.Path(path_type=Path), help="A copy of PIPELINE_HOME/keys.")
@click.option("--plain", is_flag=True, help="Accept a snapshot that is not encrypted.")
@click.option("--check", is_flag=True, help="Verify the snapshot whole, and load nothing.")
@click.option("--resume", is_flag=True, help="Credentials are renewed: let the sync begin again.")
@click.option("--rebuild", is_flag=True, help="Without a snapshot: anew from both systems.")
@click.option("--yes", is_flag=True, help="With --rebuild: replace values of however many people.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(
    source: str | None,
    keys: Path | None,
    plain: bool,
    check: bool,
    resume: bool,
    rebuild: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Restore the ledger from a snapshot (FROM: a snapshot, or where snapshots lie: the latest).

    The ledger must be empty. Afterwards nothing runs until credentials are renewed and `restore
    --resume` says so; then little runs at a time, and more as long as all is well.
    """
    settings = Settings()
    if (resume or rebuild) and (source or check or keys or (resume and rebuild)):
        raise ConfigurationError(
            "--resume and --rebuild take no snapshot, and exclude each other",
            fix="Give one of them alone",
        )
    if resume:
        document = _resume(settings)
    elif rebuild:
        document = _rebuild(settings, yes=yes)
    else:
        document = _restore(settings, source, keys, plain, check)
    if as_json:
        emit_json(document)
    else:
        stdout.print("\n".join(document["words"]), soft_wrap=True, markup=False)


def _restore(
    settings: Settings, source: str | None, keys: Path | None, plain: bool, check: bool
) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import database_identity, ledger_of, odoo_client, rules_of
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.operations import restoring
    from pardot_odoo_pipeline.operations.data_keys import KeyRing
    from pardot_odoo_pipeline.operations.snapshot import place_of
    from pardot_odoo_pipeline.operations.tombstones import Tombstones

    if source is None:
        source = place_of(settings, rules_of(settings)).location
    place, name = restoring.source_of(source)
    ring = KeyRing.of(settings)
    manifest = place.manifest(name, ring)
    if manifest.key_id is None and not plain:
        raise ConfigurationError(
            f"Snapshot {name} is not encrypted, and so not signed: anybody may have changed it",
            fix="Say --plain if you know where it has been",
            code="snapshot_plain",
        )
    say(f"snapshot {name} of {manifest.taken_at}, release {manifest.code_version}")
    business_unit = settings.pardot_connection().business_unit_id
    restoring.refuse_others(manifest, business_unit, database_identity(odoo_client(settings)))
    scratch = settings.home.create().path / "restoring"
    with progress_bars() as told, place.fetched(manifest, scratch) as folder:
        document: dict[str, Any] = {
            "snapshot": name,
            "taken_at": manifest.taken_at,
            "counts": dict(manifest.counts),
        }
        if check:
            restoring.read_through(folder, manifest, ring, told)
            words = [f"Snapshot {name} is whole: {manifest.counts.get('links', 0):,} people."]
            return {**document, "restored": False, "words": words}
        with ledger_of(settings) as ledger:
            with ledger.read() as connection:
                restoring.refuse_filled(connection)
            key = restoring.bring_keys(settings, keys, manifest.lookup_key)
            tombstones = Tombstones(settings.home.keys).read()
            done = restoring.load(
                ledger, folder, manifest, ring, key, tombstones, settings.clock().now(), told
            )
        rules = restoring.rules_file(settings, folder, manifest, ring)
    return {
        **document,
        "restored": True,
        "rows": done.rows,
        "tombstoned": done.tombstoned,
        "initial_open": done.initial_open,
        "rules_file": str(rules[0]) if rules else None,
        "words": _words(name, manifest.taken_at, done, rules),
    }


def _words(name: str, taken_at: str, done: Any, rules: tuple[Path, bool] | None) -> list[str]:
    words = [
        f"Restored {done.rows.get('links', 0):,} people from snapshot {name} ({taken_at}).",
    ]
    if done.tombstoned:
        words.append(f"{done.tombstoned:,} of them were erased since, and stay so.")
    if rules and rules[1]:
        words.append(f"The rules file was put back: {rules[0]}.")
    elif rules:
        words.append(
            f"The snapshot's rules file differs from the present one: it lies in {rules[0]}; set "
            "PIPELINE_CONFIG to it if it is the right one."
        )
    words.append(
        "Nothing runs yet. Renew the credentials of both systems, then: pardot-odoo restore "
        "--resume"
    )
    if done.initial_open:
        words.append(
            "An initial sync was not finished then; after that, run it again: pardot-odoo sync "
            "--initial"
        )
    return words


def _resume(settings: Settings) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import build_ports, rules_of
    from pardot_odoo_pipeline.ledger.store import restarts
    from pardot_odoo_pipeline.ledger.store.restarts import RestartState
    from pardot_odoo_pipeline.operations import restart
    from pardot_odoo_pipeline.operations.credentials_in_use import (
        fingerprints,
        how_to_renew,
        still_in_use,
    )

    rules = rules_of(settings)
    # Opens both systems: credentials that do not work yet are told here, and nothing has begun.
    ports = build_ports(settings)
    with ports.ledger as ledger:
        with ledger.read() as connection:
            seen = restarts.current(connection)
        if seen is None or seen.state is not RestartState.WAITING:
            raise ConfigurationError(
                "This ledger does not wait for anything: it was not restored, or was resumed",
                fix="`pardot-odoo status` shows how far the restart is",
                code="not_restored",
            )
        now = fingerprints(settings, rules, ports.lookup_key)
        old = still_in_use(seen.detail.get("credentials") or {}, now)
        if old:
            raise ConfigurationError(
                f"{len(old)} of the credentials are still those from before the disaster: "
                + ", ".join(old),
                fix="Renew each, then run this again. "
                + "; ".join(how_to_renew(name, settings, rules) for name in old),
                code="old_credentials",
            )
        ports.pardot.query("prospects", ["id"], limit=1)
        with ledger.write() as connection:
            restart.resume(connection, seen, now=settings.clock().now())
    first = restart.STAGES[0]
    return {
        "resumed": True,
        "stage": 1,
        "people": first.people,
        "initial_open": seen.detail.get("initial_open", 0),
        "words": [
            f"Resumed. Batches are of at most {first.people} people at first, and grow while all "
            "is well.",
            "Start the pipeline as always (`pardot-odoo up`), or one batch by hand: pardot-odoo "
            "sync",
        ],
    }


def _rebuild(settings: Settings, *, yes: bool) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import build_ports
    from pardot_odoo_pipeline.cli.sync import print_summary, run_sync
    from pardot_odoo_pipeline.ledger.store import restarts
    from pardot_odoo_pipeline.operations import restart, restoring

    with build_ports(settings).ledger as ledger, ledger.write() as connection:
        seen = restarts.current(connection)
        # One that was cut off goes on from its own spool.
        if seen is None or seen.source != restart.REBUILT:
            restoring.refuse_filled(connection)
            restart.begin_rebuilt(connection, now=settings.clock().now())
    report = run_sync(settings, {"kind": "initial"}, yes=yes)
    print_summary(report.document)
    if not report.complete:
        raise report.incomplete()
    return {
        **report.document,
        "rebuilt": True,
        "words": [
            f"Rebuilt from both systems: {report.document['prospects_read']:,} people read.",
            "What lost in conflicts, holds, and counts of activities before "
            "activities.history_days are not known any more.",
            "Start the pipeline as always (`pardot-odoo up`): it begins with few people at a time.",
        ],
    }
