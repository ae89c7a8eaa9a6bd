"""Running one step of any lineage: sign of life, duration, checks.

What lives here: what happens around every step. What does not: which steps there are
(`run_batch`, `steps.activities`, `steps.memberships`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TypeVar

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["run_step"]

_Result = TypeVar("_Result", bound=StepResult)


def run_step(
    batch: RunningBatch, step: Callable[..., _Result], *inputs: object
) -> Generator[StepResult, None, _Result]:
    """Run one step, yield its result, and stop the batch where a blocking check failed.

    Returns:
        What the step returned, for the steps after it.

    Raises:
        PipelineError: A blocking check did not pass.
    """
    batch.heartbeat()
    if batch.breaker is not None:
        batch.breaker.at(step.__name__)
    begun = time.perf_counter()
    result = step(*inputs)
    if batch.breaker is not None:
        batch.breaker.expect(len(result.frame))
    seconds = round(time.perf_counter() - begun, 3)
    rate = round(len(result.frame) / seconds, 1) if seconds else 0.0
    result.metadata.update({"seconds": seconds, "rows_per_second": rate})
    yield result
    _stop_on_failed_check(batch, result.asset, result.checks)
    return result


def _stop_on_failed_check(batch: RunningBatch, asset: str, checks: tuple[CheckResult, ...]) -> None:
    for check in checks:
        if check.blocking and not check.passed:
            raise PipelineError(
                f"Check {check.name} of {asset} failed in batch {batch.key}",
                fix="The check's metadata shows the counts; nothing after it was done",
                code="check_failed",
                failure_class=FailureClass.BAD_RECORD,
            )
