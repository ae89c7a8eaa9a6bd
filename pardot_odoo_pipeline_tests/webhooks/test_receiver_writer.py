"""Groups of events: on real ledgers, and before one that stands still."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.pushed_events import PushedEvent, System
from pardot_odoo_pipeline.webhooks.writer import GroupWriter, InboxFull
from pardot_odoo_pipeline_tests.ledger.conftest import address, ledger, postgres
from pardot_odoo_pipeline_tests.ledgers import NOW

__all__ = ["address", "ledger", "postgres"]


def event(event_id: str, source: str = "flow") -> PushedEvent:
    return PushedEvent(source, event_id, System.PARDOT, "page_viewed", NOW, prospect_id="5")


class Seen:
    """What a writer told."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.reports: list[str | None] = []

    def observe(self, events: int, seconds: float) -> None:
        self.groups.append(events)

    def report(self, failure: PipelineError | None) -> None:
        self.reports.append(None if failure is None else failure.cause)


def running(opened: Any, work: Callable[[GroupWriter], Awaitable[Any]]) -> tuple[Any, Seen]:
    """Do something with a writer; what came of it, and what the writer told."""
    seen = Seen()

    async def whole() -> Any:
        writer = GroupWriter(opened, observe=seen.observe, report=seen.report)
        try:
            return await work(writer)
        finally:
            await writer.close()

    return asyncio.run(whole()), seen


def stored(opened: Ledger) -> list[str]:
    with opened.write() as connection:
        return [e.event_id for e in inbox.waiting(connection, now=NOW, limit=10_000)]


def test_many_requests_share_few_transactions(ledger: Ledger) -> None:
    async def work(writer: GroupWriter) -> list[int]:
        return await asyncio.gather(*(writer.store([event(f"e-{n}")]) for n in range(500)))

    news, seen = running(ledger, work)
    assert news == [1] * 500
    assert sum(seen.groups) == 500
    assert len(seen.groups) < 10
    assert sorted(stored(ledger)) == sorted(f"e-{n}" for n in range(500))


def test_of_several_requests_with_one_event_only_one_has_brought_it(ledger: Ledger) -> None:
    async def work(writer: GroupWriter) -> list[int]:
        await writer.store([event("known")])
        parts = [
            [event("a"), event("known")],
            [event("a")],
            [event("a", "other"), event("b"), event("b")],
        ]
        return await asyncio.gather(*(writer.store(part) for part in parts))

    news, seen = running(ledger, work)
    assert news == [1, 0, 2]
    assert seen.groups == [1, 6]
    assert sorted(stored(ledger)) == ["a", "a", "b", "known"]


def test_what_waits_is_written_before_the_end(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.sqlite") as opened:

        async def work(writer: GroupWriter) -> list[asyncio.Task[int]]:
            tasks = [asyncio.create_task(writer.store([event(f"e-{n}")])) for n in range(50)]
            await asyncio.sleep(0)
            return tasks

        tasks, _ = running(opened, work)
        assert [task.result() for task in tasks] == [1] * 50
        assert len(stored(opened)) == 50


class StandingStill:
    """A ledger whose transactions begin when the test says so, or fail."""

    def __init__(self, opened: Ledger) -> None:
        self._opened = opened
        self.go = threading.Event()
        self.failure: Exception | None = None

    @contextmanager
    def write(self) -> Iterator[Any]:
        self.go.wait(20)
        if self.failure is not None:
            raise self.failure
        with self._opened.write() as connection:
            yield connection


@pytest.fixture
def still(tmp_path: Path) -> Iterator[StandingStill]:
    with open_ledger(tmp_path / "ledger.sqlite") as opened:
        yield StandingStill(opened)


def test_too_many_events_are_refused_and_not_kept_in_memory(still: StandingStill) -> None:
    async def work(writer: GroupWriter) -> tuple[list[Any], int]:
        batches = [[event(f"{part}-{n}") for n in range(500)] for part in range(25)]
        tasks = [asyncio.create_task(writer.store(batch)) for batch in batches]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        most = writer.waiting
        still.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True), most

    (answers, most), _ = running(still, work)
    refused = [answer for answer in answers if isinstance(answer, InboxFull)]
    assert refused
    assert most <= 10_000
    assert len(answers) - len(refused) >= 20
    assert len(stored(still._opened)) == 500 * (25 - len(refused))


def test_who_gave_up_waiting_is_not_written(still: StandingStill) -> None:
    async def work(writer: GroupWriter) -> None:
        first = asyncio.create_task(writer.store([event("first")]))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(writer.store([event("second")]))
        await asyncio.sleep(0)
        second.cancel()
        still.go.set()
        assert await first == 1

    running(still, work)
    assert stored(still._opened) == ["first"]


def test_a_failure_is_everybodys_in_the_group_and_told_once(still: StandingStill) -> None:
    still.go.set()

    async def work(writer: GroupWriter) -> None:
        still.failure = PipelineError("The disk is full", fix="Free some")
        for _ in range(3):
            answers = await asyncio.gather(
                *(writer.store([event(str(n))]) for n in range(3)), return_exceptions=True
            )
            assert all(isinstance(answer, PipelineError) for answer in answers)
        still.failure = None
        assert await writer.store([event("1")]) == 1
        assert await writer.store([event("2")]) == 1

    _, seen = running(still, work)
    assert seen.reports == ["The disk is full", None]
    assert seen.groups == [1, 1]


def test_a_failure_that_nobody_foresaw_does_not_end_the_writer(still: StandingStill) -> None:
    still.go.set()

    async def work(writer: GroupWriter) -> None:
        still.failure = ValueError("jane@example.com cannot be stored")
        with pytest.raises(PipelineError) as told:
            await asyncio.wait_for(writer.store([event("1")]), 5)
        assert "jane" not in str(told.value)
        still.failure = None
        assert await asyncio.wait_for(writer.store([event("1")]), 5) == 1

    _, seen = running(still, work)
    assert seen.reports == ["The inbox could not be written (ValueError)", None]
    assert stored(still._opened) == ["1"]
