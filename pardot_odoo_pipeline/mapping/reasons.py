"""The closed lists of what can become of a row and what can be said of a value.

What lives here: dispositions, quarantine reasons and finding codes, each with one line of meaning
and one line of advice. What does not: the decisions themselves. ``docs/reason-codes.md`` is printed
from this module by :func:`reason_codes_page`; a test keeps the two in step.

The codes are stored in the ledger and read by other people's reports: a code may be added, never
renamed or given another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

__all__ = [
    "DISPOSITIONS",
    "FINDINGS",
    "QUARANTINE",
    "Disposition",
    "Explanation",
    "FindingCode",
    "QuarantineReason",
    "reason_codes_page",
]


class Disposition(StrEnum):
    """What became of one source row in one batch. Every row gets exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    HELD = "held"
    QUARANTINED = "quarantined"
    RETRYING = "retrying"
    IN_DOUBT = "in_doubt"
    DEFERRED = "deferred"
    SUSPENDED = "suspended"
    STALE = "stale"
    TOMBSTONED = "tombstoned"
    ARCHIVED = "archived"


class QuarantineReason(StrEnum):
    """Why a whole row was set aside: the person is not synced until it is mended."""

    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    IDENTITY_AMBIGUOUS = "identity_ambiguous"
    IDENTITY_CONFLICT = "identity_conflict"
    RECORD_HIDDEN = "record_hidden"


class FindingCode(StrEnum):
    """What was remarkable about one value. The person still syncs; the raw value is kept."""

    PHONE_UNPARSABLE = "phone_unparsable"
    TEXT_CUT = "text_cut"
    PICKLIST_UNKNOWN = "picklist_unknown"
    COUNTRY_UNKNOWN = "country_unknown"
    STATE_UNKNOWN = "state_unknown"
    HTML_REMOVED = "html_removed"
    FORMULA_NEUTRALISED = "formula_neutralised"
    TIME_AMBIGUOUS = "time_ambiguous"
    NUMBER_UNREADABLE = "number_unreadable"
    NUMBER_ROUNDED = "number_rounded"
    REQUIRED_MISSING = "required_missing"
    CONSENT_NOT_PROVISIONED = "consent_not_provisioned"
    RECORD_MISSING = "record_missing"


@dataclass(frozen=True)
class Explanation:
    """One code in words.

    Attributes:
        meaning: What the code says, one line.
        fix: What a person can do about it, one line.
    """

    meaning: str
    fix: str


DISPOSITIONS: Mapping[Disposition, Explanation] = MappingProxyType(
    {
        Disposition.CREATED: Explanation(
            "A lead was created in Odoo for this prospect.", "Nothing to do."
        ),
        Disposition.UPDATED: Explanation(
            "The lead or its contact existed and at least one value was written.",
            "Nothing to do.",
        ),
        Disposition.UNCHANGED: Explanation(
            "Both systems already agreed; nothing was written.", "Nothing to do."
        ),
        Disposition.MERGED: Explanation(
            "Another prospect with the same e-mail address stands for this one in Odoo.",
            "Merge the prospects in Pardot if they are one person, or give them different "
            "addresses.",
        ),
        Disposition.HELD: Explanation(
            "A safety rule stopped the write until a person has looked.",
            "Look at what the batch would have changed, then release or discard it.",
        ),
        Disposition.QUARANTINED: Explanation(
            "The row cannot be synced as it is; the quarantine reason says why.",
            "Mend the record where the reason says; the next change brings it back by itself.",
        ),
        Disposition.RETRYING: Explanation(
            "Writing failed for a reason that passes; the next attempt is due later.",
            "Nothing to do; `pardot-odoo status` counts who waits.",
        ),
        Disposition.IN_DOUBT: Explanation(
            "The write was sent and no answer came; it is looked up before anything is sent again.",
            "Nothing to do; it is settled within minutes.",
        ),
        Disposition.DEFERRED: Explanation(
            "The row was left to a later batch, for example because another one holds the person.",
            "Nothing to do.",
        ),
        Disposition.SUSPENDED: Explanation(
            "All attempts failed; the record is left alone until a person has looked.",
            "Read the error of the last attempt, mend its cause, then run the record again.",
        ),
        Disposition.STALE: Explanation(
            "The row is older than what is already known and says nothing new.", "Nothing to do."
        ),
        Disposition.TOMBSTONED: Explanation(
            "The person was erased and stays erased.", "Nothing to do."
        ),
        Disposition.ARCHIVED: Explanation(
            "The prospect is in Pardot's recycle bin; nothing is created for it.",
            "Undelete the prospect in Pardot if it should be synced.",
        ),
    }
)

