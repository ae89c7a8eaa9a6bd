"""The error playbook: what each kind of failure asks for, who is told, and in which words.

What lives here: the decision as pure data and functions. What does not: the meaning of a system's
answer, which its client decides where it reads it (`pardot.errors`, `pardot.auth`, `odoo.refusals`,
`odoo.silence`), the table of all known failures (`playbook_rows`), and carrying a reaction out
(`run_batch`, `operations.outages`, the clients and loaders).

A failure is known by three things that travel with it: the system, its class, its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.refusals import CONFLICTS, KNOWN
from pardot_odoo_pipeline.pardot.error_codes import meaning_of

__all__ = [
    "BOOK",
    "NAMES",
    "Audience",
    "Entry",
    "Reaction",
    "Words",
    "reaction_of",
    "words",
]


class Reaction(StrEnum):
    """What is done, each by a part that runs by itself."""

    WAIT_FOR_SYSTEM = "wait_for_system"
    RENEW_CREDENTIALS = "renew_credentials"
    PAUSE_UNTIL_RESET = "pause_until_reset"
    PAUSE_LANE = "pause_lane"
    MEND_SETUP = "mend_setup"
    RETRY_RECORD = "retry_record"
    RECONCILE_RECORD = "reconcile_record"
    TRY_AGAIN = "try_again"
    TRY_AGAIN_COUNTED = "try_again_counted"
    RESTART_PAGING = "restart_paging"
    SHRINK_REQUEST = "shrink_request"


class Audience(StrEnum):
    """Who is told, beyond the log."""

    ADMIN = "the admin"
    MARKETER = "the marketer"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the book.

    Attributes:
        done: What the pipeline does, in one sentence.
        audience: Who is told.
        when: When they are told.
        title: In which line; ``{name}`` is the system, ``{lane}`` a kind of batches.
        text: What it means for the sync meanwhile.
    """

    done: str
    audience: Audience
    when: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a person is told, in three sentences.

    Attributes:
        title: What is wrong, in one line.
        text: What it means for the sync meanwhile.
        fix: What to do.
    """

    title: str
    text: str
    fix: str


_WAITING = (
    "Nothing begins that needs {name}, no record spends a retry and nothing is lost. {name} is "
    "asked again after 1, 2, 4, 8, then every 15 minutes; once it answers, all that waits is done, "
    "urgent people first"
)
BOOK: Mapping[Reaction, Entry] = {
    Reaction.WAIT_FOR_SYSTEM: Entry(
        "After some tries within the call the system is left alone and asked now and then; what "
        "waits is done once it answers.",
        Audience.ADMIN,
        "at once, and when it is over",
        "{name} does not work",
        _WAITING,
    ),
    Reaction.RENEW_CREDENTIALS: Entry(
        "The access token is renewed once. Where that does not help, the system is left alone; "
        "each look tries the credentials that the settings hold by then.",
        Audience.ADMIN,
        "at once, and when it is over",
        "{name} refuses the credentials",
        "Nothing begins that needs {name}, no record spends a retry and nothing is lost. New "
        "credentials in the settings are tried at the next look, after 1, 2, 4, 8, then every 15 "
        "minutes, with no restart",
    ),
    Reaction.PAUSE_UNTIL_RESET: Entry(
        "Nothing is asked until the account's day ends; then the sync goes on by itself.",
        Audience.ADMIN,
        "at once, and when it is over",
        "{name}'s daily limit of calls is used up",
        "Nothing is asked of {name} until the limit resets, no record spends a retry and nothing "
        "is lost; then the sync goes on by itself",
    ),
    Reaction.PAUSE_LANE: Entry(
        "Only batches of that kind pause until the account's day ends; all others go on.",
        Audience.ADMIN,
        "at once, and when it is over",
        "{name} refuses batches of the kind {lane}",
        "Only these pause until the limit resets, then they go on by themselves; all others do now",
    ),
    Reaction.MEND_SETUP: Entry(
        "The batch stops before it writes more and waits for a person; cursors stay where they "
        "are, so later batches read the same people again.",
        Audience.ADMIN,
        "at once",
        "{name} refuses what the set-up asks for",
        "The batch failed and is not tried again by itself; nobody in it is lost",
    ),
    Reaction.RETRY_RECORD: Entry(
        "This person is tried again after 5, 10, 20, 40, 80 and 120 minutes, then suspended; "
        "everybody else is synced.",
        Audience.MARKETER,
        "when records are suspended, once for each code",
        "{name} refuses values of a record",
        "These people were tried six times and are left alone now; everybody else is synced. They "
        "are tried again when they are edited, or with `pardot-odoo retries release`",
    ),
    Reaction.RECONCILE_RECORD: Entry(
        "It is noted as a finding, and the person is read again on both sides by id; what is gone "
        "at a second look is followed as a deletion.",
        Audience.MARKETER,
        "in `status` and `explain`",
        "{name} does not have a record any more",
        "The person is read again on both sides; nothing else waits for that",
    ),
    Reaction.TRY_AGAIN: Entry(
        "Tried again within the call, then with the batch after a rest, as often as it takes.",
        Audience.NOBODY,
        "",
        "{name} was busy",
        "It passes by itself",
    ),
    Reaction.TRY_AGAIN_COUNTED: Entry(
        "The batch is tried again after 1, 2, 4 and 8 minutes; after five failures it waits for a "
        "person.",
        Audience.ADMIN,
        "when the batch is given up",
        "{name} failed in a way that is not known",
        "The batch was tried five times; cursors stay where they are, so nobody in it is lost",
    ),
    Reaction.RESTART_PAGING: Entry(
        "Reading begins anew from the last row, within the same batch.",
        Audience.NOBODY,
        "",
        "A chain of pages expired",
        "It passes by itself",
    ),
    Reaction.SHRINK_REQUEST: Entry(
        "Asked again for less at once, within the same batch.",
        Audience.NOBODY,
        "",
        "A request was too large",
        "It passes by itself",
    ),
}

NAMES = {"pardot": "Pardot", "odoo": "Odoo", "ledger": "The ledger"}

_OF_THE_DAY = {"122", "quota_spent"}
"""The registry's code of the account's daily limit of calls, and ours of our budget, both for all
kinds of work. 164 is that of import batches, ``lane_spent`` that of a part of our budget."""

# These pass by themselves, and say nothing of the system as a whole: the update met another one, a
# job of the account failed, one object is not ready.
_OF_A_REQUEST = {
    "pardot": {
        *("62", "75", "116", "117", "121", "157", "158", "168", "178", "244"),
        *("export_failed", "export_late", "export_expired", "download_broken"),
        *("import_failed", "import_late", "import_expired", "slots_taken"),
    },
    "odoo": set(CONFLICTS),
}

# Nobody gets in this way, whatever is asked: address, certificate, account, the way of signing in.
_NO_ENTRY = {
    "pardot": {
        *("53", "76", "88", "89", "110", "111", "126", "131", "181", "182", "201"),
        *("tls", "page", "no_token"),
    },
    "odoo": {
        *("tls", "address", "no_database", "not_odoo", "too_old"),
        *("http_301", "http_302", "http_303", "http_307", "http_308"),
    },
}
_OF_THE_CLASS = {
    FailureClass.RENEW_CREDENTIALS: Reaction.RENEW_CREDENTIALS,
    FailureClass.PAUSE_UNTIL_RESET: Reaction.PAUSE_LANE,
    FailureClass.RETRY_LATER: Reaction.TRY_AGAIN,
    FailureClass.CONFIGURATION: Reaction.MEND_SETUP,
    FailureClass.MISSING_RECORD: Reaction.RECONCILE_RECORD,
    FailureClass.BAD_RECORD: Reaction.RETRY_RECORD,
    FailureClass.RESTART_PAGING: Reaction.RESTART_PAGING,
    FailureClass.SHRINK_REQUEST: Reaction.SHRINK_REQUEST,
}


def reaction_of(
    failure_class: FailureClass | None,
    system: str | None,
    code: str | int | None,
    *,
    quota_is_met: bool = False,
) -> Reaction:
    """What a failure asks for.

    Args:
        failure_class: As the client decided it.
        system: Which system answered, or did not; None for failures of our own.
        code: The failure's code.
        quota_is_met: Whether the account itself says that its calls are used up.
    """
    name, of = "" if code is None else str(code), system or ""
    if failure_class is FailureClass.PAUSE_UNTIL_RESET and (quota_is_met or name in _OF_THE_DAY):
        return Reaction.PAUSE_UNTIL_RESET
    if failure_class is FailureClass.CONFIGURATION and name in _NO_ENTRY.get(of, ()):
        return Reaction.WAIT_FOR_SYSTEM
    if failure_class is FailureClass.RETRY_LATER and of in _OF_A_REQUEST:
        # Odoo names the exception. One that nobody knows is of some module, and may come of the
        # data: asking Odoo whether it is up would not answer that.
        if of == "odoo" and "." in name and name not in KNOWN:
            return Reaction.TRY_AGAIN_COUNTED
        if name not in _OF_A_REQUEST[of]:
            return Reaction.WAIT_FOR_SYSTEM
    if failure_class is None:
        return Reaction.TRY_AGAIN_COUNTED
    return _OF_THE_CLASS[failure_class]


def words(
    code: str | int | None,
    system: str,
    *,
    reaction: Reaction = Reaction.RETRY_RECORD,
    lane: str = "",
    cause: str = "",
    fix: str = "",
) -> Words:
    """What people are told of a failure, in plain words.

    Args:
        code: Its code; where runbooks read a number otherwise than the registry, both are said.
        system: Which system.
        reaction: What is done about it.
        lane: The kind of batches that pauses.
        cause: The failure's own sentence, where it is at hand.
        fix: The failure's own advice.
    """
    entry, name = BOOK[reaction], NAMES.get(system, system)
    said = cause.rstrip(".")
    if not said and system == "pardot":
        said = meaning_of(str(code or "").removeprefix("pardot_"))
    text = entry.text.format(name=name) + "."
    return Words(
        entry.title.format(name=name, lane=lane),
        f"{said}. {text}" if said else text,
        f"{fix.rstrip('.')}." if fix else "",
    )
