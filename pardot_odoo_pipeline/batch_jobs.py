"""The job of a batch, run in this process as a Dagster run.

What lives here: from the right to launch an attempt to its run. What does not: who asks for it (a
command in `local_runs`, the warm worker), and what a batch does.

The run is what the daemon's would be: same job, same instance, same partition and tags. Only nobody
starts a process for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg
from dagster._core.execution.plan.objects import UserFailureData

from pardot_odoo_pipeline import assembly, launching
from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.jobs import BATCH_JOBS
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import run_tags
from pardot_odoo_pipeline.settings import Settings

__all__ = ["QUIET", "BatchJobs", "as_error"]

# Events go to the instance; on the terminal they would drown the progress.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class BatchJobs:
    """The jobs of this project, ready to run here.

    Args:
        settings: The installation.
        instance: Its Dagster instance.
        pipeline: Gives the runs their ports.
    """

    def __init__(
        self, settings: Settings, instance: dg.DagsterInstance, pipeline: PipelineResource
    ) -> None:
        self._settings = settings
        self._instance = instance
        self._defs = build_definitions(settings, pipeline=pipeline)
        self._jobs: dict[str, dg.JobDefinition] = {}

    def job(self, name: str) -> dg.JobDefinition:
        """One of the project's jobs; resolving it is not free, so it is done once."""
        if name not in self._jobs:
            self._jobs[name] = self._defs.resolve_job_def(name)
        return self._jobs[name]

    def launch(
        self,
        request: RunRequest,
        *,
        tags: Mapping[str, str] | None = None,
        run_id: str | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run an attempt of a batch to its end.

        A batch whose run ended before the batch began is given back.

        Args:
            request: The right to launch it.
            tags: What else the run should say of itself.
            run_id: The id that the run shall have.
        """
        key = str(request.key)
        if not self._instance.has_dynamic_partition(PARTITIONS_NAME, key):
            self._instance.add_dynamic_partitions(PARTITIONS_NAME, [key])
        result = self.job(BATCH_JOBS[request.lineage].name).execute_in_process(
            instance=self._instance,
            partition_key=key,
            run_config=QUIET,
            tags={**run_tags(request), **(tags or {})},
            raise_on_error=False,
            run_id=run_id,
        )
        if not result.success:
            with assembly.ledger_of(self._settings) as ledger:
                launching.give_back(ledger, request, self._settings.clock().now())
        return result

    def run(self, request: RunRequest) -> str:
        """Run an attempt of a batch to its end, and return the id of the run.

        Raises:
            PipelineError: It failed.
        """
        result = self.launch(request)
        if not result.success:
            raise as_error(result, str(request.key))
        return result.run_id


def as_error(result: dg.ExecuteInProcessResult, name: str) -> PipelineError:
    """What a run's failure said of itself, as the same kind of error that it was there."""
    told = _first_failure(result.all_events)
    known = {key: str(value.value) for key, value in (told.metadata if told else {}).items()}
    outside, what_then = _outside_of_steps(result.all_events)
    cause = known.get("cause") or (told and told.description) or outside
    fix = known.get("fix") or what_then
    classes = {kind.value: kind for kind in FailureClass}
    failure = PipelineError(
        f"{name}: {cause}",
        fix=f"{fix} (run {result.run_id} tells more)",
        code=known.get("code", "run_failed"),
        failure_class=classes.get(known.get("class", "")),
    )
    failure.system = known.get("system") or None
    return failure


def _outside_of_steps(events: Iterable[dg.DagsterEvent]) -> tuple[str, str]:
    """Cause and fix of a failure between two steps: Dagster wraps what storing a frame raises."""
    for event in events:
        error = event.step_failure_data.error if event.is_step_failure else None
        while error is not None:
            if error.cls_name == PipelineError.__name__:
                text = error.message.strip().partition("PipelineError: ")[2].removesuffix(".")
                cause, _, fix = text.partition(". ")
                return cause, fix
            error = error.cause or error.context
    return "see the run in Dagster", "Mend the cause and run the same command again"


def _first_failure(events: Iterable[dg.DagsterEvent]) -> UserFailureData | None:
    for event in events:
        if event.is_step_failure:
            return event.step_failure_data.user_failure_data
    return None
