"""Who surely agrees, told by hashes: of them nothing needs to be planned.

What lives here: both sides of a bucket brought into one form and hashed, group by group. What does
not: the comparison of hashes (`merge.agreement_hashes`), and what becomes of everybody else, who is
planned as in any batch.

The screen is narrow on purpose. It lets through a person of the plainest kind (one prospect with
the address, both records linked and theirs, nobody refusing anything, versions no older than
recorded) whose every cell shows in Odoo what Pardot's value comes to through the mapping. A plan of
such a person does nothing; a test holds both to each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from functools import cached_property
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.mapping.automation_rules import QualifyAction
from pardot_odoo_pipeline.mapping.rules import Authority, Direction, Rules
from pardot_odoo_pipeline.mapping.stage_rules import DealScope
from pardot_odoo_pipeline.merge.agreement_hashes import Sides, value_hash
from pardot_odoo_pipeline.merge.people import INHERITED, LEAD, PARTNER
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.consent import consent_fields
from pardot_odoo_pipeline.steps.departures import STATE
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline.steps.odoo_records import EMAIL_KEY, PROSPECT_ID

__all__ = ["Screen"]

_SAYS_NOTHING: tuple[Any, ...] = (None, {}, {"on": []})
_OFF = frozenset({None, "", "false", "0"})

Row = Mapping[str, Any]


class Screen:
    """Compares the people of one bucket.

    Args:
        mapping: The rules on this Odoo.
        rules: The rules file.
        known: The ledger's links of these people.
        grouped: Prospects who follow another one, or are followed: they are decided together.
    """

    def __init__(
        self,
        mapping: OdooMapping,
        rules: Rules,
        known: Mapping[str, Link],
        grouped: Container[str] = (),
    ) -> None:
        self._mapping = mapping
        self._rules = rules
        self._known = known
        self._grouped = grouped

    @property
    def applies(self) -> bool:
        """Whether the rules decide by mapped values alone; else everybody is planned."""
        automation = self._rules.automation
        return (
            automation.qualify.action is QualifyAction.OFF
            and not automation.assignment
            and not self._rules.required_fields
            and (not self._has_deals or self._rules.stages.of is DealScope.OPPORTUNITIES)
        )

    @property
    def _has_deals(self) -> bool:
        return self._rules.stages.tells or self._rules.stages.has_lists

    @cached_property
    def _groups(self) -> tuple[tuple[str, ...], ...]:
        """Cells whose values only Pardot makes, and all others."""
        groups: dict[bool, list[str]] = {True: [], False: []}
        for source, keys in self._mapping.sources().items():
            policy = self._mapping.policy(source)
            made = policy.direction is Direction.TO_ODOO and policy.authority is Authority.PARDOT
            groups[made] += [key for key in keys if not _is_inherited(key)]
        return tuple(tuple(sorted(keys)) for keys in groups.values())

    def agreeing(
        self, raw: pd.DataFrame, normalized: pd.DataFrame, records: pd.DataFrame
    ) -> set[str]:
        """The prospects who surely agree.

        Args:
            raw: ``pardot_prospects_raw``.
            normalized: ``prospects_normalized``.
            records: ``odoo_records_raw``.
        """
        if not self.applies:
            return set()
        found = {(row["model"], int(row["record_id"])): row["values"] for row in rows(records)}
        shares = Counter(key for key in normalized["email_key"] if isinstance(key, str))
        flags = ["id", *(name for name in consent_fields()["pardot"] if name in raw.columns)]
        refusing = {
            row["id"]
            for row in rows(raw[flags])
            if any(str(row[name] or "").lower() not in _OFF for name in flags[1:])
        }
        sides = Sides(len(self._groups))
        people: list[str] = []
        for row in rows(normalized):
            who = row["prospect_id"]
            link = self._known.get(who)
            if link is None or row["is_deleted"] or who in refusing or who in self._grouped:
                continue
            if shares[row["email_key"]] > 1:
                continue
            shown = self._records(row, link, found)
            if shown is not None:
                sides.add(who, *self._hashes(row, shown))
                people.append(who)
        return set(people).difference(sides.differing())

    def _records(
        self, row: Row, link: Link, found: Mapping[tuple[str, int], str]
    ) -> dict[str, Row] | None:
        """Both records of a plain person; None for whoever is anything else."""
        if not _is_plain(link) or _is_older(row["updated_at"], link.pardot_version):
            return None
        shown: dict[str, Row] = {}
        for model, record_id, version in (
            (LEAD, link.lead_id, link.lead_version),
            (PARTNER, link.partner_id, link.partner_version),
        ):
            document = found.get((model, record_id or 0))
            if document is None:
                return None
            record: Row = orjson.loads(document)
            if (
                record[PROSPECT_ID] != link.prospect_id
                or record[EMAIL_KEY] != row["email_key"]
                or record.get(STATE) not in (False, None, "active")
                or _is_older(odoo_moment(record["write_date"]), version)
                or any(record.get(name) for name in consent_fields()[model] if name != EMAIL_KEY)
            ):
                return None
            shown[model] = record
        lead, partner = shown[LEAD], shown[PARTNER]
        if lead["partner_id"] != link.partner_id or partner["is_company"]:
            return None
        return None if self._has_deals and lead.get("type") != "lead" else shown

    def _hashes(self, row: Row, shown: Mapping[str, Row]) -> tuple[list[int], list[int]]:
        desired = self._mapping.desired(row)
        form = self._mapping.normal_form
        ours: list[int] = []
        theirs: list[int] = []
        for keys in self._groups:
            told: list[Any] = []
            held: list[Any] = []
            for key in keys:
                model, _, name = key.partition("/")
                # What was not read on a side takes no part.
                if name in desired[model] and name in shown[model]:
                    told.append(form(key, desired[model][name]))
                    held.append(form(key, shown[model][name]))
            ours.append(value_hash(told))
            theirs.append(value_hash(held))
        return ours, theirs


def _is_plain(link: Link) -> bool:
    return (
        link.state is LinkState.ACTIVE
        and link.leads
        and link.missing_since is None
        and link.merged_into is None
        and link.consent in _SAYS_NOTHING
    )


def _is_older(at: Any, known: Any) -> bool:
    return known is not None and (at is None or at < known)


def _is_inherited(key: str) -> bool:
    """A lead that has a contact shows that one's address and phone: no cell of its own."""
    model, _, name = key.partition("/")
    return model == LEAD and name in INHERITED
