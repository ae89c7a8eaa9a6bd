from __future__ import annotations

import io
import json

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.canonical import canonical_raw, coalesce_by_id
from pardot_odoo_pipeline.mapping.fields import STANDARD_COLUMNS
from pardot_odoo_pipeline.schemas.prospects_raw import ProspectsRaw
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline_tests.mapping.people import ADA, frame_of, person
from pardot_odoo_pipeline_tests.mapping.strategies import FRAMES

PEOPLE = [
    ADA,
    person(id=8, email=None, score=None, isDeleted=True, campaign=None, comments='a "b", c\n\nd'),
    person(id=9, phone="", grade=None, favouriteColour__c="grün"),
]


def as_json_query(people):
    return pd.DataFrame(json.loads(json.dumps(people)))


def as_csv_export(people, **options):
    flat = []
    for one in people:
        row = {key: value for key, value in one.items() if key != "campaign"}
        row["campaign.name"] = (one["campaign"] or {}).get("name")
        row["isDeleted"] = "true" if row["isDeleted"] else "false"
        row["score"] = "" if row["score"] is None else str(row["score"])
        flat.append(row)
    text = pd.DataFrame(flat).to_csv(index=False)
    return pd.read_csv(io.StringIO(text), dtype=str, **options)


def plain(frame):
    return [dict(sorted(row.items())) for row in rows(frame)]


def test_both_ways_of_extraction_give_the_same_frame():
    from_json = canonical_raw(as_json_query(PEOPLE))
    for options in ({}, {"keep_default_na": False}):
        assert plain(canonical_raw(as_csv_export(PEOPLE, **options))) == plain(from_json)


def test_every_value_is_text_or_missing_under_the_schema():
    frame = ProspectsRaw.validate(canonical_raw(as_json_query(PEOPLE)), lazy=True)
    first = next(rows(frame))
    assert first["id"] == "7"
    assert first["score"] == "120"
    assert first["isDeleted"] == "false"
    assert first["campaign.name"] == "Spring 2025"
    assert first["addressTwo"] is None
    assert "campaign" not in frame.columns


def test_half_a_surrogate_pair_is_dropped_and_stops_nothing():
    rows_of_json = json.loads('[{"id": 1, "city": "K\\ud800öln"}, {"id": 2}]')
    assert [row["city"] for row in rows(canonical_raw(rows_of_json))] == ["Köln", None]


def test_rows_and_a_frame_of_them_give_the_same():
    people = [{"favouriteColour__c": None, **one} for one in PEOPLE]
    assert plain(canonical_raw(people)) == plain(canonical_raw(as_json_query(people)))


def test_numbers_that_pandas_made_floats_are_whole_again():
    frame = canonical_raw(pd.DataFrame({"id": [1, 2], "score": [5, None]}))
    assert [row["score"] for row in rows(frame)] == ["5", None]


def test_columns_that_were_not_extracted_are_there_and_empty():
    frame = canonical_raw(pd.DataFrame({"id": [1], "email": ["a@example.com"]}))
    assert set(frame.columns) == {*STANDARD_COLUMNS, "unread"}
    assert next(rows(frame))["phone"] is None


def test_what_was_not_read_is_named_row_by_row():
    whole, part = dict(ADA), {"id": 8, "email": "b@example.com", "campaign": None}
    first, second = rows(canonical_raw([whole, part], expected=["colour__c"]))
    assert first["unread"] == "colour__c"
    read = {"id", "email", "campaign.name"}
    assert set(second["unread"].split()) == {*STANDARD_COLUMNS, "colour__c"} - read
    _, other = rows(canonical_raw([{**ADA, "likes__c": ["tea"]}, ADA]))
    assert other["unread"] == "likes__c"
    [whole] = rows(canonical_raw([{**ADA, "colour__c": None}], expected=["colour__c"]))
    assert (whole["unread"], whole["colour__c"]) == (None, None)


def test_a_column_that_an_export_lacks_was_read_of_nobody():
    frame = canonical_raw(as_csv_export(PEOPLE).drop(columns=["score", "campaign.name"]))
    assert {row["unread"] for row in rows(frame)} == {"score campaign.name"}


def test_what_was_not_read_stays_so_until_a_value_comes():
    [row] = rows(canonical_raw([{"id": 8, "email": "b@example.com"}]))
    [again] = rows(canonical_raw([{**row, "score": 7}]))
    assert set(row["unread"].split()) - set(again["unread"].split()) == {"score"}


def test_no_rows_are_a_frame_with_all_columns():
    assert list(canonical_raw(pd.DataFrame()).columns) == [*STANDARD_COLUMNS, "unread"]


def test_canonical_form_is_its_own_canonical_form():
    once = canonical_raw(as_json_query(PEOPLE))
    assert plain(canonical_raw(once)) == plain(once)


def test_of_two_rows_of_one_prospect_the_one_updated_last_stays():
    frame = frame_of(
        person(id=1, city="old", updatedAt="2025-05-16T11:00:00-07:00"),
        person(id=2),
        person(id=1, city="new", updatedAt="2025-05-16T18:30:00+00:00"),
        person(id=1, city="older", updatedAt="2025-05-16T17:00:00+00:00"),
    )
    kept = list(rows(coalesce_by_id(frame)))
    assert [(row["id"], row["city"]) for row in kept] == [("2", "London"), ("1", "new")]


def test_of_equally_new_rows_the_last_read_stays_and_an_undated_one_never_wins():
    frame = frame_of(
        person(id=1, city="first"),
        person(id=1, city="second"),
        person(id=1, city="undated", updatedAt=None),
    )
    assert [row["city"] for row in rows(coalesce_by_id(frame))] == ["second"]


def test_rows_without_an_id_are_not_taken_for_twins():
    frame = frame_of(person(id=None), person(id=None))
    assert len(coalesce_by_id(frame)) == 2


@FRAMES
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 59)), max_size=12))
def test_coalescing_keeps_every_prospect_once_and_its_newest_row(pairs):
    people = [person(id=key, updatedAt=f"2025-01-01T00:00:{second:02}Z") for key, second in pairs]
    kept = list(rows(coalesce_by_id(frame_of(*people))))
    newest = {}
    for key, second in pairs:
        newest[str(key)] = max(newest.get(str(key), 0), second)
    assert {row["id"]: int(row["updatedAt"][17:19]) for row in kept} == newest
    assert len(kept) == len(newest)
