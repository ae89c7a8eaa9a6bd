"""Files of exports, from the socket to record batches; above all: never short without a word."""

import csv
import io
import threading
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.pardot import export_csv
from pardot_odoo_pipeline.pardot.errors import (
    PardotConfigurationError,
    PardotExportExpired,
    PardotTemporarilyUnavailable,
    PardotTruncatedDownload,
)
from pardot_odoo_pipeline.pardot.export_jobs import Export, download
from pardot_odoo_pipeline_tests.pardot.canned_server import answer, canned, chunked

COLUMNS = ("id", "email", "comments")
PERSON = "canary@example.com"
FILE = b'id,email,comments\n1,a@example.com,"one\nmore ""line"""\n2,,\n3,c@example.com,""\n'
ROWS = [
    {"id": "1", "email": "a@example.com", "comments": 'one\nmore "line"'},
    {"id": "2", "email": None, "comments": None},
    {"id": "3", "email": "c@example.com", "comments": None},
]


def export(*paths, columns=COLUMNS):
    return Export(7, tuple(columns), "complete", result_paths=paths or ("/file/1",))


def rows_of(*answers, columns=COLUMNS, paths=("/file/1",)):
    with canned(answers) as client:
        batches = list(download(client, export(*paths, columns=columns)))
    return [row for batch in batches for row in batch.to_pylist()]


def test_all_values_are_strings_and_blanks_are_null():
    assert rows_of(answer(FILE)) == ROWS


def test_chunks_a_byte_order_mark_and_windows_line_ends_make_no_difference():
    windows = b"\xef\xbb\xbf" + FILE.replace(b"\n", b"\r\n").replace(b"one\r\n", b"one\n")
    pieces = [windows[at : at + 5] for at in range(0, len(windows), 5)]
    assert rows_of(chunked(*pieces)) == ROWS


def test_columns_come_in_the_order_asked_for_and_others_are_left_out():
    got = rows_of(answer(FILE), columns=("comments", "id"))
    assert [list(row) for row in got] == [["comments", "id"]] * 3


def test_one_column_of_blanks_loses_no_row():
    assert rows_of(answer(b"email\na\n\n\nb\n"), columns=("email",)) == [
        {"email": "a"},
        {"email": None},
        {"email": None},
        {"email": "b"},
    ]


@pytest.mark.parametrize("body", [b"", b"id,email,comments\n", b"id,email,comments"])
def test_an_export_without_rows_is_no_error(body):
    assert rows_of(answer(body)) == []


def test_several_files_are_read_one_after_the_other():
    second = b"id,email,comments\n4,d@example.com,x\n"
    got = rows_of(answer(FILE), answer(second), paths=("/file/1", "/file/2"))
    assert [row["id"] for row in got] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("size", [1, 7, 20, 33, 64])
def test_rows_may_lie_across_blocks(monkeypatch, size):
    monkeypatch.setattr(export_csv, "_BLOCK", size)
    assert rows_of(answer(FILE)) == ROWS
    assert rows_of(answer(FILE.rstrip(b"\n"))) == ROWS


def test_a_download_may_be_left_at_any_place(monkeypatch):
    """A reader with threads of its own once kept the process from exiting here."""
    monkeypatch.setattr(export_csv, "_BLOCK", 4096)
    before = set(threading.enumerate())
    many = b"id\n" + b"".join(b"%d\n" % number for number in range(150_000))
    with canned([answer(many)]) as client:
        batches = download(client, export(columns=("id",)))
        next(batches)
        batches.close()
    assert set(threading.enumerate()) <= before


text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=30)


@given(st.lists(st.tuples(text, text, text), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_any_text_comes_through(table):
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([COLUMNS, *table])
    got = rows_of(answer(file.getvalue().encode()))
    assert [tuple(row.values()) for row in got] == [
        tuple(value or None for value in row) for row in table
    ]


@pytest.mark.parametrize(
    "broken",
    [
        answer(FILE[:40], length=len(FILE)),
        answer(FILE[: FILE.index(b"3,")], length=len(FILE)),  # cut between two rows
        chunked(FILE[:40], ended=False),
        chunked(FILE[: FILE.index(b"3,")], ended=False),
        answer(b"id,email", length=100),
        b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nid,email,comments\n1,x,"open\n2',
        b"",
    ],
    ids=[
        "in a row",
        "between rows",
        "chunk in a row",
        "chunk between rows",
        "header",
        "no length",
        "reset",
    ],
)
def test_a_download_cut_short_is_never_taken_for_a_short_file(broken):
    with pytest.raises(PardotTemporarilyUnavailable):
        rows_of(broken)


@pytest.mark.parametrize("at", [0, 20, 40, 60])
def test_a_download_that_breaks_off_is_taken_up_again_without_repeating_rows(at):
    assert rows_of(answer(FILE[:at], length=len(FILE)), answer(FILE)) == ROWS


def test_rows_given_before_the_break_are_passed_over(monkeypatch):
    monkeypatch.setattr(export_csv, "_BLOCK", 4096)
    many = b"id\n" + b"".join(b"%d\n" % number for number in range(150_000))
    half = many[: len(many) // 2]
    with canned([answer(half, length=len(many)), answer(many)]) as client:
        batches = download(client, export(columns=("id",)))
        first = next(batches)
        assert client.calls == 1
        ids = pa.chunked_array([b.column("id") for b in [first, *batches]])
        assert client.calls == 2
    assert ids.to_pylist() == [str(number) for number in range(150_000)]


@pytest.mark.parametrize(
    "body",
    [
        f"id,email,comments\n1,{PERSON}\n".encode(),
        f"id,email,comments\n1,{PERSON},x,y\n".encode(),
        f"id,email,comments\n1,{PERSON},".encode() + b"\xff\xfe\n",
    ],
    ids=["too few", "too many", "no utf-8"],
)
def test_a_damaged_file_is_an_error_that_tells_no_personal_data(body):
    with pytest.raises(PardotTruncatedDownload) as caught:
        rows_of(answer(body))
    assert PERSON not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_column_that_is_not_delivered_is_named():
    with pytest.raises(PardotConfigurationError, match="comments"):
        rows_of(answer(b"id,email\n1,x\n"))


def test_a_page_of_the_gateway_is_no_file():
    page = answer(b"<html>maintenance</html>", "Content-Type: text/html; charset=utf-8")
    with pytest.raises(PardotTemporarilyUnavailable):
        rows_of(page)
    assert rows_of(page, answer(FILE)) == ROWS


def test_a_file_that_is_gone_says_so():
    refusal = answer(b'{"code": 178, "message": "x"}', status="400 Bad Request")
    with pytest.raises(PardotExportExpired):
        rows_of(refusal)


def test_parsing_keeps_up_with_100_000_rows_in_3_seconds():
    line = b'%d,person%d@example.com,"a comment, with a comma"' + b",value" * 37 + b"\n"
    columns = ("id", "email", "comments", *(f"field{n}" for n in range(37)))
    file = ",".join(columns).encode() + b"\n" + b"".join(line % (n, n) for n in range(100_000))
    with canned([answer(file)]) as client:
        started = time.perf_counter()
        count = sum(batch.num_rows for batch in download(client, export(columns=columns)))
        took = time.perf_counter() - started
    assert count == 100_000
    assert took < 3
