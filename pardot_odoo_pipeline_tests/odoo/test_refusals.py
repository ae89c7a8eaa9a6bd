"""Which error an exception of Odoo's becomes, and that no value gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessDenied,
    OdooAccessError,
    OdooBadValue,
    OdooConfigurationError,
    OdooConflict,
    OdooError,
    OdooMissingError,
    OdooProtocolError,
    OdooUnavailable,
    OdooUserError,
    OdooValidationError,
)
from pardot_odoo_pipeline.odoo.refusals import _BY_NAME, is_conflict_text, refusal


def told(name: str, message: str = "") -> OdooError:
    return refusal(name, message, model="crm.lead", method="write")


@pytest.mark.parametrize(
    ("name", "message", "kind", "reaction"),
    [
        ("odoo.exceptions.AccessDenied", "", OdooAccessDenied, FailureClass.RENEW_CREDENTIALS),
        ("odoo.exceptions.AccessError", "", OdooAccessError, FailureClass.CONFIGURATION),
        ("odoo.exceptions.MissingError", "", OdooMissingError, FailureClass.MISSING_RECORD),
        ("odoo.exceptions.UserError", "", OdooUserError, FailureClass.BAD_RECORD),
        ("odoo.exceptions.ValidationError", "", OdooValidationError, FailureClass.BAD_RECORD),
        ("builtins.ValueError", "", OdooBadValue, FailureClass.BAD_RECORD),
        ("psycopg2.errors.CheckViolation", "", OdooBadValue, FailureClass.BAD_RECORD),
        ("psycopg2.errors.SerializationFailure", "", OdooConflict, FailureClass.RETRY_LATER),
        (
            "psycopg2.errors.InFailedSqlTransaction",
            "current transaction is aborted, commands ignored",
            OdooConflict,
            FailureClass.RETRY_LATER,
        ),
        ("psycopg2.OperationalError", "shutting down", OdooUnavailable, FailureClass.RETRY_LATER),
        (
            "psycopg2.OperationalError",
            'FATAL:  database "x" does not exist',
            OdooConfigurationError,
            FailureClass.CONFIGURATION,
        ),
        ("acme.errors.Strange", "", OdooProtocolError, FailureClass.RETRY_LATER),
        (
            "builtins.AttributeError",
            "'str' object has no attribute 'get'",
            OdooBadValue,
            FailureClass.BAD_RECORD,
        ),
        (
            "builtins.AttributeError",
            "The method 'crm.lead.x' does not exist",
            OdooConfigurationError,
            FailureClass.CONFIGURATION,
        ),
    ],
)
def test_the_name_decides(
    name: str, message: str, kind: type[OdooError], reaction: FailureClass
) -> None:
    error = told(name, message)
    assert type(error) is kind
    assert error.failure_class is reaction
    assert error.code == name
    assert (error.model, error.method) == ("crm.lead", "write")
    assert not error.in_doubt


def test_the_record_that_is_gone_is_named() -> None:
    message = "Record does not exist or has been deleted.\n(Record: crm.lead(7, 8), User: 2)"
    assert "crm.lead(7, 8)" in str(told("odoo.exceptions.MissingError", message))


def test_a_record_rule_is_told_without_the_user() -> None:
    message = (
        "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
        "Sorry, Wilhelmina Canary (id=7) doesn't have 'write' access to:\n"
        "- Lead (crm.lead)\n\nBlame the following rules:\n- Personal Leads"
    )
    shown = str(told("odoo.exceptions.AccessError", message))
    assert "forbids to write crm.lead" in shown
    assert "Canary" not in shown


CANARY = "Wilhelmina Zzyzx 4711"


@given(
    name=st.sampled_from([*_BY_NAME, "psycopg2.errors.DataError", "acme.Strange"]),
    before=st.sampled_from(
        [
            "",
            "The operation cannot be completed: ",
            "Invalid field 'x' in 'crm.lead' ",
            "Wrong value for crm.lead.type: ",
            "time data ",
            "Invalid field '",
            "Object ",
            "the model '",
            "Record does not exist or has been deleted.\n(Record: ",
            "You are not allowed to modify '",
            'duplicate key value violates unique constraint "x"\nDETAIL:  Key (email)=(',
        ]
    ),
    after=st.text(max_size=40),
)
def test_no_value_gets_into_the_words(name: str, before: str, after: str) -> None:
    error = told(name, f"{before}{CANARY}{after}")
    shown = f"{error} {error!r} {error.args} {vars(error)}"
    assert CANARY not in shown
    assert "Zzyzx" not in shown
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("could not serialize access due to concurrent update", True),
        ("could not obtain lock on row in relation", True),
        ("No matching record found for name 'x' in field 'Country'", False),
    ],
)
def test_row_messages_of_a_conflict(message: str, expected: bool) -> None:
    assert is_conflict_text(message) is expected
