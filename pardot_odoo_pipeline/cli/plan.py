"""`pardot-odoo plan`: what the next sync would do, without doing any of it.

What lives here: the command and its page. What does not: the planning (`planning`). Samples show
people's values because they are asked for; the file of operations has none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import brake_in_words, rule_in_words, shown

if TYPE_CHECKING:
    from pardot_odoo_pipeline.batches import BatchKind, Scope
    from pardot_odoo_pipeline.planning import Forecast, Tell
    from pardot_odoo_pipeline.ports import Ports

__all__ = ["command"]


@click.command()
@click.option("--initial", is_flag=True, help="Of everybody, by export.")
@click.option("--since", metavar="TIME", help="Of everybody changed since then (ISO 8601).")
@click.option("--prospect", "prospects", multiple=True, metavar="ID", help="Of these prospects.")
@click.option("--sample", default=5, show_default=True, help="People shown with values, a side.")
@click.option(
    "--operations",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write one JSON line per operation: names and keyed hashes, no values.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(
    initial: bool,
    since: str | None,
    prospects: tuple[str, ...],
    sample: int,
    operations: Path | None,
    as_json: bool,
) -> None:
    """Show what `sync` with the same options would do. Nothing is written."""
    if sum([initial, bool(since), bool(prospects)]) > 1:
        raise ConfigurationError(
            "--initial, --since and --prospect exclude each other", fix="Give one of them"
        )
    wrong = [text for text in prospects if not text.isdecimal()]
    if wrong:
        raise ConfigurationError(
            f"{wrong[0]!r} is no prospect id", fix="Name prospects by their Pardot id, digits only"
        )
    document = _plan(Settings(), initial, since, prospects, sample, operations)
    if as_json:
        emit_json(document)
    else:
        _print(document)


def _plan(
    settings: Settings,
    initial: bool,
    since: str | None,
    prospects: tuple[str, ...],
    sample: int,
    operations: Path | None,
) -> dict[str, Any]:
    from pardot_odoo_pipeline import first_sync, spooling
    from pardot_odoo_pipeline.assembly import build_ports
    from pardot_odoo_pipeline.batches import BatchKind, BucketScope
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.planning import forecast

    begun = time.monotonic()
    with progress_bars() as progress:
        ports = build_ports(settings, progress=progress)
        spool = None
        is_first = False
        if initial:
            kind = BatchKind.INITIAL
            spool = spooling.planned_spool(ports) or spooling.fill_spool(ports)
            is_first = first_sync.is_first_sync(ports, spool.name)
            scopes: list[Scope] = [
                BucketScope(spool.name, number, people)
                for number, people in enumerate(spool.manifest().buckets)
                if people
            ]
        else:
            kind, scopes = _scopes(ports, since, prospects)
        with _teller(operations) as tell:
            found = forecast(ports, kind, scopes, first_sync=is_first, samples=sample, tell=tell)
        if spool is not None:
            spooling.keep_planned(ports, spool)
        document = _document(ports, kind, found, is_first)
        document["calls"]["pardot"]["read"] = ports.pardot.calls
        document["calls"]["odoo"]["read"] = ports.odoo.calls
        document["quota"] = _quota(ports, kind, ports.pardot.calls + found.calls["pardot"])
    seconds = time.monotonic() - begun
    document["seconds"] = round(seconds, 2)
    document["estimated_seconds"] = round(seconds + found.write_seconds, 1)
    return document


def _scopes(
    ports: Ports, since: str | None, prospects: tuple[str, ...]
) -> tuple[BatchKind, list[Scope]]:
    """What the sync with the same options would open."""
    from pardot_odoo_pipeline import opening
    from pardot_odoo_pipeline.batches import BatchKind, IdsScope

    now = ports.clock.now()
    if prospects:
        return BatchKind.MANUAL, [IdsScope(tuple(dict.fromkeys(prospects)))]
    if since:
        return BatchKind.MANUAL, [opening.range_scope(opening.point_in_time(since), now)]
    with ports.ledger.read() as connection:
        return BatchKind.INTERVAL, [opening.interval_scope(connection, now)]


@contextmanager
def _teller(path: Path | None) -> Iterator[Tell | None]:
    """Writes operations to a file as they are found, one line each."""
    if path is None:
        yield None
        return
    with path.open("wb") as file:

        def tell(operation: Mapping[str, Any]) -> None:
            file.write(orjson.dumps(operation, option=orjson.OPT_SORT_KEYS) + b"\n")

        yield tell


def _document(ports: Ports, kind: BatchKind, found: Forecast, is_first: bool) -> dict[str, Any]:
    counted = dict(sorted(found.counted.items()))
    document: dict[str, Any] = {
        "kind": kind.value,
        "people": found.people,
        "batches": found.batches,
        "dispositions": dict(sorted(found.dispositions.items())),
        "quarantined": dict(sorted(found.quarantined.items())),
        "people_with_conflicts": found.conflicts,
        "to_odoo": {name: count for name, count in sorted(found.to_odoo.items()) if count},
        "to_pardot": {name: count for name, count in sorted(found.to_pardot.items()) if count},
        "changes": counted,
        "holds": [
            {
                "rule": brake.rule,
                "what": brake_in_words(brake.rule),
                "asked": brake.asked,
                "allowed": brake.allowed,
            }
            for brake in found.brakes
        ],
        "first_sync": None,
        "calls": {
            "pardot": {"write": found.calls["pardot"]},
            "odoo": {"write": found.calls["odoo"]},
        },
        "samples": found.samples,
    }
    limit = ports.rules.safety.first_sync_overwrites
    if is_first and limit is not None:
        allowed = max(limit.least, int(limit.share * found.people))
        document["first_sync"] = {
            "overwritten_people": found.overwritten,
            "allowed": allowed,
            "asks_for_yes": found.overwritten > allowed,
        }
    return document


def _quota(ports: Ports, kind: BatchKind, calls: int) -> dict[str, Any]:
    """Whether the calls of the sync fit into what is left of the day."""
    from pardot_odoo_pipeline.operations.budget import lane_of

    left = ports.budget.left(lane_of(kind))
    return {
        "lane": left.lane.value,
        "needed": calls,
        "left_today": left.calls,
        "fits": calls <= left.calls,
        "resets_at": left.resets_at.isoformat(),
    }


def _print(document: dict[str, Any]) -> None:
    people, batches = document["people"], document["batches"]
    lines = [f"{document['kind']}: {people:,} people in {batches:,} batches; nothing was written"]
    for title, name in (("Pardot → Odoo", "to_odoo"), ("Odoo → Pardot", "to_pardot")):
        counts = document[name]
        lines += ["", title, *(f"  {_words(key):<28}{counts[key]:>10,}" for key in counts)]
        if not counts:
            lines.append("  nothing")
    lines += ["", "People"]
    lines += [f"  {_words(name):<28}{n:>10,}" for name, n in document["dispositions"].items()]
    lines += [f"  {'quarantined: ' + k:<28}{n:>10,}" for k, n in document["quarantined"].items()]
    lines.append(f"  {'with conflicts':<28}{document['people_with_conflicts']:>10,}")
    for hold in document["holds"]:
        lines.append(
            f"! would be held: {hold['what']}, {hold['asked']:,} in 24 hours, "
            f"{hold['allowed']:,} are allowed ({hold['rule']})"
        )
    first = document["first_sync"]
    if first and first["asks_for_yes"]:
        lines.append(
            f"! would ask for a yes: the first sync replaces values of "
            f"{first['overwritten_people']:,} people, {first['allowed']:,} are allowed"
        )
    lines.append("")
    for name, calls in document["calls"].items():
        system = f"{name.capitalize()} calls"
        lines.append(f"{system}: {calls['read']:,} to read, {calls['write']:,} to write")
    quota = document["quota"]
    if not quota["fits"]:
        lines.append(
            f"! does not fit into today: {quota['left_today']:,} calls to Pardot are left for it "
            f"until {quota['resets_at'][:16].replace('T', ' ')} UTC; it would go on then"
        )
    lines.append(f"time: about {document['estimated_seconds']:,} seconds")
    for sample in document["samples"]:
        lines += ["", *_sample_lines(sample)]
    stdout.print("\n".join(lines), markup=False, soft_wrap=True)


def _sample_lines(sample: dict[str, Any]) -> list[str]:
    system = sample["system"].capitalize()
    lines = [f"prospect {sample['prospect_id']}, {sample['kind']} in {system}"]
    for value in sample["values"]:
        why = f"  ({rule_in_words(value['rule'])})" if value["rule"] else ""
        before, after = value["before"], value["after"]
        if before is True or after is True:  # a box to tick, not an empty text
            before, after = ("yes" if one is True else "no" for one in (before, after))
        lines.append(f"  {value['field']}: {shown(before)} → {shown(after)}{why}")
    for word, name in (("joins", "add_to_lists"), ("leaves", "remove_from_lists")):
        if sample.get(name):
            lines.append(f"  {word} lists {', '.join(map(str, sample[name]))}")
    return lines


def _words(name: str) -> str:
    return name.replace("_", " ")
