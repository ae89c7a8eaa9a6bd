"""What is asked of Account Engagement for a prospect, and what came of it.

What lives here: plain values. What does not: how it is done (``single_writes.py``,
``import_writes.py``) and which way is taken (``prospect_writes.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.pardot.errors import PardotError

__all__ = [
    "ProspectResult",
    "ProspectStatus",
    "ProspectWrite",
    "WritesInterrupted",
    "refused",
]

_IN_BIN = (132, 219)


class ProspectStatus(StrEnum):
    """What became of one prospect.

    ``UNCONFIRMED``: accepted, but nothing could be read back; the next read of the prospect tells.
    """

    WRITTEN = "written"
    CREATED = "created"
    MISSING = "missing"
    BINNED = "binned"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class ProspectWrite:
    """The wish for one prospect.

    Attributes:
        key: The caller's name for it.
        prospect_id: Whom to write; ``None`` to create by ``email``: a prospect who has that address
            already is written instead, of several the one with the latest activity.
        values: Field -> value: text, number, boolean, aware datetime, date, list of texts, ``None``
            to clear. Only what is named is touched.
        add_to_lists: Ids of lists to be on afterwards.
        remove_from_lists: Ids of lists not to be on afterwards.
        email: Address to create by.
    """

    key: str
    prospect_id: int | None
    values: Mapping[str, Any]
    add_to_lists: tuple[int, ...] = ()
    remove_from_lists: tuple[int, ...] = ()
    email: str | None = None

    def __post_init__(self) -> None:
        if self.prospect_id is None and not self.email:
            raise ValueError(f"{self.key}: a prospect is created by its e-mail address")


@dataclass(frozen=True)
class ProspectResult:
    """What became of one prospect.

    Attributes:
        key: As in the wish.
        status: In one word.
        prospect_id: Its id; ``None`` when nobody was created, or a created one's id was not told.
        updated_at: Its version after its fields were written; ``None`` when that was not told.
        values: The fields as they stand after the write; ``None`` when nothing was read back. A
            refused list change leaves them set: the fields were written before.
        code: The registry's code of a refusal, or a word where there is none.
    """

    key: str
    status: ProspectStatus
    prospect_id: int | None = None
    updated_at: datetime | None = None
    values: Mapping[str, Any] | None = field(default=None, repr=False)
    code: str | None = None


class WritesInterrupted(PipelineError):
    """Writing stopped for a reason that lies in no prospect: outage, daily limit, credentials.

    ``failure_class`` and ``code`` are those of the cause.

    Attributes:
        done: Results of the prospects that were finished.
        in_doubt: Keys of calls without an answer, and of imports not seen to their end: they may
            have been carried out, or may still be.
        unsent: Keys of which nothing, or only a part, was written; safe to send again.
    """

    system = "pardot"

    def __init__(
        self,
        cause: PipelineError,
        *,
        done: Sequence[ProspectResult],
        in_doubt: Sequence[str],
        unsent: Sequence[str],
    ) -> None:
        super().__init__(
            cause.cause, fix=cause.fix, code=cause.code, failure_class=cause.failure_class
        )
        self.done = tuple(done)
        self.in_doubt = tuple(in_doubt)
        self.unsent = tuple(unsent)


def refused(wish: ProspectWrite, error: PardotError) -> ProspectResult:
    """The result that a refusal means for the prospect.

    Raises:
        PardotError: The same, when it is not about this prospect.
    """
    if error.code in _IN_BIN or error.in_bin:
        status = ProspectStatus.BINNED
    elif error.failure_class is FailureClass.MISSING_RECORD:
        status = ProspectStatus.MISSING
    elif error.failure_class is FailureClass.BAD_RECORD:
        status = ProspectStatus.REFUSED
    else:
        raise error
    code = f"http_{error.http_status}" if error.code is None else str(error.code)
    return ProspectResult(wish.key, status, wish.prospect_id, code=code)
