"""Adding up what the ledger recorded, and noticing what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.summary import _NAMES, Summary, summarize
from pardot_odoo_pipeline_tests.ledgers import done, opened


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as made:
        yield made


def test_batches_add_up(ledger: Ledger) -> None:
    keys = [opened(ledger) for _ in range(2)]
    done(ledger, keys[0], created=3, merged=1)
    done(ledger, keys[1], created=2, in_doubt=1, stale=4)
    summary = summarize(ledger, [str(key) for key in keys])
    report = summary.to_json()
    assert summary.adds_up
    assert report["prospects_read"] == 11
    assert (report["leads_created"], report["merged"], report["retrying"]) == (5, 1, 1)
    assert report["unchanged"] == 4


def test_an_unfinished_batch_is_no_full_account(ledger: Ledger) -> None:
    keys = [opened(ledger) for _ in range(2)]
    done(ledger, keys[0], created=3)
    summary = summarize(ledger, [str(key) for key in keys])
    assert summary.unfinished == (str(keys[1]),)
    assert not summary.adds_up


def test_a_missing_row_is_noticed() -> None:
    whole = Summary(prospects_read=5, people={"leads_created": 3}, quarantined={"email_missing": 2})
    assert whole.adds_up
    assert not Summary(prospects_read=6, people=whole.people, quarantined=whole.quarantined).adds_up


def test_every_disposition_has_a_place_in_the_report() -> None:
    named = set(_NAMES) | {Disposition.QUARANTINED.value}
    assert named == {disposition.value for disposition in Disposition}


@given(st.dictionaries(st.sampled_from(sorted(set(_NAMES.values()))), st.integers(0, 10**6)))
def test_the_report_names_every_count_even_nought(people: dict[str, int]) -> None:
    report = Summary(prospects_read=sum(people.values()), people=people).to_json()
    assert {name: report[name] for name in people} == people
    assert set(_NAMES.values()) <= set(report)
