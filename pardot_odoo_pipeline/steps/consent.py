"""May this person be written to, or called: what both systems are told of it.

What lives here: reading flags and records for the lattice, and its answer in each side's own words.
What does not: the lattice (`merge.consent`) and Odoo's blacklist (`odoo.consent`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.mapping.consent_rules import ConsentRules, MailFlag
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.merge.consent import (
    Cell,
    Channel,
    ChannelDecision,
    Side,
    decide_channel,
)
from pardot_odoo_pipeline.odoo.consent import BlockStatus
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.consent_memory import (
    BLOCK_CELL,
    CALL,
    ELSEWHERE,
    FLAGS,
    MAIL,
    MAIL_FLAGS,
    Member,
    address_part,
    channel_part,
    document,
    fingerprint,
    part_of,
)
from pardot_odoo_pipeline.steps.consent_plan import (
    NO_CALLS,
    ConsentPlan,
    SiblingPlan,
    losers_in,
)

__all__ = [
    "BLOCKED",
    "Consent",
    "ConsentPlan",
    "Member",
    "SiblingPlan",
    "apply_blocks",
    "consent_fields",
]

BLOCKED = "is_blacklisted"
_KEY = "x_pardot_email_key"
_SHOWN = {
    MailFlag.OPTED_OUT.value: "x_pardot_opted_out",
    MailFlag.DO_NOT_EMAIL.value: "x_pardot_do_not_email",
    MailFlag.HARD_BOUNCED.value: "x_pardot_hard_bounced",
}
_CAUSES = {
    MailFlag.OPTED_OUT.value: "opted_out",
    MailFlag.DO_NOT_EMAIL.value: "do_not_email",
    MailFlag.HARD_BOUNCED.value: "hard_bounced",
}


def consent_fields() -> dict[str, list[str]]:
    """What `decide` has to be given, by system and model."""
    of_a_record = [BLOCKED, _KEY, NO_CALLS, *_SHOWN.values()]
    return {"pardot": sorted(FLAGS), LEAD: of_a_record, PARTNER: list(of_a_record)}


class Consent:
    """Decides for one person at a time.

    Args:
        rules: The section of the rules file.
        token: Address to a word that tells it again and does not reveal it.
        writable: Whether Odoo's blacklist can be written.
        ours: Addresses, as that word, whose block is known to be the pipeline's own, whatever is
            remembered.
    """

    def __init__(
        self,
        rules: ConsentRules,
        token: Callable[[str], str],
        *,
        writable: bool = True,
        ours: frozenset[str] = frozenset(),
    ) -> None:
        self._ours = ours
        self._token = token
        self._writable = writable
        put = rules.block_sets
        said = frozenset({MailFlag.OPTED_OUT.value, MailFlag.DO_NOT_EMAIL.value})
        flags = frozenset(flag.value for flag in rules.blocks)
        self._mail = Channel(flags, said, put.value if put else None, rules.lift)
        calls = frozenset({CALL})
        self._call = Channel(calls, calls, CALL, rules.lift) if rules.calls else None

    @classmethod
    def of(cls, ports: Ports, own_blocks: Collection[str] = ()) -> Consent:
        """For the two systems of a batch; `own_blocks`: hashes of addresses that we blocked."""
        return cls(
            ports.rules.consent,
            lambda key: fingerprint(ports.lookup_key.hash(key)),
            writable=ports.blacklist.writable,
            ours=frozenset(fingerprint(one) for one in own_blocks),
        )

    def decide(
        self,
        raw: Mapping[str, Any] | None,
        row: Mapping[str, Any],
        lead: Mapping[str, Any] | None,
        partner: Mapping[str, Any] | None,
        memory: Mapping[str, Any] | None,
        siblings: Sequence[Member] = (),
        blocked: Callable[[str], bool | None] = lambda email_key: None,
    ) -> ConsentPlan:
        """Decide for a leader and everybody who follows it: calls together, e-mail by address.

        Args:
            raw: The leader's row of Pardot, with the fields of `consent_fields`.
            row: Its normalised row: ``prospect_id`` and ``email_key``.
            lead: The lead as it stands; None when there is none yet.
            partner: The same of the contact.
            memory: What was stored with the link.
            siblings: Its followers; those that were not read stand as remembered.
            blocked: Whether any record in Odoo shows an address as blocked; None: none has it.
        """
        leader = Member(row["prospect_id"], raw, memory)
        known = [leader, *siblings]
        records = {LEAD: lead, PARTNER: partner}
        at = self._token(row["email_key"])
        seen = [
            bool(record[BLOCKED])
            for record in records.values()
            if record and record.get(_KEY) == row["email_key"] and BLOCKED in record
        ]
        here = [member for member in known if member.at is None]
        shown = any(seen) if seen else blocked(row["email_key"])
        mail = self._decide_mail(at, here, known, shown, there=True)
        elsewhere = self._decide_elsewhere(known, blocked)
        call = self._decide_call([member for member in known if member.known], known, records)
        plans = {
            member.prospect_id: _plan_of(
                member,
                {MAIL: elsewhere.get(member.at) if member.at else mail, CALL: call},
                at,
                leads=member is leader,
            )
            for member in known
        }
        for other, decision in elsewhere.items():
            # One of those who have the address carries what is told to Odoo.
            carrier = min(m.prospect_id for m in siblings if m.at == other and m.email_key)
            plans[carrier] = _carrying(plans[carrier], decision)
        own = _carrying(plans.pop(leader.prospect_id), mail)
        wanted = Side.PARDOT in mail.settled.because and not self._writable
        missing = ((BLOCKED, FindingCode.CONSENT_NOT_PROVISIONED, None),) if wanted else ()
        in_odoo = losers_in({CALL: call}, *(call.odoo if call else ()))
        return ConsentPlan(
            pardot=own.pardot,
            lead=_fields(LEAD, lead, here, mail, call),
            partner=_fields(PARTNER, partner, here, mail, call),
            block=own.block,
            cause=own.cause,
            memory=own.memory | _elsewhere(known, elsewhere, settled=False),
            settled=own.settled | _elsewhere(known, elsewhere, settled=True),
            losers=(*own.losers, *in_odoo),
            siblings=plans,
            findings=missing,
        )

    def _decide_elsewhere(
        self, known: Sequence[Member], blocked: Callable[[str], bool | None]
    ) -> dict[str, ChannelDecision]:
        """E-mail to the addresses of followers that are not the leader's, as far as read."""
        found = {}
        for at, email_key in {m.at: m.email_key for m in known if m.at and m.email_key}.items():
            group = [member for member in known if member.at == at]
            shown = blocked(email_key)
            found[at] = self._decide_mail(at, group, known, shown, there=shown is not None)
        return found

    def _decide_mail(
        self,
        at: str,
        group: Sequence[Member],
        known: Sequence[Member],
        shown: bool | None,
        *,
        there: bool,
    ) -> ChannelDecision:
        """One address; where no record in Odoo has it, nobody can block it there."""
        told = address_part(group, at, known)
        holders = [member.holder(MAIL_FLAGS) for member in group if member.known]
        was = told.cells.get(BLOCK_CELL)
        # What we put there because of somebody who still refuses is no wish of Odoo's.
        if at in self._ours and any(holder.own & self._mail.flags for holder in holders):
            was = True
        cell = Cell(BLOCK_CELL, shown, was, self._writable and there)
        return decide_channel(self._mail, holders, [cell], told.because, told.refused)

    def _decide_call(
        self,
        members: Sequence[Member],
        known: Sequence[Member],
        records: Mapping[str, Mapping[str, Any] | None],
    ) -> ChannelDecision | None:
        if self._call is None:
            return None
        told = channel_part(known, CALL)
        cells = [
            Cell(model, bool(record[NO_CALLS]), told.cells.get(model))
            for model, record in records.items()
            if record and NO_CALLS in record
        ]
        holders = [member.holder(frozenset({CALL})) for member in members]
        return decide_channel(self._call, holders, cells, told.because, told.refused)


