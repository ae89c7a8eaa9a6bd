"""Normalisation against a population that knows its own truth.

The population plants clean facts, spoils them on the way into the row, and states what each row
must become without any of this package's code: two readings of one set of rules, compared field by
field.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, NamedTuple

import pytest

from pardot_odoo_pipeline.mapping.canonical import canonical_raw, coalesce_by_id
from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions, normalize_prospects
from pardot_odoo_pipeline.mapping.picklists import grade_rank
from pardot_odoo_pipeline.mapping.places import known_states_from
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.sandbox.odoo.reference import geography
from pardot_odoo_pipeline.sandbox.population import PlantedProspect, Population
from pardot_odoo_pipeline.sandbox.population.texts import INDUSTRIES
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.quarantine import Findings, Quarantined
from pardot_odoo_pipeline.schemas.rows import rows

SIZE = 3_000


class Compared(NamedTuple):
    """A population and what normalisation made of it, by prospect id."""

    planted: dict[str, PlantedProspect]
    normalised: dict[str, dict[str, Any]]
    quarantined: dict[str, str]
    findings: dict[str, set[tuple[str, str]]]

    def living(self):
        """Those whose values count: neither in the recycle bin nor without a valid address."""
        for key, person in self.planted.items():
            if not person.truth.is_deleted and not person.truth.email_problem:
                yield key, person


def odoo_states():
    states: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for country, code, name in geography.states():
        states[country][code] = name
    return known_states_from(states)


@pytest.fixture(scope="module", params=[7, 20261123], ids=lambda seed: f"seed {seed}")
def compared(request) -> Compared:
    population = Population(seed=request.param, size=SIZE)
    planted = {str(person.row["id"]): person for person in population.prospects()}
    campaigns = {campaign["id"]: campaign["name"] for campaign in population.campaigns()}
    raw = coalesce_by_id(
        canonical_raw(
            [
                {**person.row, "campaign": {"name": campaigns.get(person.row["campaignId"])}}
                for person in planted.values()
            ]
        )
    )
    valid, quarantined = split_prospects(raw)
    choices = {"industry": {name.lower(): name for name in INDUSTRIES}}
    frame, found = normalize_prospects(
        valid, NormalizeOptions(default_rules(), odoo_states(), choices)
    )
    ProspectsNormalized.validate(frame, lazy=True)
    Quarantined.validate(quarantined, lazy=True)
    Findings.validate(found, lazy=True)
    findings: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows(found):
        findings[row["prospect_id"]].add((row["field"], row["code"]))
    return Compared(
        planted,
        {row["prospect_id"]: row for row in rows(frame)},
        {row["prospect_id"]: row["reason"] for row in rows(quarantined)},
        findings,
    )


def test_exactly_the_people_without_a_valid_address_are_set_aside(compared):
    expected = {
        key: person.truth.email_problem
        for key, person in compared.planted.items()
        if person.truth.email_problem and not person.truth.is_deleted
    }
    assert compared.quarantined == expected
    assert set(expected.values()) == {"email_missing", "email_invalid"}
    assert compared.normalised.keys() == compared.planted.keys() - expected.keys()


def test_every_value_is_the_planted_one(compared):
    wrong: list[tuple[str, str, Any, Any]] = []
    seen: Counter[str] = Counter()
    for key, person in compared.living():
        ours = as_the_truth_tells(compared.normalised[key])
        assert person.truth.values.keys() == ours.keys() & person.truth.values.keys()
        for column, value in person.truth.values.items():
            seen[column] += value is not None
            if ours[column] != value:
                wrong.append((key, column, value, ours[column]))
    assert wrong == []
    assert all(count > SIZE / 100 for count in seen.values()), seen


def test_every_finding_is_the_planted_one(compared):
    wrong = [
        (key, person.truth.findings ^ compared.findings[key])
        for key, person in compared.living()
        if person.truth.findings != compared.findings[key]
    ]
    assert wrong == []
    codes = {code for found in compared.findings.values() for _, code in found}
    # Times carry their offset in this population: none is ambiguous.
    assert len(codes) == 7


def test_people_in_the_recycle_bin_are_marked_and_make_no_findings(compared):
    deleted = {key for key, person in compared.planted.items() if person.truth.is_deleted}
    assert deleted
    for key in deleted:
        assert compared.normalised[key]["is_deleted"] is True
        assert not compared.findings.get(key)


def as_the_truth_tells(row: dict[str, Any]) -> dict[str, Any]:
    known = row["industry"] in INDUSTRIES
    return row | {
        "grade_rank": grade_rank(row["grade"]),
        "industry": row["industry"] if known else None,
        "industry_raw": row["industry"],
    }
