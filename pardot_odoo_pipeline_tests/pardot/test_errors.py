"""From an answer to an exception: class, texts, doubt."""

import pytest

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.pardot.error_codes import CODES
from pardot_odoo_pipeline.pardot.errors import (
    PardotAuthError,
    PardotBadRecord,
    PardotBadRequest,
    PardotConfigurationError,
    PardotError,
    PardotMissingRecord,
    PardotPageTokenExpired,
    PardotQuotaExceeded,
    PardotTemporarilyUnavailable,
    error_from_answer,
    unreadable_answer,
)


def failure(code=None, status=400, method="POST", **options):
    return error_from_answer(
        method, "/api/v5/objects/prospects/7", status=status, code=code, **options
    )


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_becomes_an_error_with_cause_and_fix(code):
    for method in ("GET", "PATCH"):
        error = failure(code, method=method)
        assert isinstance(error, PardotError)
        assert isinstance(error, PipelineError)
        assert error.code == code
        assert f"code {code}, HTTP 400" in error.cause
        assert len(error.fix) > 20
        assert error.failure_class in FailureClass


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (184, 401, PardotAuthError),
        (None, 401, PardotAuthError),
        (122, 429, PardotQuotaExceeded),
        (66, 429, PardotTemporarilyUnavailable),
        (None, 429, PardotTemporarilyUnavailable),
        (None, 503, PardotTemporarilyUnavailable),
        (109, 404, PardotMissingRecord),
        (None, 404, PardotMissingRecord),
        (56, 400, PardotBadRecord),
        (13, 400, PardotBadRequest),
        (201, 400, PardotConfigurationError),
        (None, 403, PardotConfigurationError),
        (210, 400, PardotPageTokenExpired),
    ],
)
def test_the_code_decides_and_the_status_where_there_is_none(code, status, kind):
    assert type(failure(code, status)) is kind


def test_both_meanings_of_a_specified_code_are_shown():
    assert "No valid CRM connector" in str(failure(83))
    assert "prospect does not exist" in str(failure(83))


def test_only_the_daily_limits_own_code_is_evidence_for_the_quota():
    assert failure(122, 429).has_quota_evidence
    assert not failure(52).has_quota_evidence


def test_a_read_has_no_record_to_blame():
    error = failure(180, method="GET")
    assert not isinstance(error, PardotBadRecord)
    assert error.failure_class is FailureClass.CONFIGURATION
    assert failure(180, method="PATCH").failure_class is FailureClass.BAD_RECORD


def test_a_malformed_address_on_a_write_is_a_bad_record_not_a_missing_one():
    assert isinstance(failure(4, method="POST"), PardotBadRecord)
    assert isinstance(failure(4, method="GET"), PardotMissingRecord)


@pytest.mark.parametrize(
    ("code", "status", "method", "doubt"),
    [
        (183, 500, "POST", True),
        (214, 400, "PATCH", True),
        (None, 504, "DELETE", True),
        (66, 429, "POST", False),
        (62, 400, "PATCH", False),
        (122, 429, "POST", False),
        (None, 504, "GET", False),
    ],
)
def test_a_write_is_in_doubt_when_the_server_may_have_begun_it(code, status, method, doubt):
    assert failure(code, status, method).in_doubt is doubt


def test_a_page_in_place_of_data_is_told_apart_from_a_wrong_address():
    assert isinstance(
        unreadable_answer("GET", "/x", 502, writing=False), PardotTemporarilyUnavailable
    )
    assert unreadable_answer("POST", "/x", 504, writing=True).in_doubt
    assert isinstance(unreadable_answer("GET", "/x", 404, writing=False), PardotConfigurationError)


def test_the_recycle_bin_is_named():
    assert "recycle bin" in failure(109, 404, in_bin=True).cause
