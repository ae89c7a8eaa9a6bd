"""The protocol of the `consent` server action: what goes in, what comes out, what is promised.

What lives here: the words both ends share, the exact form of payload and answer, and the text of
the action as Odoo stores it. What does not: the call (`odoo/consent.py`) and the installation
(`odoo/provisioning/`).

Why it is
    Only administrators and the users of Email Marketing may read or write `mail.blacklist`. The
    synchronisation's user is a plain salesperson, who sees `is_blacklisted` on leads and contacts
    and no more. A change of the blacklist moves no `write_date` of theirs either, so that without
    this action a block made by hand is found only when the person is read for another reason.

Where it is
    As the `apply` action (`odoo/apply_action/protocol.py`): external id `pardot.consent_action`,
    bound to the same technical model, restricted to the same group.

Call
    `ir.actions.server.run`, ids `[action id]`, payload in the context under `CONTEXT_KEY`.

Payload
    ::

        {"protocol": 1,
         "block":   [{"email": key, "cause": CAUSE}, ...],
         "unblock": [{"email": key, "cause": CAUSE}, ...],
         "changed": {"since": "YYYY-MM-DD HH:MM:SS", "until": the same,
                     "after": id, "limit": n} or false}

    `key` is the match key of a person (`x_pardot_email_key`). Without the payload the answer is a
    UserError, with another protocol number `{"protocol": 1, "refused": "protocol"}`.

Answer
    ::

        {"protocol": 1,
         "addresses": [{"email": key, "status": STATUS}, ...],    # block, then unblock, in order
         "changed": [{"email": key, "blocked": bool, "ours": bool,
                      "write_date": "YYYY-MM-DD HH:MM:SS"}, ...],
         "next": id or false}                                     # for `after` of the next page

Status
    done      blocked or unblocked now; a note on the entry names the cause.
    same      it was so already; nothing is written.
    kept      not unblocked: somebody else was the last to change the entry, so the block is theirs.
    unknown   no lead or contact that the caller may see has this address: nothing is done.

Rights
    Everything runs with the caller's own rights but for `mail.blacklist` and the notes on it, and
    there only for addresses of leads and contacts that the caller may see.
"""

from __future__ import annotations

from importlib import resources

__all__ = [
    "CONSENT_CONTEXT_KEY",
    "CONSENT_EXTERNAL_NAME",
    "CONSENT_NAME",
    "CONSENT_PROTOCOL",
    "consent_code",
    "consent_protocol_of",
]

CONSENT_PROTOCOL = 1
CONSENT_CONTEXT_KEY = "pardot_consent"
CONSENT_EXTERNAL_NAME = "consent_action"

_NAME_PREFIX = "Pardot: set consent, protocol "
CONSENT_NAME = f"{_NAME_PREFIX}{CONSENT_PROTOCOL}"


def consent_protocol_of(action_name: str) -> int | None:
    """Read the protocol number out of an action's name; None when the action is not this one.

    >>> consent_protocol_of("Pardot: set consent, protocol 3")
    3
    >>> consent_protocol_of("Pardot: apply people, protocol 1")
    """
    number = action_name.removeprefix(_NAME_PREFIX)
    return int(number) if number != action_name and number.isdecimal() else None


def consent_code() -> str:
    """Return the Python text that Odoo stores and runs."""
    return (resources.files(__package__) / "server_code.py").read_text(encoding="utf-8")