QUARANTINE: Mapping[QuarantineReason, Explanation] = MappingProxyType(
    {
        QuarantineReason.EMAIL_MISSING: Explanation(
            "The prospect has no e-mail address, and that is what people are matched by.",
            "Enter the address in Pardot.",
        ),
        QuarantineReason.EMAIL_INVALID: Explanation(
            "The e-mail address breaks the syntax of addresses.",
            "Correct the address in Pardot.",
        ),
        QuarantineReason.IDENTITY_AMBIGUOUS: Explanation(
            "Several Odoo leads, or several contacts, hold this e-mail address; none is chosen "
            "by guess.",
            "Merge the twins in Odoo, or take the address off all but one.",
        ),
        QuarantineReason.IDENTITY_CONFLICT: Explanation(
            "The record's own marks disagree (its id is unusable, or id, external id and e-mail "
            "point to different records).",
            "Compare the records named in the quarantine entry and correct the wrong mark.",
        ),
        QuarantineReason.RECORD_HIDDEN: Explanation(
            "The person's lead or contact is there in Odoo, but a record rule hides it from the "
            "pipeline's user.",
            "Give that user the right to see all leads and contacts again, then run `pardot-odoo "
            "quarantine release --reason record_hidden`.",
        ),
    }
)

FINDINGS: Mapping[FindingCode, Explanation] = MappingProxyType(
    {
        FindingCode.PHONE_UNPARSABLE: Explanation(
            "The text is no phone number of the record's country; it was stored as it is.",
            "Correct the number, write it with + and country code, or fill in the country.",
        ),
        FindingCode.TEXT_CUT: Explanation(
            "The value was longer than its limit and was shortened.",
            "Shorten it in Pardot, or raise the limit in the rules file.",
        ),
        FindingCode.PICKLIST_UNKNOWN: Explanation(
            "The value is none of the known choices.",
            "Add it to the value map in the rules file, or choose a known value in Pardot.",
        ),
        FindingCode.COUNTRY_UNKNOWN: Explanation(
            "No country has this name or code; the country was left empty.",
            "Use the English or native name or an ISO code in Pardot.",
        ),
        FindingCode.STATE_UNKNOWN: Explanation(
            "The state is not one of its country's in Odoo, or there is no country; it was left "
            "empty.",
            "Correct the state, fill in the country, or add the state to Odoo.",
        ),
        FindingCode.HTML_REMOVED: Explanation(
            "HTML tags were taken out of the text.",
            "Look where the text came from, usually a form without a filter.",
        ),
        FindingCode.FORMULA_NEUTRALISED: Explanation(
            "The text would act as a formula in a spreadsheet; an apostrophe was put before it.",
            "Correct the value in Pardot if the sign is a typing mistake.",
        ),
        FindingCode.TIME_AMBIGUOUS: Explanation(
            "The time has no offset and falls into a clock change (the earlier reading was "
            "taken), or is no time at all (it was left empty).",
            "Set the account's time zone to one without clock changes, for example UTC.",
        ),
        FindingCode.NUMBER_UNREADABLE: Explanation(
            "The text is no number, or too large a one for Odoo; the field was left empty.",
            "Correct it in Pardot, or map the field to a text field with `transform: text`.",
        ),
        FindingCode.NUMBER_ROUNDED: Explanation(
            "The number has more decimals than its rule keeps and was rounded.",
            "Raise `decimals` of the field in the rules file.",
        ),
        FindingCode.REQUIRED_MISSING: Explanation(
            "A field that the rules call required is empty.",
            "Fill it in in Pardot, or take `required` off the field in the rules file.",
        ),
        FindingCode.CONSENT_NOT_PROVISIONED: Explanation(
            "This person refuses e-mail in Pardot, and Odoo's blacklist could not be written; the "
            "lead and the contact show it all the same.",
            "Run `pardot-odoo provision` with an Odoo administrator.",
        ),
        FindingCode.RECORD_MISSING: Explanation(
            "A system said that the record does not exist while it was written; the person is read "
            "again on both sides by id, and what is gone at a second look is followed.",
            "Nothing to do unless it stays: then compare the person in both systems.",
        ),
    }
)


def reason_codes_page() -> str:
    """The text of ``docs/reason-codes.md``."""
    parts = [
        "# Reason codes",
        "",
        "Printed from `pardot_odoo_pipeline/mapping/reasons.py`; edit the texts there.",
        "The lists are closed: nothing else ever appears in reports, the ledger or the UI.",
        "",
        "## Dispositions",
        "",
        "Every row that a batch reads gets exactly one.",
        "",
        *_table(DISPOSITIONS),
        "",
        "## Quarantine reasons",
        "",
        "Row level: the person is not synced until the cause is gone. Other rows are not affected.",
        "",
        *_table(QUARANTINE),
        "",
        "## Findings",
        "",
        "Value level: the person is synced; the raw value is kept in the findings. There is at",
        "most one finding for a prospect, field and code. Prospects that are quarantined,",
        "archived or merged into another one are not counted.",
        "",
        *_table(FINDINGS),
    ]
    return "\n".join(parts) + "\n"


def _table(rows: Mapping[Any, Explanation]) -> list[str]:
    head = ["| code | meaning | what to do |", "|---|---|---|"]
    return head + [f"| `{code}` | {text.meaning} | {text.fix} |" for code, text in rows.items()]
