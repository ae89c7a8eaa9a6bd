"""What is remembered of consent between two batches: the JSON document of a link.

What lives here: reading and writing that document, and a prospect's flags with what is remembered
of them. What does not: any decision (`merge.consent`, `steps.consent`).

The document holds ids, the names of flags and a fingerprint of the address: nothing else of a
person. Every prospect has its flags in its own one; what Odoo showed stands in the leader's. ::

    {"on": ["optedOut", ...],                   # the flags that were left on
     "known": ["optedOut", ...],                # those that were ever read, where not all were
     "put": ["optedOut"],                       # those that are there because of Odoo
     "mail": {"at": fingerprint, "because": ["odoo"], "refused": [prospect id, ...],
              "cells": {"mail.blacklist": true}},
     "isDoNotCall": {...}}                      # the same, with the models as cells

What says nothing is left out: of most people there is `{"on": []}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.mapping.consent_rules import MailFlag
from pardot_odoo_pipeline.merge.consent import ChannelDecision, Holder, Side

__all__ = [
    "CALL",
    "FLAGS",
    "MAIL",
    "MAIL_FLAGS",
    "ChannelPart",
    "Member",
    "channel_part",
    "document",
]

MAIL, CALL = "mail", "isDoNotCall"
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
    """

    prospect_id: str
    raw: Mapping[str, Any] | None
    memory: Mapping[str, Any] | None

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
            return ChannelPart(
                True,
                part.get("at", ""),
                frozenset(Side(word) for word in part["because"]),
                frozenset(part["refused"]),
                part["cells"],
            )
    return ChannelPart()


def document(
    member: Member,
    parts: Mapping[str, ChannelDecision | None],
    at: str,
    *,
    settled: bool,
    leads: bool,
) -> dict[str, Any]:
    """What is to be stored with a prospect's link.

    Args:
        member: The prospect.
        parts: The decisions by channel; None for a channel that is switched off.
        at: Fingerprint of the address.
        settled: Whether it is stored after everything was written, rather than before.
        leads: Whether it is the leader.
    """
    flags, put = dict(member.flags), set[str]()
    told: dict[str, Any] = {}
    for name, part in parts.items():
        if part is None:
            # Switched off, perhaps for a while: what was known stays known.
            memory = member.memory or {}
            put |= set(memory.get("put", ())) & {name}
            if leads and name in memory:
                told[name] = memory[name]
            continue
        after = part.settled if settled else part.memory
        on, ours = after.holders.get(member.prospect_id, (frozenset(), frozenset()))
        domain = MAIL_FLAGS if name == MAIL else frozenset({name})
        flags |= {flag: flag in on for flag in domain if flag in flags or flag in on}
        put |= ours
        if leads and (after.because or after.refused or any(after.cells.values())):
            told[name] = {
                "at": at,
                "because": sorted(after.because),
                "refused": sorted(after.refused),
                "cells": dict(after.cells),
            }
    if put:
        told["put"] = sorted(put)
    if flags.keys() != FLAGS:
        told["known"] = sorted(flags)
    return {"on": sorted(name for name, on in flags.items() if on), **told}
