"""What senders call the types of events. Pure.

What lives here: the words that are understood, and the form in which others are kept. What does
not: what a type means (`pushed_events`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pardot_odoo_pipeline.pushed_events import EventType

__all__ = ["type_of"]

_LONGEST = 64
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9.\-]+")

# Without spaces and signs, in lower case. The types' own words are added below.
_ALIASES = {
    EventType.FORM_SUBMITTED: ("formsubmission", "formsubmit", "formsuccess", "submittedform"),
    EventType.FORM_HANDLER_SUBMITTED: (
        "formhandlersubmission",
        "formhandlersubmit",
        "formhandlersuccess",
        "submittedformhandler",
    ),
    EventType.EMAIL_OPENED: ("emailopen", "open", "opened", "openedemail"),
    EventType.EMAIL_CLICKED: (
        "emailclick",
        "click",
        "clicked",
        "clickedemail",
        "linkclicked",
        "emaillinkclicked",
        "trackedlinkclicked",
    ),
    EventType.EMAIL_BOUNCED: ("emailbounce", "bounce", "bounced", "hardbounce", "hardbounced"),
    EventType.UNSUBSCRIBED: (
        "unsubscribe",
        "emailunsubscribed",
        "emailunsubscribe",
        "optout",
        "optedout",
        "emailoptout",
        "emailoptedout",
    ),
    EventType.PAGE_VIEWED: ("pageview", "pagevisit", "pagevisited", "viewedpage"),
    EventType.LIST_JOINED: (
        "listjoin",
        "listadded",
        "listadd",
        "addedtolist",
        "listmembershipcreated",
        "listsubscribed",
    ),
    EventType.LIST_LEFT: (
        "listleave",
        "listremoved",
        "listremove",
        "removedfromlist",
        "listmembershipdeleted",
        "listunsubscribed",
    ),
    EventType.SCORE_CHANGED: ("scorechange", "scoreupdated", "scoreupdate"),
    EventType.PROSPECT_CREATED: ("prospectcreate", "prospectadded", "newprospect"),
    EventType.PROSPECT_UPDATED: ("prospectupdate", "prospectchanged", "prospectchange"),
    EventType.PROSPECT_DELETED: ("prospectdelete", "prospectremoved"),
    EventType.RECORD_CHANGED: (),
    EventType.TEST: (),
}
_KNOWN = {
    word: kind.value
    for kind, aliases in _ALIASES.items()
    for word in (kind.value.replace("_", ""), *aliases)
}


@lru_cache(maxsize=1024)
def type_of(word: str) -> str | None:
    """The type that a sender means: a known one, else its own word as a slug.

    None where nothing of the word is left, or it looks like an address: a type is no place for one.
    """
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    known = _KNOWN.get(re.sub(r"[^a-z0-9]", "", plain.lower()))
    if known is not None:
        return known
    if "@" in plain:
        return None
    slug = _OTHER.sub("_", _BOUNDARY.sub("_", plain.strip()).lower()).strip("_.-")
    return slug[:_LONGEST] or None
