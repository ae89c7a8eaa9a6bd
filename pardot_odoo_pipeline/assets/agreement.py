"""The asset that says whether both sides agree: one comparison of everybody, its counts plotted.

What lives here: the asset's Dagster side. What does not: the comparison
(`operations.agreement_nightly`).
"""

# No `from __future__ import annotations`: Dagster reads the types of the arguments.
from collections.abc import Iterator

import dagster as dg

from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.assets.cards import OWNERS
from pardot_odoo_pipeline.ledger.store.certificates import Certificate
from pardot_odoo_pipeline.merge.agreement import Cause
from pardot_odoo_pipeline.operations.agreement_nightly import compare_by_itself
from pardot_odoo_pipeline.resources import PipelineResource

__all__ = ["agreement_certificate", "agreement_job"]

_CHECK = "everything_is_explained"


@dg.asset(
    group_name="reconciliation",
    description="Everybody on both sides, compared: how many agree, and of the others how many "
    "have which cause. Nothing is written by it.",
    kinds={"salesforce", "odoo"},
    owners=OWNERS,
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset="agreement_certificate",
            description="Whoever does not agree has a cause that says why.",
        )
    ],
    output_required=False,
)
def agreement_certificate(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[PipelineResource]
) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    """Compare, unless Pardot's day is short of calls: then say so and plot nothing."""
    with coded_failures():
        one = compare_by_itself(pipeline.ports())
        if one.skipped is None:
            yield dg.Output(None, metadata=_figures(one))
        else:
            context.log.warning(f"nothing was compared: {one.skipped}")
        yield dg.AssetCheckResult(
            check_name=_CHECK,
            passed=one.is_clean,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"unexplained": one.unexplained, "skipped": one.skipped or ""},
        )


def _figures(one: Certificate) -> dict[str, int | float]:
    """Every cause also when nobody has it: a plot with gaps reads as if nothing was counted."""
    return {
        "people": one.people,
        "agree": one.agree,
        "unexplained": one.unexplained,
        **{cause.value: one.causes.get(cause.value, 0) for cause in Cause},
        "seconds": one.seconds,
        "pardot_calls": one.pardot_calls,
        "odoo_calls": one.odoo_calls,
    }


agreement_job = dg.define_asset_job(
    "agreement_job",
    selection=dg.AssetSelection.assets(agreement_certificate),
    executor_def=dg.in_process_executor,
    description="Compare everybody on both sides now.",
)
