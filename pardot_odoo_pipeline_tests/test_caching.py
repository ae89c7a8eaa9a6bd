"""What is remembered between processes is young, is the owner's alone, and can always be lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pardot_odoo_pipeline.caching import Cache

HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Question:
    """Counts how often it is asked."""

    def __init__(self, answer: object = 1) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self) -> object:
        self.asked += 1
        return self.answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "odoo.json"


def test_another_process_finds_the_answer(path: Path, clock: Clock) -> None:
    question = Question({"a": [1, None]})
    assert Cache(path, clock.now, HOUR).get("x", question) == {"a": [1, None]}
    assert Cache(path, clock.now, HOUR).get("x", question) == {"a": [1, None]}
    assert question.asked == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_answer_gets_too_old(path: Path, clock: Clock) -> None:
    cache, question = Cache(path, clock.now, HOUR), Question()
    cache.get("x", question)
    clock.moment += HOUR / 2
    cache.get("x", question)
    assert question.asked == 1
    clock.moment += HOUR
    cache.get("x", question)
    assert question.asked == 2
    clock.moment -= timedelta(days=1)
    cache.get("x", question)
    assert question.asked == 3, "a clock that was set back does not keep it for ever"


def test_answers_do_not_fall_due_together(path: Path, clock: Clock) -> None:
    question = Question()
    names = [f"x{number}" for number in range(10)]

    def process() -> int:
        cache, before = Cache(path, clock.now, HOUR), question.asked
        for name in names:
            cache.get(name, question)
        return question.asked - before

    assert process() == 10
    told = []
    for _ in range(12):
        clock.moment += HOUR / 4
        told.append(process())
    assert max(told) <= 4, "every quarter of an hour a few"
    assert sum(told) >= 20, "and none gets old"


def test_some_answers_last(path: Path, clock: Clock) -> None:
    cache, question = Cache(path, clock.now, HOUR), Question()
    cache.get("x", question, lasting=True)
    clock.moment += timedelta(days=3)
    cache.get("x", question, lasting=True)
    assert question.asked == 1
    clock.moment += timedelta(days=5)
    cache.get("x", question, lasting=True)
    assert question.asked == 2


def test_no_age_means_no_memory(path: Path, clock: Clock) -> None:
    cache, question = Cache(path, clock.now, timedelta(0)), Question()
    cache.get("x", question)
    cache.get("x", question)
    assert question.asked == 2
    assert not path.exists()


def test_what_one_process_drops_no_other_brings_back(path: Path, clock: Clock) -> None:
    one, other = Cache(path, clock.now, HOUR), Cache(path, clock.now, HOUR)
    question = Question()
    one.get("stage a", question)
    one.get("user b", question)
    other.get("stage a", question)
    one.forget("stage ")
    other.get("user b", question)
    other.get("new", question)
    before = question.asked
    one.get("stage a", question)
    assert question.asked == before + 1
    one.forget()
    assert not path.exists()
    other.get("user b", question)
    assert question.asked == before + 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99, "entries": {"x": 1}}', "\x00"])
def test_a_broken_file_is_an_empty_one(path: Path, clock: Clock, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    question = Question()
    assert Cache(path, clock.now, HOUR).get("x", question) == 1
    assert Cache(path, clock.now, HOUR).get("x", question) == 1
    assert question.asked == 1


def test_where_nothing_can_be_written_it_asks_every_time(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "odoo.json", clock.now, HOUR)
    question = Question()
    cache.get("x", question)
    cache.get("x", question)
    assert question.asked == 2


def test_callers_cannot_change_it(path: Path, clock: Clock) -> None:
    cache = Cache(path, clock.now, HOUR)
    cache.get("x", lambda: [1]).append(2)
    cache.get("x", lambda: [1]).append(3)
    assert cache.get("x", lambda: []) == [1]
