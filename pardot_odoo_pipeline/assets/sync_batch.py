"""Batches as Dagster assets: one multi-asset per lineage around the steps of `run_batch`.

What lives here: the translation of step results into outputs, metadata and check results. What does
not: any decision about people or values.

One operation with seven assets, not seven operations: every step of Dagster costs some ten events,
each a write to its storage, before the next may start (docs/architecture.md has the measurement).
The steps and their order are `run_batch`'s, so assets, worker and simulation cannot drift apart.
"""

import contextlib
from collections.abc import Generator, Iterator, Sequence

import dagster as dg

from pardot_odoo_pipeline.assets import activity_cards, catalog, membership_cards
from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.cards import AssetCard
from pardot_odoo_pipeline.batches import Lineage
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.io_managers import not_stored
from pardot_odoo_pipeline.launching import ATTEMPT_TAG
from pardot_odoo_pipeline.partitions import sync_batches
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.run_batch import StepResult

__all__ = ["BATCH_ASSETS", "attempt_of"]


def _batch_assets(name: str, description: str, cards: Sequence[AssetCard]) -> dg.AssetsDefinition:
    """The assets of one lineage, made together."""

    @dg.multi_asset(
        name=name,
        description=description,
        partitions_def=sync_batches,
        outs={card.name: card.out() for card in cards},
        internal_asset_deps={
            card.name: {dg.AssetKey(upstream) for upstream in card.upstream} for card in cards
        },
        check_specs=[spec for card in cards for spec in card.check_specs()],
    )
    def _batch(
        context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[PipelineResource]
    ) -> Iterator[dg.Output | dg.AssetCheckResult]:
        key = context.partition_key
        with coded_failures():
            steps = pipeline.steps(key, attempt=attempt_of(context.run), run_id=context.run.run_id)
            try:
                for result in steps:
                    yield from _events(result)
            except GeneratorExit:
                _tell_why(steps, key)
                raise

    return _batch


def _tell_why(steps: Generator[StepResult, None, None], key: str) -> None:
    """Let a batch that is closed because its frame could not be stored end with that."""
    if (failure := not_stored(key)) is not None:
        with contextlib.suppress(PipelineError, StopIteration):
            steps.throw(failure)


def attempt_of(run: dg.DagsterRun) -> int | None:
    """The attempt that this run was requested for; none where a person started it, to replay."""
    tag = run.tags.get(ATTEMPT_TAG)
    return None if tag is None or run.parent_run_id else int(tag)


def _events(result: StepResult) -> Iterator[dg.Output | dg.AssetCheckResult]:
    yield dg.Output(
        result.frame,
        output_name=result.asset,
        metadata={"dagster/partition_row_count": len(result.frame), **result.metadata},
    )
    for check in result.checks:
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(result.asset),
            check_name=check.name,
            passed=check.passed,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata=check.metadata,
        )


BATCH_ASSETS: dict[Lineage, dg.AssetsDefinition] = {
    lineage: _batch_assets(name, description, cards)
    for lineage, name, description, cards in (
        (
            Lineage.PEOPLE,
            "sync_batch",
            "One sync batch: read both sides, decide, write, account for every row.",
            catalog.CARDS,
        ),
        (
            Lineage.ACTIVITIES,
            "activity_batch",
            "What people did, as Pardot saw it, into the history of their leads.",
            activity_cards.CARDS,
        ),
        (
            Lineage.MEMBERSHIPS,
            "membership_batch",
            "Who is on which Pardot list, as tags of contacts.",
            membership_cards.CARDS,
        ),
    )
    if cards
}
