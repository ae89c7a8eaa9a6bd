"""Sensors that tell people: what is wrong goes out, and what is over.

What lives here: the Dagster side. What does not: finding what is wrong and telling it
(`operations.telling`).
"""

import dagster as dg

from pardot_odoo_pipeline.assets.boundary import coded_failures
from pardot_odoo_pipeline.operations.telling import look_and_tell
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import NOT_SET_UP

__all__ = ["alert_sensor"]

_INTERVAL_SECONDS = 14
"""Every third turn of Dagster's loop: soon enough for people."""


@dg.sensor(
    minimum_interval_seconds=_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Look at what stands in the ledger, and send the notices that are due.",
)
def alert_sensor(
    context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[PipelineResource]
) -> dg.SkipReason:
    """Never requests a run; the only network is the channels'."""
    with coded_failures():
        settings, rules = pipeline.settings(), pipeline.rules()
        if not settings.home.path.exists():
            return dg.SkipReason(NOT_SET_UP)
        with pipeline.ledger() as ledger:
            delivery = look_and_tell(settings, rules, ledger, serving=True)
    for name, reason in delivery.failed.items():
        context.log.warning(f"Channel {name} did not take a notice: {reason}")
    return dg.SkipReason(f"{delivery.sent} notices sent, {len(delivery.failed)} channels failed.")
