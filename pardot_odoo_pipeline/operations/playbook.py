"""The error playbook: what each kind of failure asks for, who is told, and in which words.

What lives here: the decision as pure data and functions. What does not: the meaning of a system's
answer, which its client decides where it reads it (`pardot.errors`, `pardot.auth`, `odoo.refusals`,
`odoo.transport`), and carrying a reaction out (`run_batch`, `operations.outages`, the loaders).

A failure is known by three things that travel with it: the system, its class, its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.refusals import CONFLICTS, KNOWN
from pardot_odoo_pipeline.pardot.error_codes import SPECIFIED_MEANINGS

__all__ = ["Reaction", "Words", "reaction_of", "words"]


class Reaction(StrEnum):
    """What is done, each by a part that runs by itself."""

    RENEW_CREDENTIALS = "renew_credentials"
    WAIT_FOR_SYSTEM = "wait_for_system"
    PAUSE_UNTIL_RESET = "pause_until_reset"
    PAUSE_LANE = "pause_lane"
    TRY_AGAIN = "try_again"
    TRY_AGAIN_COUNTED = "try_again_counted"
    RECONCILE_RECORD = "reconcile_record"
    RETRY_RECORD = "retry_record"
    MEND_SETUP = "mend_setup"
    RESTART_PAGING = "restart_paging"
    SHRINK_REQUEST = "shrink_request"


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


_NAMES = {"pardot": "Pardot", "odoo": "Odoo"}

_OF_THE_DAY = 122
"""The registry's code of the account's daily limit of calls; 164 is that of import batches."""

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
    name = "" if code is None else str(code)
    match failure_class:
        case FailureClass.RENEW_CREDENTIALS:
            return Reaction.RENEW_CREDENTIALS
        case FailureClass.PAUSE_UNTIL_RESET:
            is_met = quota_is_met or name == str(_OF_THE_DAY)
            return Reaction.PAUSE_UNTIL_RESET if is_met else Reaction.PAUSE_LANE
        case FailureClass.RETRY_LATER if system in _OF_A_REQUEST:
            if name in _OF_A_REQUEST[system]:
                return Reaction.TRY_AGAIN
            # Odoo names the exception. One that nobody knows is of some module, and may come of the
            # data: asking Odoo whether it is up would not answer that.
            if system == "odoo" and "." in name and name not in KNOWN:
                return Reaction.TRY_AGAIN_COUNTED
            return Reaction.WAIT_FOR_SYSTEM
        case FailureClass.RETRY_LATER:
            return Reaction.TRY_AGAIN
        case FailureClass.CONFIGURATION if name in _NO_ENTRY.get(system or "", ()):
            return Reaction.WAIT_FOR_SYSTEM
        case FailureClass.CONFIGURATION:
            return Reaction.MEND_SETUP
        case FailureClass.MISSING_RECORD:
            return Reaction.RECONCILE_RECORD
        case FailureClass.BAD_RECORD:
            return Reaction.RETRY_RECORD
        case FailureClass.RESTART_PAGING:
            return Reaction.RESTART_PAGING
        case FailureClass.SHRINK_REQUEST:
            return Reaction.SHRINK_REQUEST
    return Reaction.TRY_AGAIN_COUNTED


_WAITING = "Nothing begins that needs {name}, no record spends a retry, and nothing is lost: "
_TITLES = {
    Reaction.WAIT_FOR_SYSTEM: "{name} does not work",
    Reaction.RENEW_CREDENTIALS: "{name} refuses the credentials",
    Reaction.PAUSE_UNTIL_RESET: "{name}'s daily limit of calls is used up",
    Reaction.PAUSE_LANE: "{name} refuses batches of the kind {lane}",
}
_TEXTS = {
    Reaction.WAIT_FOR_SYSTEM: _WAITING + "{name} is asked again after 1, 2, 4, 8, then every 15 "
    "minutes, and once it answers all that waits is done, urgent people first",
    Reaction.RENEW_CREDENTIALS: _WAITING + "new credentials are tried after 1, 2, 4, 8, then every "
    "15 minutes, with no restart",
    Reaction.PAUSE_UNTIL_RESET: _WAITING + "the sync goes on by itself after the reset",
    Reaction.PAUSE_LANE: "Only these batches pause until the limit resets; all others go on",
}


def words(
    code: str | int | None,
    system: str,
    *,
    reaction: Reaction = Reaction.WAIT_FOR_SYSTEM,
    lane: str = "",
    cause: str = "",
    fix: str = "",
) -> Words:
    """What people are told of a system that is left alone.

    Args:
        code: The failure's code; where runbooks read it otherwise than the registry, both are said.
        system: Which system.
        reaction: What is done about it.
        lane: The kind of batches that pauses.
        cause: The failure's own sentence.
        fix: The failure's own advice.
    """
    name = _NAMES.get(system, system)
    title = _TITLES[reaction].format(name=name, lane=lane)
    text = _TEXTS[reaction].format(name=name)
    known = SPECIFIED_MEANINGS.get(code) if isinstance(code, int) else None
    said = cause.rstrip(".")
    if known and known not in said:
        said = f"{said}; as users often know code {code}: {known}"
    return Words(
        title, f"{said}. {text}." if said else f"{text}.", fix.rstrip(".") + "." if fix else ""
    )