def apply_blocks(
    ports: Ports, blocks: Mapping[str, bool], causes: Mapping[str, str] | None = None
) -> set[str]:
    """Put addresses on Odoo's blacklist, or lift our blocks.

    Args:
        ports: The connection.
        blocks: Match key to whether it is blocked.
        causes: Match key to `ConsentPlan.cause`.

    Returns:
        The addresses whose state is settled: blocked, lifted, so already, or blocked by somebody
        else, which the next look takes for Odoo's own wish.

    Raises:
        OdooError: Odoo refuses or does not answer; asking again does no harm.
    """
    why = causes or {}
    on = {key: why.get(key) or "opted_out" for key, wanted in blocks.items() if wanted}
    done = ports.blacklist.block(on)
    done |= ports.blacklist.unblock(key for key, wanted in blocks.items() if not wanted)
    return {key for key, status in done.items() if status is not BlockStatus.UNKNOWN}


def _plan_of(
    member: Member, parts: Mapping[str, ChannelDecision | None], at: str, *, leads: bool
) -> SiblingPlan:
    keeps = (MAIL, CALL) if leads else (MAIL,) if member.at else ()
    before, after = (
        document(member, parts, member.at or at, settled=settled, keeps=keeps)
        for settled in (False, True)
    )
    losers = tuple(losers_in(parts, member.prospect_id))
    return SiblingPlan(_merged(parts, member.prospect_id), before, after, losers)


