"""The error vocabulary shared by every module.

What lives here: the root exception, the classes of failure, and errors that have no better home.
What does not: translation of a foreign system's answers, which each client does at its boundary.

Every error names its cause and its fix in plain words. Neither may hold personal data or a
secret: both end in logs, in Dagster's event log and in alerts.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ConfigurationError", "FailureClass", "PipelineError"]


class FailureClass(StrEnum):
    """What a failure asks of the caller. Decided once, where the foreign answer is read."""

    RENEW_CREDENTIALS = "renew_credentials"
    PAUSE_UNTIL_RESET = "pause_until_reset"
    RETRY_LATER = "retry_later"
    MISSING_RECORD = "missing_record"
    BAD_RECORD = "bad_record"
    CONFIGURATION = "configuration"
    RESTART_PAGING = "restart_paging"
    SHRINK_REQUEST = "shrink_request"


class PipelineError(Exception):
    """Root of everything that this project raises on purpose.

    Attributes:
        cause: What happened, to which record or setting, as one sentence.
        fix: What a person should do about it, as one sentence.
        code: A short stable name or number for tests, logs and look-ups, where one exists.
        failure_class: The reaction that fits, where one is known.
        system: ``pardot`` or ``odoo``, where it is that system's answer or silence.
    """

    failure_class: FailureClass | None = None
    system: str | None = None

    def __init__(
        self,
        cause: str,
        *,
        fix: str,
        code: str | int | None = None,
        failure_class: FailureClass | None = None,
    ) -> None:
        self.cause = cause.rstrip(".")
        self.fix = fix.rstrip(".")
        self.code = code
        if failure_class is not None:
            self.failure_class = failure_class
        super().__init__(f"{self.cause}. {self.fix}.")


class ConfigurationError(PipelineError):
    """A setting or a rule is missing, contradictory or refused: no retry can help."""

    failure_class = FailureClass.CONFIGURATION
