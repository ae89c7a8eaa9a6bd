"""The planted data is what the population says."""

from __future__ import annotations

from datetime import datetime

from pardot_odoo_pipeline.sandbox.population import Population

from .conftest import SIZE


def test_every_field_of_every_person_is_served_as_planted(pardot):
    population = Population(seed=7, size=SIZE)
    planted = {p.row["id"]: p.row for p in population.prospects()}
    several = {
        f"{definition['fieldId']}__c"
        for definition in population.custom_fields()
        if definition["type"] in ("checkbox", "multi-select")
    }
    names = [name for name in next(iter(planted.values())) if name not in several]
    served = pardot.everything("prospects", fields=",".join(names), deleted="all", limit=1000)
    assert len(served) == len(planted) == SIZE
    for person in served:
        row = planted[person["id"]]
        for name in names:
            expected, found = row[name], person[name]
            if isinstance(expected, datetime):
                assert datetime.fromisoformat(found) == expected.replace(microsecond=0), name
            else:
                assert found == expected, name


def test_memberships_and_activities_are_all_there(pardot):
    population = Population(seed=7, size=SIZE)
    counts = pardot.control("GET", "/counts")
    assert counts["list-memberships"] == sum(1 for _ in population.memberships())
    assert counts["visitor-activities"] == sum(1 for _ in population.activities())
    assert counts["campaigns"] == len(population.campaigns())
    assert counts["users"] == len(population.users())