def _carrying(plan: SiblingPlan, mail: ChannelDecision) -> SiblingPlan:
    block = mail.odoo.get(BLOCK_CELL)
    losers = (*plan.losers, *losers_in({MAIL: mail}, *mail.odoo))
    return replace(plan, block=block, cause=_cause(mail) if block else "", losers=losers)


def _elsewhere(
    known: Sequence[Member], decided: Mapping[str, ChannelDecision], *, settled: bool
) -> dict[str, Any]:
    """What the leader's document says of other addresses; of those not read, what it said."""
    before = (known[0].memory or {}).get(ELSEWHERE, {})
    parts = {
        at: part_of(decided[at], at, settled=settled) if at in decided else before.get(at)
        for at in sorted({member.at for member in known if member.at})
    }
    told = {at: part for at, part in parts.items() if part}
    return {ELSEWHERE: told} if told else {}


def _merged(parts: Mapping[str, ChannelDecision | None], prospect_id: str) -> dict[str, Any]:
    return {
        name: value
        for part in parts.values()
        if part is not None
        for name, value in part.pardot.get(prospect_id, {}).items()
    }


def _fields(
    model: str,
    record: Mapping[str, Any] | None,
    members: Sequence[Member],
    mail: ChannelDecision,
    call: ChannelDecision | None,
) -> dict[str, Any]:
    """The fields of one record that are not what they must be."""
    wanted: dict[str, bool] = {}
    for flag, name in _SHOWN.items():
        on = any(flag in flags for flags, _ in mail.settled.holders.values())
        # What nobody has ever read is not shown as "no".
        if on or all(flag in member.flags for member in members):
            wanted[name] = on
    if call is not None:
        wanted[NO_CALLS] = (
            bool(call.settled.because) if record is None else call.settled.cells.get(model, False)
        )
    if record is None:
        return {name: value for name, value in wanted.items() if value}
    return {
        name: value
        for name, value in wanted.items()
        if name in record and bool(record[name]) != value
    }


def _cause(mail: ChannelDecision) -> str:
    """The weightiest reason that anybody with the address gives."""
    on = {flag for flags, _ in mail.settled.holders.values() for flag in flags}
    return next((_CAUSES[flag] for flag in _SHOWN if flag in on), "opted_out")
