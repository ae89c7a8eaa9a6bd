"""Paging against a model of the API's rules: nothing is lost or repeated, however chains end."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.pardot.bounded import BoundedRows
from pardot_odoo_pipeline.pardot.errors import PardotPageTokenExpired, PardotTemporarilyUnavailable
from pardot_odoo_pipeline.pardot.paging import Page, Position, iter_pages

START = datetime(2024, 1, 1, tzinfo=UTC)
FOREVER = {"updatedAtAfterOrEqualTo": START}


class StillClock:
    def now(self):
        return START + timedelta(days=30)

    def sleep(self, seconds):
        pass


@dataclass
class ModelApi:
    """Rows, a chain that ends early, and a script of troubles, one entry a call."""

    rows: list[dict]
    chain_end: int = 100_000
    troubles: list[str] = field(default_factory=list)
    ties_by_id: bool = True
    clock: StillClock = field(default_factory=StillClock)
    calls: int = 0
    heaviest: int = 10**9

    def query(
        self,
        name,
        fields,
        *,
        filters=None,
        order_by=None,
        limit=None,
        page_token=None,
        patient=True,
    ):
        self.calls += 1
        assert self.calls < 5_000, "endless"
        trouble = self.troubles.pop(0) if self.troubles else ""
        if page_token is not None:
            if trouble == "expire":
                raise PardotPageTokenExpired("expired", fix="anew", code=210)
            filters, order_by, limit, start = page_token
        else:
            start = 0
        found = self._select(filters, order_by)
        if trouble == "slow" or len(found) - start > self.heaviest:
            error = PardotTemporarilyUnavailable("too long", fix="less", http_status=504)
            error.took_too_long = True
            raise error
        rows = found[start : start + limit]
        end = start + len(rows)
        if end >= self.chain_end:
            return Page(rows, None, 203)
        return Page(rows, (filters, order_by, limit, end) if end < len(found) else None)

    def _select(self, filters, order_by):
        def fits(row):
            at = datetime.fromisoformat(row["updatedAt"])
            return all(
                {
                    "updatedAtAfter": lambda v: at > v,
                    "updatedAtAfterOrEqualTo": lambda v: at >= v,
                    "updatedAtBefore": lambda v: at < v,
                    "updatedAtBeforeOrEqualTo": lambda v: at <= v,
                    "idGreaterThan": lambda v: row["id"] > v,
                    "idGreaterThanOrEqualTo": lambda v: row["id"] >= v,
                }[name](value)
                for name, value in filters.items()
            )

        sign = 1 if self.ties_by_id or order_by == "id" else -1
        keys = order_by.split(",")

        def place(row):
            return tuple(sign * row["id"] if key == "id" else row[key] for key in keys)

        return sorted(filter(fits, self.rows), key=place)


def people(seconds):
    return [
        {"id": number + 1, "updatedAt": (START + timedelta(seconds=at)).isoformat()}
        for number, at in enumerate(seconds)
    ]


def read(api, **options):
    pages = iter_pages(api, "prospects", ["id"], **options)
    return [row["id"] for rows in pages for row in rows]


# Few different seconds and many people: ties are the rule.
crowds = st.lists(st.integers(0, 4), max_size=40).map(people)
troubles = st.lists(st.sampled_from(["", "", "", "expire", "slow"]), max_size=20)


@given(crowds, st.integers(1, 8), st.integers(1, 12), troubles, st.booleans())
@settings(max_examples=400, deadline=None)
def test_by_time_every_row_comes_once(rows, limit, chain_end, script, ties_by_id):
    api = ModelApi(rows, chain_end, list(script), ties_by_id)
    got = read(api, order_by="updatedAt", limit=limit, filters=FOREVER)
    assert sorted(got) == [row["id"] for row in rows]


@given(crowds, st.integers(1, 8), st.integers(1, 12), troubles)
@settings(max_examples=200, deadline=None)
def test_by_id_every_row_comes_once_and_in_order(rows, limit, chain_end, script):
    api = ModelApi(rows, chain_end, list(script))
    assert read(api, order_by="id", limit=limit) == [row["id"] for row in rows]


@given(crowds, st.integers(1, 8), st.integers(1, 12), st.data())
@settings(max_examples=300, deadline=None)
def test_reading_can_stop_anywhere_and_go_on_elsewhere(rows, limit, chain_end, data):
    options = {"order_by": "updatedAt", "limit": limit, "filters": FOREVER}
    stop = data.draw(st.integers(1, 45))
    first = read(ModelApi(rows, chain_end), stop_after=stop, **options)
    assert len(first) == min(stop, len(rows))
    if first:
        last = rows[first[-1] - 1]
        place = Position(datetime.fromisoformat(last["updatedAt"]), last["id"])
        first += read(ModelApi(rows, chain_end), after=place, **options)
    assert sorted(first) == [row["id"] for row in rows]


@given(crowds, st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_callers_bounds_hold_in_every_chain(rows, low, high, with_low, with_high):
    at = [START + timedelta(seconds=offset) for offset in (low, high)]
    filters = {
        f"updatedAtAfter{'OrEqualTo' if with_low else ''}": at[0],
        f"updatedAtBefore{'OrEqualTo' if with_high else ''}": at[1],
    }
    got = read(ModelApi(rows, 3), order_by="updatedAt", limit=2, filters=filters)
    expected = ModelApi(rows)._select(filters, "id")
    assert sorted(got) == [row["id"] for row in expected]


def test_more_people_in_one_second_than_a_chain_holds():
    rows = people([0, 1] + [2] * 500 + [3, 4])
    got = read(ModelApi(rows, chain_end=50), order_by="updatedAt", limit=10, filters=FOREVER)
    assert got == [row["id"] for row in rows]


def test_a_stretch_that_the_server_cannot_sort_is_read_in_windows():
    rows = people([day * 86_400 for day in range(25) for _ in range(20)])
    api = ModelApi(rows, heaviest=120)
    assert read(api, order_by="updatedAt", filters=FOREVER) == [row["id"] for row in rows]
    assert api.calls < 60


def test_a_server_that_is_always_too_slow_ends_the_reading():
    with pytest.raises(PardotTemporarilyUnavailable):
        read(ModelApi(people([1] * 5), heaviest=0), order_by="updatedAt", filters=FOREVER)


def test_a_row_that_changes_meanwhile_comes_again_with_its_new_time():
    rows = people([1, 2, 3])
    api = ModelApi(rows, chain_end=1)
    pages = iter_pages(api, "prospects", ["id"], order_by="updatedAt", limit=1, filters=FOREVER)
    got = next(pages)
    rows[0]["updatedAt"] = (START + timedelta(seconds=9)).isoformat()
    got += [row for page in pages for row in page]
    assert [row["id"] for row in got] == [1, 2, 3, 1]


@pytest.mark.parametrize("order", ["name", "lastActivityAt"])
def test_an_order_that_cannot_be_taken_up_again_is_refused(order):
    with pytest.raises(ValueError, match=order):
        iter_pages(ModelApi([]), "prospects", ["id"], order_by=order)


@given(crowds, st.integers(1, 9), st.integers(1, 12), troubles, st.integers(0, 4))
@settings(max_examples=200, deadline=None)
def test_bounded_stretches_meet_however_chains_end(rows, size, chain_end, script, first):
    api = ModelApi(rows, chain_end, list(script))
    begin, end = START + timedelta(seconds=first), START + timedelta(seconds=4)
    place, stretches = Position(begin), []
    while True:
        feed = BoundedRows(
            api, "prospects", ["id"], "updatedAt", since=place, until=end, max_rows=size
        )
        stretches.append([row["id"] for page in feed for row in page])
        place = feed.reached
        if feed.is_complete:
            break
        assert len(stretches[-1]) == size
    assert place == Position(end)
    assert all(len(stretch) <= size for stretch in stretches)
    wanted = [
        (row["updatedAt"], row["id"])
        for row in rows
        if begin <= datetime.fromisoformat(row["updatedAt"]) < end
    ]
    got = [one for stretch in stretches for one in stretch]
    assert got == [number for _, number in sorted(wanted)]
