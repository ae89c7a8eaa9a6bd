"""Reading who was written since: nobody is left out, however many share a second."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.odoo.tagged_records import ChangedRecords

BEGIN = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)


class Records:
    """An Odoo of few records: a time with its hidden part for every id."""

    def __init__(self, times: dict[int, float]) -> None:
        self.times = times
        self.calls = 0

    def search_read(
        self, model: str, domain: list[Any], fields: list[str], *, order: str, limit: int, **_: Any
    ) -> list[dict[str, Any]]:
        self.calls += 1
        found = [n for n in self.times if all(self._holds(n, leaf) for leaf in domain)]
        found.sort(key=lambda n: n if order == "id" else (self.times[n], n))
        return [
            {"id": n, "category_id": [], "write_date": _text(int(self.times[n]))}
            for n in found[:limit]
        ]

    def _holds(self, n: int, leaf: tuple[str, str, Any]) -> bool:
        name, operator, value = leaf
        if name == "x_pardot_prospect_id":
            return True
        own, other = (n, value) if name == "id" else (self.times[n], _seconds(value))
        return {">=": own >= other, "<": own < other, ">": own > other}[operator]


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(BEGIN.timestamp() + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return moment.timestamp() - BEGIN.timestamp()


times = st.dictionaries(
    st.integers(1, 60), st.integers(0, 39).map(lambda tenths: tenths / 10), max_size=40
)


@given(times, st.integers(1, 7))
def test_everybody_comes_once_and_the_end_is_told(found: dict[int, float], size: int) -> None:
    odoo = Records(found)
    reading = ChangedRecords(odoo, "res.partner", BEGIN, page_size=size)  # type: ignore[arg-type]
    told = [record.record_id for page in reading for record in page]
    assert sorted(told) == sorted(found)
    assert reading.is_complete
    again = ChangedRecords(odoo, "res.partner", reading.reached, page_size=size)  # type: ignore[arg-type]
    late = {n for page in again for n in [record.record_id for record in page]}
    last = max(found.values(), default=0)
    assert late <= {n for n, at in found.items() if int(at) == int(last)}


@given(times, st.integers(1, 7), st.integers(0, 5))
def test_a_reading_that_is_stopped_goes_on_where_it_was(
    found: dict[int, float], size: int, pages: int
) -> None:
    odoo = Records(found)
    told: set[int] = set()
    reading = ChangedRecords(odoo, "res.partner", BEGIN, page_size=size)  # type: ignore[arg-type]
    reached = (reading.reached, reading.reached_id)
    for number, page in enumerate(reading):
        if number >= pages:
            break
        told.update(record.record_id for record in page)
        reached = (reading.reached, reading.reached_id)
    rest = ChangedRecords(odoo, "res.partner", *reached, page_size=size)  # type: ignore[arg-type]
    told.update(record.record_id for page in rest for record in page)
    assert told == set(found)


@pytest.mark.parametrize("people", [0, 1, 9_999])
def test_a_page_that_is_not_full_is_the_only_call(people: int) -> None:
    odoo = Records(dict.fromkeys(range(1, people + 1), 0.5))
    reading = ChangedRecords(odoo, "res.partner", BEGIN)  # type: ignore[arg-type]
    assert sum(len(page) for page in reading) == people
    assert odoo.calls == 1
