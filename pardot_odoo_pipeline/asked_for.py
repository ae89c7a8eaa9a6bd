"""Batches that somebody asks for: from the pages, or by a command.

What lives here: what may be asked for, and opening it. What does not: who asks (`jobs`,
`local_runs`), and what a scope is (`opening`).
"""

import dagster as dg
from pydantic import Field

from pardot_odoo_pipeline import opening
from pardot_odoo_pipeline.batches import BatchKey, Lineage
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = ["OpenBatch", "open_asked_for"]


class OpenBatch(dg.Config):
    """What to open. Runs are requested for it by the sensor, or by the command that asked."""

    kind: str = Field(
        default="initial",
        description="initial: everybody. interval: changes since the last one. bulk: activities "
        "and lists. manual: prospect_ids, a hold to release, or a range from since until now.",
    )
    lineages: list[str] = Field(
        default_factory=lambda: [lineage.value for lineage in opening.SIDES],
        description="Of a bulk: activities, memberships, or both.",
    )
    prospect_ids: list[str] = Field(default_factory=list, description="Prospects by id (manual).")
    restores: list[int] = Field(
        default_factory=list,
        description="Conflicts of these prospects whose losing value is wanted back (manual).",
    )
    release: int | None = Field(
        default=None, description="The hold whose people are let go (manual)."
    )
    since: str | None = Field(
        default=None, description="Start of a range, ISO 8601 with offset (manual)."
    )
    within_today: bool = Field(
        default=False,
        description="Open nothing where today's calls do not suffice (initial); else it pauses at "
        "the limit and goes on the next day.",
    )
    take: bool = Field(
        default=False,
        description="For commands, which run the first batch themselves; leave it off here.",
    )


def open_asked_for(
    config: OpenBatch, pipeline: PipelineResource
) -> tuple[list[BatchKey], dict[str, int]]:
    """Write the scopes of what is asked for to the ledger.

    Returns:
        The keys of what was opened, and figures of it.

    Raises:
        PipelineError: It cannot be opened; nothing is.
    """
    take = Worker().id if config.take else None
    if config.kind == "initial":
        ports = pipeline.ports()
        with pipeline.noting():
            keys, manifest = opening.open_initial(
                ports, take=take, within_today=config.within_today
            )
        return keys, {"people": manifest.people, "pardot_calls": manifest.pardot_calls}
    with pipeline.ledger() as ledger:
        now = pipeline.settings().clock().now()
        if config.kind == "interval":
            key = opening.open_interval(ledger, now, take=take)
            return ([key] if key else []), {}
        if config.kind == "bulk":
            with ledger.write() as connection:
                rules = pipeline.rules()
                wanted = {Lineage(name) for name in config.lineages}
                return opening.open_sides(connection, rules, now, lineages=wanted, take=take), {}
        if config.kind == "manual" and config.release is not None:
            size = pipeline.rules().batch_size
            return opening.open_release(ledger, config.release, now, batch_size=size, take=take), {}
        if config.kind == "manual" and config.since:
            return opening.open_range(
                ledger, opening.point_in_time(config.since), now, take=take
            ), {}
        if config.kind == "manual":
            keys = opening.open_ids(
                ledger, config.prospect_ids, now, restores=config.restores, take=take
            )
            return keys, {"people": len(config.prospect_ids)}
    raise ConfigurationError(
        f"Batches of kind {config.kind!r} are not opened by hand",
        fix="Use initial, interval, bulk or manual",
        code="batch_kind",
    )
