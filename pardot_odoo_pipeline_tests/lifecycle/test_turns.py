"""Whose turn it is: fair to salespeople, and once for every lead, whatever is repeated."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store.assignments import (
    Assignment,
    Wish,
    assign,
    by_prospects,
    foresee,
)
from pardot_odoo_pipeline_tests.postgres import PostgresServer

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
USERS = (11, 12, 13)


@pytest.fixture(scope="module")
def one_ledger() -> Iterator[Ledger]:
    """One for all histories: each has people and a rule of its own."""
    with TemporaryDirectory() as home, open_ledger(str(Path(home) / "ledger.sqlite")) as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        with open_ledger(str(tmp_path / "ledger.sqlite")) as opened:
            yield opened
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    with open_ledger(url) as opened:
        yield opened
    server.drop_database(url)


def _give(ledger: Ledger, wishes: list[Wish], batch: str = "b") -> dict[str, Assignment]:
    with ledger.write() as connection:
        return assign(connection, wishes, batch_key=batch, now=NOW)


_histories = iter(range(1_000_000))

batches = st.lists(st.lists(st.integers(0, 40), unique=True, max_size=12), max_size=6)


@settings(deadline=None)
@given(batches, st.integers(1, 5))
def test_everybody_gets_as_many_give_or_take_one(
    one_ledger: Ledger, people: list[list[int]], size: int
) -> None:
    """Batches may name people again: they were given away, and use up nobody's turn."""
    history, users = next(_histories), tuple(range(100, 100 + size))
    first: dict[str, int | None] = {}
    for chunk in people:
        wishes = [Wish(f"{history}-{one}", f"rule {history}", None, users) for one in chunk]
        for prospect_id, given_to in _give(one_ledger, wishes).items():
            assert first.setdefault(prospect_id, given_to.user_id) == given_to.user_id
    shares = Counter(dict.fromkeys(users, 0))
    shares.update(user for user in first.values() if user)
    assert sum(shares.values()) == len({one for chunk in people for one in chunk})
    assert max(shares.values()) - min(shares.values()) <= 1


@settings(deadline=None)
@given(batches)
def test_a_plan_foresees_what_the_sync_does(one_ledger: Ledger, people: list[list[int]]) -> None:
    history = next(_histories)
    chunks = [
        [Wish(f"{history}-{one}", f"rule {history}", 5, USERS) for one in chunk] for chunk in people
    ]
    seen = {wish.prospect_id for chunk in chunks for wish in chunk}
    unique = [
        [w for w in chunk if w.prospect_id not in {x.prospect_id for c in chunks[:n] for x in c}]
        for n, chunk in enumerate(chunks)
    ]
    taken: Counter[str] = Counter()
    foreseen: dict[str, Assignment] = {}
    with one_ledger.read() as connection:
        for chunk in unique:
            foreseen |= foresee(connection, chunk, taken)
        assert by_prospects(connection, seen) == {}, "nothing is stored"
    done: dict[str, Assignment] = {}
    for chunk in unique:
        done |= _give(one_ledger, chunk)
    assert foreseen == done


def test_rules_take_turns_of_their_own(any_ledger: Ledger) -> None:
    wishes = [Wish(str(n), "ab"[n % 2], None, USERS) for n in range(12)]
    given = _give(any_ledger, wishes)
    for rule in "ab":
        users = [one.user_id for one in given.values() if one.rule == rule]
        assert Counter(users) == dict.fromkeys(USERS, 2)


def test_a_single_user_and_a_team_take_no_turn(any_ledger: Ledger) -> None:
    given = _give(
        any_ledger,
        [
            Wish("1", "one", 7, (11,)),
            Wish("2", "team", 8, ()),
            Wish("3", "one", 7, (11,)),
        ],
    )
    assert {key: (one.team_id, one.user_id) for key, one in given.items()} == {
        "1": (7, 11),
        "2": (8, None),
        "3": (7, 11),
    }


def test_workers_at_a_time_skip_nobody(any_ledger: Ledger) -> None:
    """Every worker brings people of its own, and some whom all of them want to give away."""
    shared = [Wish(f"s{n}", "rule", None, USERS) for n in range(5)]
    results: list[dict[str, Assignment]] = []
    begin = threading.Barrier(3)

    def work(worker: int) -> None:
        begin.wait()
        for start in range(0, 30, 6):
            wishes = [Wish(f"{worker}-{n}", "rule", None, USERS) for n in range(start, start + 6)]
            results.append(_give(any_ledger, wishes + shared, batch=f"w{worker}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    final: dict[str, int | None] = {}
    for answers in results:
        for prospect_id, one in answers.items():
            assert final.setdefault(prospect_id, one.user_id) == one.user_id
    shares = Counter(final.values())
    assert len(final) == 95
    assert max(shares.values()) - min(shares.values()) <= 1
