"""What is remembered of consent between two batches: the JSON document of a link.

What lives here: reading and writing that document, and a prospect's flags with what is remembered
of them. What does not: any decision (`merge.consent`, `steps.consent`).

The document holds ids, the names of flags and a fingerprint of the address: nothing else of a
person. Every prospect has its flags in its own one; what Odoo showed stands in the leader's, that
of a follower's other address in its own, too: should it lead one day, it is remembered. ::

    {"on": ["optedOut", ...],                   # the flags that were left on
     "known": ["optedOut", ...],                # those that were ever read, where not all were
     "put": ["optedOut"],                       # those that are there because of Odoo
     "mail": {"at": fingerprint, "because": ["odoo"], "refused": [prospect id, ...],
              "cells": {"mail.blacklist": true}},
     "elsewhere": {fingerprint: {...}},         # as "mail", of followers with other addresses
     "isDoNotCall": {...}}                      # the same, with the models as cells

What says nothing is left out: of most people there is `{"on": []}`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.mapping.consent_rules import MailFlag
from pardot_odoo_pipeline.merge.consent import ChannelDecision, Holder, Side

__all__ = [
    "BLOCK_CELL",
    "CALL",
    "ELSEWHERE",
    "FLAGS",
    "MAIL",
    "MAIL_FLAGS",
    "ChannelPart",
    "Member",
    "address_part",
    "channel_part",
    "document",
    "fingerprint",
    "part_of",
]


def fingerprint(email_hash: str) -> str:
    """The word that tells an address again, from its keyed hash."""
    return email_hash[:16]


MAIL, CALL = "mail", "isDoNotCall"
ELSEWHERE = "elsewhere"
BLOCK_CELL = "mail.blacklist"
MAIL_FLAGS = frozenset(flag.value for flag in MailFlag)
FLAGS = MAIL_FLAGS | {CALL}
_WORDS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Member:
    """One prospect with an address.

    Attributes:
        prospect_id: Its id.
        raw: Its row of Pardot; None when it was not read.
        memory: The document of its link; None when there is none.
        at: Fingerprint of its address; None when that is the leader's.
        email_key: Its address, where it is another one than the leader's and was read.
    """

    prospect_id: str
    raw: Mapping[str, Any] | None
    memory: Mapping[str, Any] | None
    at: str | None = None
    email_key: str | None = None

    @cached_property
    def _remembered(self) -> dict[str, bool]:
        if self.memory is None:
            return {}
        on = frozenset(self.memory.get("on", ()))
        return {name: name in on for name in self.memory.get("known", FLAGS)}

    @cached_property
    def flags(self) -> dict[str, bool]:
        """Flag to whether it is on; as it was left where it was not read."""
        read = {}
        for name in FLAGS:
            value = _WORDS.get(str((self.raw or {}).get(name)).lower())
            # An export leaves out what it has no value for: that is no withdrawal.
            if value is not None:
                read[name] = value
        return self._remembered | read

    @property
    def known(self) -> bool:
        """Whether anything was ever read of it."""
        return bool(self.flags)

    def holder(self, domain: frozenset[str]) -> Holder:
        """What it says within one channel."""
        put = frozenset((self.memory or {}).get("put", ())) & domain
        was = frozenset(name for name, on in self._remembered.items() if on) & domain
        return Holder(
            self.prospect_id,
            frozenset(name for name, on in self.flags.items() if on) & domain,
            was if self.memory else None,
            put,
        )


@dataclass(frozen=True)
class ChannelPart:
    """What is remembered of one channel.

    Attributes:
        there: Whether anything is.
        at: Fingerprint of the address that it is about.
        because, refused, cells: See `merge.consent.ChannelMemory`.
    """

    there: bool = False
    at: str = ""
    because: frozenset[Side] = frozenset()
    refused: frozenset[str] = frozenset()
    cells: Mapping[str, bool] = field(default_factory=dict)


def channel_part(members: Sequence[Member], channel: str) -> ChannelPart:
    """What the leader's document says of a channel; that of a former leader where it says nothing.

    Args:
        members: The leader first.
        channel: `MAIL` or `CALL`.
    """
    for member in members:
        part = (member.memory or {}).get(channel)
        if part:
            return _read(part)
    return ChannelPart()


def address_part(members: Sequence[Member], at: str, known: Sequence[Member]) -> ChannelPart:
    """What is remembered of e-mail to one address.

    Whoever came from another address brings along who refused there, but not what Odoo showed.

    Args:
        members: Those who have it.
        at: Its fingerprint.
        known: The leader, then everybody who follows it.
    """
    documents = [member.memory for member in known if member.memory]
    here = [found for document in documents if (found := document.get(ELSEWHERE, {}).get(at))]
    own = [part for member in members if (part := (member.memory or {}).get(MAIL))]
    here += [part for part in own if part.get("at") == at]
    told = [_read(part) for part in own if part.get("at") != at]
    first = _read(here[0]) if here else ChannelPart(cells={BLOCK_CELL: False} if told else {})
    told.append(first)
    return ChannelPart(
        any(part.there for part in told),
        at,
        frozenset(side for part in told for side in part.because),
        frozenset(who for part in told for who in part.refused),
        first.cells,
    )


def _read(part: Mapping[str, Any]) -> ChannelPart:
    return ChannelPart(
        True,
        part.get("at", ""),
        frozenset(Side(word) for word in part["because"]),
        frozenset(part["refused"]),
        part["cells"],
    )


def document(
    member: Member,
    parts: Mapping[str, ChannelDecision | None],
    at: str,
    *,
    settled: bool,
    keeps: Container[str],
) -> dict[str, Any]:
    """What is to be stored with a prospect's link.

    Args:
        member: The prospect.
        parts: The decisions by channel; None for a channel that is switched off.
        at: Fingerprint of the address.
        settled: Whether it is stored after everything was written, rather than before.
        keeps: The channels of which it keeps what Odoo showed.
    """
    flags, put = dict(member.flags), set[str]()
    told: dict[str, Any] = {}
    for name, part in parts.items():
        domain = MAIL_FLAGS if name == MAIL else frozenset({name})
        if part is None:
            # Switched off, perhaps for a while: what was known stays known.
            memory = member.memory or {}
            put |= domain.intersection(memory.get("put", ()))
            if name in keeps and name in memory:
                told[name] = memory[name]
            continue
        after = part.settled if settled else part.memory
        on, ours = after.holders.get(member.prospect_id, (frozenset(), frozenset()))
        flags |= {flag: flag in on for flag in domain if flag in flags or flag in on}
        put |= ours
        if name in keeps and (said := part_of(part, at, settled=settled)):
            told[name] = said
    if put:
        told["put"] = sorted(put)
    if flags.keys() != FLAGS:
        told["known"] = sorted(flags)
    return {"on": sorted(name for name, on in flags.items() if on), **told}


def part_of(decision: ChannelDecision, at: str, *, settled: bool) -> dict[str, Any]:
    """What is to be remembered of one channel; nothing where nobody refuses."""
    after = decision.settled if settled else decision.memory
    if not (after.because or after.refused or any(after.cells.values())):
        return {}
    return {
        "at": at,
        "because": sorted(after.because),
        "refused": sorted(after.refused),
        "cells": dict(after.cells),
    }
