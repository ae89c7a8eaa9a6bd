from __future__ import annotations

import time
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions, normalize_prospects
from pardot_odoo_pipeline.mapping.places import known_states_from
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.quarantine import Findings
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline_tests.mapping.people import frame_of, person
from pardot_odoo_pipeline_tests.mapping.strategies import FRAMES, nasty_text

OPTIONS = NormalizeOptions(
    rules=default_rules(),
    known_states=known_states_from({"US": {"CA": "California"}}),
    choices={"industry": {"scientific": "Scientific", "construction": "Construction"}},
)


def normalize(*people, options=OPTIONS):
    result = normalize_prospects(frame_of(*people), options)
    ProspectsNormalized.validate(result.frame, lazy=True)
    Findings.validate(result.findings, lazy=True)
    return list(rows(result.frame)), list(rows(result.findings))


def rules_with(tmp_path, text) -> Rules:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def test_a_person_in_canonical_form():
    (ada,), findings = normalize(person())
    assert findings == []
    assert ada == {
        "prospect_id": "7",
        "email": "Ada.Byron@Example.com",
        "email_key": "ada.byron@example.com",
        "first_name": "Ada",
        "last_name": "Byron",
        "full_name": "Ada Byron",
        "lead_title": "Ada Byron – Analytical Engines Ltd",
        "job_title": "Countess",
        "company": "Analytical Engines Ltd",
        "phone": "+442079460018",
        "street": "12 St James's Square",
        "street2": None,
        "city": "London",
        "zip": "SW1Y 4JH",
        "state": None,
        "country": "GB",
        "website": "http://www.example.com",
        "industry": "Scientific",
        "score": 120,
        "grade": "A-",
        "source": "Webinar",
        "campaign": "Spring 2025",
        "comments": "first line\nsecond line",
        "last_activity_at": datetime(2025, 5, 16, 18, 27, 8, tzinfo=UTC),
        "is_deleted": False,
        "created_at": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        "updated_at": datetime(2025, 5, 16, 18, 27, 8, tzinfo=UTC),
        "unread": None,
    }


def test_findings_name_prospect_column_code_and_raw_value():
    mess = person(
        id=8,
        country="Atlantis",
        state="Poseidonia",
        phone="ring me",
        industry="Time Travel",
        grade="Z",
        jobTitle="<b>=boss</b>",
        city="x" * 200,
        updatedAt="yesterday",
    )
    (row,), findings = normalize(mess)
    assert {(f["field"], f["code"]) for f in findings} == {
        ("country", "country_unknown"),
        ("state", "state_unknown"),
        ("phone", "phone_unparsable"),
        ("industry", "picklist_unknown"),
        ("grade", "picklist_unknown"),
        ("job_title", "html_removed"),
        ("job_title", "formula_neutralised"),
        ("city", "text_cut"),
        ("updated_at", "time_ambiguous"),
    }
    assert {f["prospect_id"] for f in findings} == {"8"}
    assert next(f["raw"] for f in findings if f["field"] == "country") == "Atlantis"
    assert (row["country"], row["state"], row["grade"]) == (None, None, None)
    assert (row["phone"], row["industry"]) == ("ring me", "Time Travel")
    assert row["job_title"] == "'=boss"


def test_the_country_of_the_record_reads_its_phone_and_state():
    people, findings = normalize(
        person(id=1, country="USA", state="California", phone="(321) 456-0987"),
        person(id=2, country="Germany", state=None, phone="030 1234567"),
    )
    assert [p["phone"] for p in people] == ["+13214560987", "+49301234567"]
    assert [p["state"] for p in people] == ["CA", None]
    assert findings == []


def test_the_default_country_serves_people_without_one(tmp_path):
    options = NormalizeOptions(rules=rules_with(tmp_path, "default_country: DE"))
    (row,), findings = normalize(person(country=None, phone="030 1234567"), options=options)
    assert (row["phone"], row["country"], findings) == ("+49301234567", None, [])


