from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from pardot_odoo_pipeline.sandbox.population import ExpectedPerson, GroundTruth, Outcome, Population

SIZE = 4_000
POPULATION = Population(seed=7, size=SIZE)


@pytest.fixture(scope="module")
def truth() -> GroundTruth:
    return POPULATION.truth()


@pytest.fixture(scope="module")
def everybody(truth) -> list[ExpectedPerson]:
    return list(truth)


@pytest.fixture(scope="module")
def seeds() -> list[dict]:
    return list(POPULATION.odoo_seed())


@pytest.fixture(scope="module")
def rows() -> dict[str, dict]:
    return {str(planted.row["id"]): planted.row for planted in POPULATION.prospects()}


def key_of(row: dict) -> str:
    return (row["email"] or "").strip().lower()


@pytest.mark.parametrize(("seed", "size"), [(7, 2_000), (1, 500), (23, 1_000), (7, 1)])
def test_outcomes_sum_to_what_was_read(seed, size):
    counts = Population(seed=seed, size=size).truth().counts
    outcomes = (
        counts.leads_created
        + counts.leads_updated
        + counts.unchanged
        + counts.merged
        + sum(counts.quarantined.values())
        + counts.archived
    )
    assert outcomes == counts.prospects_read == size
    synced = counts.leads_created + counts.leads_updated
    assert counts.contacts_created + counts.contacts_updated == synced


def test_counts_agree_with_the_people_one_by_one(truth, everybody):
    dispositions = Counter(person.disposition for person in everybody)
    assert dispositions[Outcome.CREATED] == truth.counts.leads_created
    assert dispositions[Outcome.MERGED] == truth.counts.merged
    assert dispositions[Outcome.ARCHIVED] == truth.counts.archived
    codes = Counter(code for person in everybody for _, code in person.findings)
    assert dict(codes) == dict(truth.counts.findings)


def test_one_person_is_found_by_id_without_the_others(truth, everybody):
    for person in (everybody[0], everybody[-1], everybody[SIZE // 2]):
        assert POPULATION.truth().expected(person.prospect_id) == person
        assert POPULATION.truth().expected(int(person.prospect_id)) == person
    with pytest.raises(KeyError):
        truth.expected(1)


def test_every_kind_of_trouble_occurs(truth):
    assert set(truth.counts.quarantined) == {
        "email_missing",
        "email_invalid",
        "identity_ambiguous",
    }
    assert set(truth.counts.findings) == {
        "country_unknown",
        "formula_neutralised",
        "html_removed",
        "phone_unparsable",
        "picklist_unknown",
        "state_unknown",
        "text_cut",
    }
    assert truth.counts.merged > 0
    assert truth.counts.leads_updated > 0
    assert truth.counts.contacts_updated > 0
    assert truth.counts.archived > 0


def test_only_synced_people_have_values_and_findings(everybody):
    for person in everybody:
        synced = person.disposition in {Outcome.CREATED, Outcome.UPDATED}
        assert (person.lead is not None) == (person.partner is not None) == synced
        assert synced or not person.findings
        assert (person.reason is not None) == (person.disposition is Outcome.QUARANTINED)


def test_of_all_living_holders_of_an_address_the_most_active_is_synced(truth, rows):
    holders = defaultdict(list)
    for row in rows.values():
        reason = truth.expected(row["id"]).reason
        if not row["isDeleted"] and reason not in {"email_missing", "email_invalid"}:
            holders[key_of(row)].append(row)
    shared = [people for people in holders.values() if len(people) > 1]
    assert len(shared) > 50
    merged = 0
    for people in shared:
        expected = {str(p["id"]): truth.expected(p["id"]) for p in people}
        if any(e.disposition is Outcome.QUARANTINED for e in expected.values()):
            assert {e.reason for e in expected.values()} == {"identity_ambiguous"}
            continue
        ranked = sorted(
            people,
            key=lambda p: (
                -(p["lastActivityAt"].timestamp() if p["lastActivityAt"] else 0),
                -p["updatedAt"].timestamp(),
                p["id"],
            ),
        )
        leader, *rest = (str(p["id"]) for p in ranked)
        assert expected[leader].lead is not None
        for other in rest:
            assert expected[other].disposition is Outcome.MERGED
            assert expected[other].leader == leader
            merged += 1
    assert merged == truth.counts.merged


def test_shared_addresses_differ_in_case_and_include_people_in_the_recycle_bin(rows):
    holders = defaultdict(list)
    for row in rows.values():
        if "@" in (row["email"] or ""):
            holders[key_of(row)].append(row)
    shared = [people for people in holders.values() if len(people) > 1]
    assert any(len({p["email"] for p in people}) > 1 for people in shared)
    assert any(any(p["isDeleted"] for p in people) for people in shared)
    assert any(len(people) > 2 for people in shared)


def test_seeded_records_are_a_few_percent_and_refer_backwards(seeds):
    assert 0.02 * SIZE < len(seeds) < 0.06 * SIZE
    known: set[str] = set()
    for record in seeds:
        assert record["model"] in {"res.partner", "crm.lead"}
        assert record["ref"] not in known
        link = record["values"].get("partner_id")
        assert link is None or link["ref"] in known
        known.add(record["ref"])
    kinds = Counter(record["ref"].split("_")[0] for record in seeds)
    assert min(kinds[kind] for kind in ("contact", "lead", "company", "stranger")) > 0


def test_an_address_held_twice_in_odoo_is_ambiguous_for_all_its_people(truth, seeds, rows):
    for model, field in (("crm.lead", "email_from"), ("res.partner", "email")):
        held = Counter(
            record["values"][field].lower() for record in seeds if record["model"] == model
        )
        twice = {key for key, count in held.items() if count > 1}
        assert twice
        for row in rows.values():
            if key_of(row) in twice and not row["isDeleted"]:
                assert truth.expected(row["id"]).reason == "identity_ambiguous"


def test_what_odoo_holds_stays_and_blanks_are_filled(truth, seeds, rows):
    columns = {"function": "job_title", "city": "city", "phone": "phone", "zip": "zip"}
    ids = {key_of(row): row["id"] for row in rows.values() if row["email"]}
    kept = filled = 0
    for record in seeds:
        values = record["values"]
        address = (values.get("email_from") or values.get("email")).lower()
        person = truth.expected(ids[address]) if address in ids else None
        if person is None or person.lead is None:
            continue
        after = person.lead if record["model"] == "crm.lead" else person.partner
        for odoo, column in columns.items():
            if odoo in values:
                assert after[column] == values[odoo]
                kept += 1
            elif after[column] is not None:
                filled += 1
        assert after["prospect_id"] == person.prospect_id
        assert after["score"] == rows[person.prospect_id]["score"]
    assert kept > 50
    assert filled > 30


def test_a_lead_seeded_without_a_contact_gets_one(everybody):
    updated = [person for person in everybody if person.disposition is Outcome.UPDATED]
    without = [person for person in updated if not person.contact_existed]
    assert without
    for person in without:
        for column in ("email", "full_name", "job_title", "company", "phone", "street", "city"):
            assert person.partner[column] == person.lead[column]
    assert any(person.contact_existed for person in updated)
    created = [person for person in everybody if person.disposition is Outcome.CREATED]
    assert any(person.contact_existed for person in created)


def test_the_lead_is_titled_after_person_and_company(everybody):
    titles = [person.lead for person in everybody if person.disposition is Outcome.CREATED]
    assert any(v["lead_title"] == f"{v['full_name']} – {v['company']}" for v in titles)
    assert all(v["lead_title"] == v["full_name"] for v in titles if not v["company"])
    assert all(v["full_name"] for v in titles)
