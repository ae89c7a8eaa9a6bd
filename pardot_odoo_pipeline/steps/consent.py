"""May this person be written to, or called: what both systems are told of it.

What lives here: reading flags and records for the lattice, and its answer in each side's own words.
What does not: the lattice (`merge.consent`) and Odoo's blacklist (`odoo.consent`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    CALL,
    FLAGS,
    MAIL,
    MAIL_FLAGS,
    Member,
    channel_part,
    document,
)
from pardot_odoo_pipeline.steps.consent_plan import (
    BLOCK_CELL,
    NO_CALLS,
    ConsentPlan,
    SiblingPlan,
    losers_in,
)

__all__ = ["Consent", "ConsentPlan", "Member", "SiblingPlan", "apply_blocks", "consent_fields"]

_KEY, _BLOCKED = "x_pardot_email_key", "is_blacklisted"
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
    of_a_record = [_BLOCKED, _KEY, NO_CALLS, *_SHOWN.values()]
    return {"pardot": sorted(FLAGS), LEAD: of_a_record, PARTNER: list(of_a_record)}


class Consent:
    """Decides for one person at a time.

    Args:
        rules: The section of the rules file.
        token: Address to a word that tells it again and does not reveal it.
        writable: Whether Odoo's blacklist can be written.
    """

    def __init__(
        self, rules: ConsentRules, token: Callable[[str], str], *, writable: bool = True
    ) -> None:
        self._token = token
        self._writable = writable
        put = rules.block_sets
        said = frozenset({MailFlag.OPTED_OUT.value, MailFlag.DO_NOT_EMAIL.value})
        flags = frozenset(flag.value for flag in rules.blocks)
        self._mail = Channel(flags, said, put.value if put else None, rules.lift)
        calls = frozenset({CALL})
        self._call = Channel(calls, calls, CALL, rules.lift) if rules.calls else None

    @classmethod
    def of(cls, ports: Ports) -> Consent:
        """For the two systems of a batch."""
        return cls(
            ports.rules.consent,
            lambda key: ports.lookup_key.hash(key)[:16],
            writable=ports.blacklist.writable,
        )

    def decide(
        self,
        raw: Mapping[str, Any] | None,
        row: Mapping[str, Any],
        lead: Mapping[str, Any] | None,
        partner: Mapping[str, Any] | None,
        memory: Mapping[str, Any] | None,
        siblings: Sequence[Member] = (),
    ) -> ConsentPlan:
        """Decide for the leader of an address, and everybody who shares it.

        Args:
            raw: The leader's row of Pardot, with the fields of `consent_fields`.
            row: Its normalised row: ``prospect_id`` and ``email_key``.
            lead: The lead as it stands; None when there is none yet.
            partner: The same of the contact.
            memory: What was stored with the link.
            siblings: The others with this address; those that were not read stand as remembered.
        """
        leader = Member(row["prospect_id"], raw, memory)
        known = [leader, *siblings]
        members = [member for member in known if member.known]
        records = {LEAD: lead, PARTNER: partner}
        mail = self._decide_mail(row["email_key"], members, known, records)
        call = self._decide_call(members, known, records)
        parts = {MAIL: mail, CALL: call}
        at = self._token(row["email_key"])
        plans = {
            member.prospect_id: SiblingPlan(
                _merged(parts, member.prospect_id),
                document(member, parts, at, settled=False, leads=member is leader),
                document(member, parts, at, settled=True, leads=member is leader),
                tuple(losers_in(parts, member.prospect_id)),
            )
            for member in known
        }
        own = plans.pop(leader.prospect_id)
        block = mail.odoo.get(BLOCK_CELL)
        wanted = Side.PARDOT in mail.settled.because and not self._writable
        missing = ((_BLOCKED, FindingCode.CONSENT_NOT_PROVISIONED, None),) if wanted else ()
        return ConsentPlan(
            pardot=own.pardot,
            lead=_fields(LEAD, lead, known, mail, call),
            partner=_fields(PARTNER, partner, known, mail, call),
            block=block,
            cause=_cause(mail) if block else "",
            memory=own.memory,
            settled=own.settled,
            losers=(*own.losers, *losers_in(parts, *mail.odoo, *(call.odoo if call else ()))),
            siblings=plans,
            findings=missing,
        )

    def _decide_mail(
        self,
        email_key: str,
        members: Sequence[Member],
        known: Sequence[Member],
        records: Mapping[str, Mapping[str, Any] | None],
    ) -> ChannelDecision:
        told = channel_part(known, MAIL)
        seen = [
            bool(record[_BLOCKED])
            for record in records.values()
            if record and record.get(_KEY) == email_key and _BLOCKED in record
        ]
        was = told.cells.get(BLOCK_CELL)
        if told.there and told.at != self._token(email_key):
            # Another address: what stands there is not ours.
            was = False
        cell = Cell(BLOCK_CELL, any(seen) if seen else None, was, self._writable)
        holders = [member.holder(MAIL_FLAGS) for member in members]
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
