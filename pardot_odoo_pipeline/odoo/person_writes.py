"""What is asked of Odoo for a person, and what came of it: the types that both loaders share.

What lives here: plain values and the protocol of a loader. What does not: how a loader does it
(`apply_loader`, `load_method_loader`) and which one is taken (`loader`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pardot_odoo_pipeline.errors import PipelineError

__all__ = [
    "LEAD",
    "PARTNER",
    "LoadInterrupted",
    "PersonLoader",
    "PersonResult",
    "PersonWrite",
    "RecordResult",
    "RecordStatus",
    "RecordWrite",
    "Withheld",
    "in_chunks",
]

PARTNER = "res.partner"
LEAD = "crm.lead"


class RecordStatus(StrEnum):
    """What became of one record. `apply_action/protocol.py` says exactly when."""

    CREATED = "created"
    EXISTS = "exists"
    WRITTEN = "written"
    SAME = "same"
    CONFLICT = "conflict"
    MISSING = "missing"
    ERROR = "error"


class Withheld(StrEnum):
    """Why a single field was not written although its record was."""

    PARTNER_IS_COMPANY = "partner_is_company"
    PARTNER_IS_ANOTHER = "partner_is_another"
    PARTNER_MISSING = "partner_missing"
    EMAIL_DIFFERS = "email_differs"
    PHONE_DIFFERS = "phone_differs"


@dataclass(frozen=True)
class RecordWrite:
    """The wish for one record.

    Attributes:
        external_id: `lead_<prospect id>` or `partner_<prospect id>`, in module `pardot`.
        record_id: The database id where it is known; else the external id is looked up; else the
            record is created.
        values: Odoo field -> value as `write` takes it: many2one = id, datetime `YYYY-MM-DD
            HH:MM:SS`, empty = False. Never `partner_id`: the loader links.
        expected: What must still stand there (as read) for anything to be written. None: no guard,
            and a record found by its external id alone is left as it is.
    """

    external_id: str
    record_id: int | None
    values: Mapping[str, Any]
    expected: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class PersonWrite:
    """The wish for one person: contact, lead, or both.

    A created lead, and one without a contact, is linked to the row's partner. Where only the lead
    is to change, name its contact all the same (`values={}`): without it e-mail and phone of a
    lead that has a contact are withheld, since nothing tells whose contact it is.
    """

    key: str
    partner: RecordWrite | None
    lead: RecordWrite | None


@dataclass(frozen=True)
class RecordResult:
    """What became of one record.

    Attributes:
        status: In one word.
        record_id: The database id; None for an error.
        write_date: Its version after the call, `YYYY-MM-DD HH:MM:SS`.
        values: The fields asked to be read back, many2one as id; for a conflict also those of
        `expected`. error: Why, for `ERROR`. Holds no value of the record.
        withheld: Fields that were left as they are, and why.
    """

    status: RecordStatus
    record_id: int | None = None
    write_date: str | None = None
    values: Mapping[str, Any] | None = None
    error: str | None = None
    withheld: Mapping[str, Withheld] = field(default_factory=dict)


@dataclass(frozen=True)
class PersonResult:
    """What became of one person; `partner` and `lead` are None where nothing was asked for."""

    key: str
    partner: RecordResult | None
    lead: RecordResult | None
    error: str | None = None


class PersonLoader(Protocol):
    """Writes people into Odoo, idempotently by external id."""

    def apply(
        self,
        writes: Sequence[PersonWrite],
        *,
        read_back: Mapping[str, Sequence[str]],
        context: Mapping[str, Any],
    ) -> list[PersonResult]:
        """Write these people; one result each, in the same order.

        Args:
            writes: Any number; they are sent in calls of the loader's batch size.
            read_back: Model name -> fields to return as they are after the write.
            context: Odoo's context: `lang`, `tracking_disable`, …

        Raises:
            LoadInterrupted: A call failed as a whole; says what was done before and what is in
                doubt.
        """
        ...


class LoadInterrupted(PipelineError):
    """A call to Odoo failed as a whole, for a reason that lies in no row.

    `failure_class` and `code` are those of the cause.

    Attributes:
        done: Results of the calls that were answered before.
        in_doubt: Keys of the call without an answer: Odoo may have written them, or may still be
            at it. They must be looked up, not before the longest server transaction has passed.
        unsent: Keys of which nothing of this failure was written; safe to send again.
    """

    system = "odoo"

    def __init__(
        self,
        cause: PipelineError,
        *,
        done: Sequence[PersonResult],
        in_doubt: Sequence[str],
        unsent: Sequence[str],
    ) -> None:
        super().__init__(
            cause.cause, fix=cause.fix, code=cause.code, failure_class=cause.failure_class
        )
        self.done = tuple(done)
        self.in_doubt = tuple(in_doubt)
        self.unsent = tuple(unsent)


def in_chunks(writes: Sequence[PersonWrite], size: int) -> list[Sequence[PersonWrite]]:
    """Cut a sequence into pieces of at most `size`."""
    return [writes[start : start + size] for start in range(0, len(writes), size)]
