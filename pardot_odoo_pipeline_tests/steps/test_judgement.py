"""What an answer of Odoo's means: above all, when it must not be taken for agreement."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pardot_odoo_pipeline.mapping.odoo_values import OdooLookups
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.loader import PersonResult, RecordResult, RecordStatus
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline.steps.outcomes import judge


@pytest.fixture(scope="module")
def mapping() -> OdooMapping:
    return OdooMapping(load_rules(None), OdooLookups())


def answer(status: RecordStatus, **values: Any) -> PersonResult:
    lead = RecordResult(status, 3, "2026-01-01 00:00:00", values)
    return PersonResult("7", RecordResult(RecordStatus.SAME, 4, "2026-01-01 00:00:00", {}), lead)


def row(**wanted: Any) -> dict[str, Any]:
    return {
        "disposition": Disposition.CREATED.value,
        "lead_values": json.dumps(wanted),
        "partner_values": None,
    }


def test_a_record_that_another_batch_made_with_other_values_is_planned_anew(mapping) -> None:
    met = answer(RecordStatus.EXISTS, function="Old title")
    assert judge(met, row(function="New title"), mapping) == (
        Disposition.RETRYING,
        "created_meanwhile",
    )


def test_a_record_that_shows_what_we_wanted_is_unchanged(mapping) -> None:
    met = answer(RecordStatus.EXISTS, function="Title", website="http://x.example")
    wanted = row(function="Title", website="x.example", type="lead")
    assert judge(met, wanted, mapping) == (Disposition.UNCHANGED, None)


def test_an_edit_made_meanwhile_is_a_matter_for_another_plan(mapping) -> None:
    met = answer(RecordStatus.CONFLICT, function="By hand")
    assert judge(met, row(function="Ours"), mapping) == (Disposition.RETRYING, "edited_meanwhile")
