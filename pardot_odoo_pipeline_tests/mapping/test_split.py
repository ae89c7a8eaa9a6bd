from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.schemas.prospects_validated import ProspectsValidated
from pardot_odoo_pipeline.schemas.quarantine import Quarantined
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline_tests.mapping.people import frame_of, person
from pardot_odoo_pipeline_tests.mapping.strategies import FRAMES

BAD = {
    "email_missing": {"email": None},
    "email_invalid": {"email": "ada@@example.com"},
    "identity_conflict": {"id": None},
}


def reasons(frame):
    return [(row["prospect_id"], row["reason"]) for row in rows(frame)]


def test_bad_rows_are_set_aside_and_the_others_go_on():
    frame = frame_of(
        person(id=1),
        person(id=2, email=None),
        person(id=3, email="   "),
        person(id=4, email="no-at-sign"),
        person(id=5, email="  ok@example.com "),
    )
    valid, quarantined = split_prospects(frame)
    assert [row["id"] for row in rows(valid)] == ["1", "5"]
    assert reasons(quarantined) == [
        ("2", "email_missing"),
        ("3", "email_missing"),
        ("4", "email_invalid"),
    ]
    ProspectsValidated.validate(valid, lazy=True)
    Quarantined.validate(quarantined, lazy=True)


def test_the_detail_names_the_cause_and_no_value():
    secret = "very-private-person"
    _, quarantined = split_prospects(frame_of(person(id=4, email=secret, firstName=secret)))
    assert secret not in quarantined.to_csv()
    assert "syntax" in quarantined["detail"].iloc[0]


def test_people_in_the_recycle_bin_need_no_address():
    frame = frame_of(person(id=1, email=None, isDeleted=True), person(id=2, email="x", isDeleted=1))
    valid, quarantined = split_prospects(frame)
    assert len(valid) == 2
    assert len(quarantined) == 0


def test_a_row_with_an_unusable_id_is_counted_not_lost():
    frame = frame_of(person(id=None), person(id="7x"), person(id=None, email=None))
    valid, quarantined = split_prospects(frame)
    assert len(valid) == 0
    assert reasons(quarantined) == [
        ("", "identity_conflict"),
        ("7x", "identity_conflict"),
        ("", "identity_conflict"),
    ]


def test_an_empty_frame_splits_into_two():
    valid, quarantined = split_prospects(frame_of(person()).iloc[:0])
    assert len(valid) == len(quarantined) == 0
    assert list(quarantined.columns) == ["prospect_id", "reason", "detail"]


def test_a_frame_without_its_columns_is_an_error_of_the_frame():
    with pytest.raises(PipelineError, match="schema"):
        split_prospects(frame_of(person()).drop(columns=["phone"]))


@FRAMES
@given(st.lists(st.sampled_from(["good", *BAD]), max_size=12))
def test_every_row_lands_on_exactly_one_side(kinds):
    people = [person(id=at + 1) | BAD.get(kind, {}) for at, kind in enumerate(kinds)]
    frame = frame_of(*people) if people else frame_of(person()).iloc[:0]
    valid, quarantined = split_prospects(frame)
    assert len(valid) == kinds.count("good")
    assert [row["reason"] for row in rows(quarantined)] == [k for k in kinds if k != "good"]