def test_times_without_offset_are_read_in_the_account_zone(tmp_path):
    options = NormalizeOptions(rules=rules_with(tmp_path, "account_time_zone: America/Los_Angeles"))
    (row,), findings = normalize(
        person(lastActivityAt="2025-11-02 01:30:00", createdAt="2025-06-01 00:00:00"),
        options=options,
    )
    assert row["created_at"] == datetime(2025, 6, 1, 7, tzinfo=UTC)
    assert row["last_activity_at"] == datetime(2025, 11, 2, 8, 30, tzinfo=UTC)
    assert [(f["field"], f["code"]) for f in findings] == [("last_activity_at", "time_ambiguous")]


def test_people_in_the_recycle_bin_make_no_findings():
    (row,), findings = normalize(person(isDeleted=True, country="Atlantis", email=None))
    assert row["is_deleted"] is True
    assert row["email_key"] is None
    assert findings == []


def test_limits_value_maps_and_transforms_come_from_the_rules(tmp_path):
    rules = rules_with(
        tmp_path,
        """
        limits: {company: 20}
        picklists: {industry: {"Building trade": Construction}}
        fields:
          jobTitle: {limit: 10}
          favouriteColour__c: {lead: x_colour, transform: text}
          employees__c: {lead: x_employees, transform: number}
        """,
    )
    options = NormalizeOptions(rules=rules, choices=OPTIONS.choices)
    (row,), findings = normalize(
        person(
            jobTitle="Head of everything",
            company="Nordwind International GmbH",
            industry="building TRADE",
            favouriteColour__c=" <i>green</i> ",
            employees__c=12,
        ),
        options=options,
    )
    assert row["job_title"] == "Head of e…"
    assert row["company"] == "Nordwind GmbH"
    assert row["industry"] == "Construction"
    assert (row["favouriteColour__c"], row["employees__c"]) == ("green", 12)
    assert ("favouriteColour__c", "html_removed") in {(f["field"], f["code"]) for f in findings}


def test_an_empty_frame_keeps_its_columns():
    result = normalize_prospects(frame_of(person()).iloc[:0], OPTIONS)
    assert len(result.frame) == len(result.findings) == 0
    assert set(result.frame.columns) == set(ProspectsNormalized.to_schema().columns)


def test_the_frame_survives_parquet(tmp_path):
    result = normalize_prospects(frame_of(person(), person(id=8, score=None)), OPTIONS)
    result.frame.to_parquet(tmp_path / "frame.parquet")
    again = ProspectsNormalized.validate(pd.read_parquet(tmp_path / "frame.parquet"), lazy=True)
    assert list(rows(again)) == list(rows(result.frame))


@FRAMES
@given(nasty_text, nasty_text, nasty_text, st.text(max_size=20))
def test_nothing_that_people_type_breaks_a_batch(one, two, three, four):
    mess = person(
        firstName=one, company=two, comments=three, phone=four, country=four, state=one,
        website=two, industry=three, grade=four, score=one, lastActivityAt=four, source=two,
    )  # fmt: skip
    (row,), findings = normalize(mess)
    assert row["prospect_id"] == "7"
    assert len({(f["field"], f["code"]) for f in findings}) == len(findings)


@pytest.mark.parametrize("size", [20_000])
def test_a_full_batch_takes_seconds(size):
    people = [
        person(id=at, email=f"p{at}@example.com", phone=f"020 7946 {at % 10_000:04}",
               company=f"Engine {at % 3000} International Ltd", zip=str(at))
        for at in range(size)
    ]  # fmt: skip
    frame = frame_of(*people)
    began = time.perf_counter()
    result = normalize_prospects(frame, OPTIONS)
    took = time.perf_counter() - began
    assert len(result.frame) == size
    # About 1 s on an idle core; the bound leaves room for a machine that does other things.
    assert took < 10
