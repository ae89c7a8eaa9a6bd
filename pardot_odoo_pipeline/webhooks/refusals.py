"""What a sender is told when its request is not taken.

What lives here: the one exception of the receiver, and the answer that every request gets which
does not prove whose it is. What does not: the decisions (`receiver`, `bodies`, `payloads`).

Who does not prove that it is a configured source learns nothing: an unknown or closed source, a
wrong secret, a wrong or old signature, an address that is not allowed, all get the same 401 with
the same body, after the same work. Which of them it was stands in our metrics and log, as a count.
Everybody else gets a cause and a fix, but never a value that was sent.
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.errors import PipelineError

__all__ = ["Refused", "unauthorised"]


class Refused(PipelineError):
    """A request that is not taken.

    Attributes:
        status: The HTTP status.
        outcome: One word for metrics and log, where the sender is told another.
        retry_after: Seconds after which the same request may succeed.
        events: What is wrong with which event of an array.
        close: End the connection: the rest of the request is not worth reading.
    """

    def __init__(
        self,
        status: int,
        code: str,
        cause: str,
        *,
        fix: str,
        outcome: str | None = None,
        retry_after: int | None = None,
        events: list[dict[str, Any]] | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(cause, fix=fix, code=code)
        self.status = status
        self.outcome = outcome or code
        self.retry_after = retry_after
        self.events = events
        self.close = close

    def document(self) -> dict[str, Any]:
        """What the sender is told."""
        told: dict[str, Any] = {"error": self.code, "cause": self.cause, "fix": self.fix}
        if self.events is not None:
            told["events"] = self.events
        return told


def unauthorised(outcome: str) -> Refused:
    """The one answer to whoever does not prove whose request it is.

    Args:
        outcome: What was wrong, for our own eyes.
    """
    return Refused(
        401,
        "unauthorised",
        "The request is not authorised",
        fix="Check the address, the secret and the clock of the sender",
        outcome=outcome,
    )
