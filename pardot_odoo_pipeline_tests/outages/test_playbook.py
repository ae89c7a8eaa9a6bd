"""The error table and the clients are one: each row is answered by a server, over a socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from pardot_odoo_pipeline.cli.processes import free_port
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.odoo.wire import Wire
from pardot_odoo_pipeline.operations import outages
from pardot_odoo_pipeline.operations.playbook import BOOK, Audience, Reaction, words
from pardot_odoo_pipeline.operations.playbook_page import errors_page
from pardot_odoo_pipeline.operations.playbook_rows import Group, Row, groups
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline_tests.outages.answers import Answer, Server, page, told
from pardot_odoo_pipeline_tests.pardot.canned_server import QuickClock

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
GROUPS = {group.title: group for group in groups()}
ODOO_TEXTS = {
    "no such database": ("psycopg2.OperationalError", 'FATAL: database "crm" does not exist'),
    "no such model": ("odoo.exceptions.UserError", "Object x.y doesn't exist"),
    "no CRM": ("odoo.exceptions.UserError", "Object crm.lead doesn't exist"),
}
# No server answers these: nobody can be made not to answer a connection on this machine, and what
# answers an unknown name is the network's affair.
NOT_HERE = {"no connection in time", "host unknown"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server.running() as running:
        yield running


def rows_of(title: str) -> list[Row]:
    return list(GROUPS[title].rows)


def pardot(url: str, *, tokens: str | None = None, patience: float = 10) -> PardotClient:
    return PardotClient(
        PardotConnection(
            api_url=url,
            token_url=f"{tokens or url}/token",
            client_id="client",
            client_secret=SecretStr("secret"),
            refresh_token=None,
            business_unit_id="0Uv000000000001AAA",
        ),
        clock=QuickClock(),
        backoff=Backoff(attempts=1),
        timeouts=(10, patience),
    )


def wire(url: str, patience: float = 10) -> Wire:
    connection = OdooConnection(
        url=url,
        database="crm",
        username="sync",
        password=SecretStr("secret"),
        connect_timeout=10,
        read_timeout=patience,
    )
    return Wire(connection, None, None)


def write(client: PardotClient) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        client.update("prospects", 1, {"jobTitle": "x"})
    return caught.value


def read(client: PardotClient) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        client.get("prospects", 1, ["id"])
    return caught.value


def call(url: str, patience: float = 10) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        wire(url, patience).jsonrpc("res.users", "read", params={})
    return caught.value


def same(found: PipelineError, expected: PipelineError, reaction: Reaction, name: str) -> None:
    """What the client raised is what the table says of it."""
    assert type(found) is type(expected), (name, found)
    facts = (found.failure_class, found.code, found.fix, found.system)
    assert facts == (expected.failure_class, expected.code, expected.fix, expected.system), name
    assert plain(found.cause) == plain(expected.cause), name
    assert outages.judge(found).reaction is reaction, name


def plain(cause: str) -> str:
    """Without the call and the address, which the table has none of."""
    cause = re.sub(r"https?://[\w.:]+", "the server", cause)
    return re.sub(r"^(?:(?:PATCH|GET) [/\w]*|res\.users\.read)?[: ]*", "", cause, count=1)


def both_ways(
    server: Server, client: PardotClient, row: Row, answer: Answer, *, times: int = 1
) -> None:
    server.next.extend([answer] * times)
    same(write(client), row.writing, row.reaction, row.name)
    server.next.extend([answer] * times)
    same(read(client), row.reading, row.reaction_reading, row.name)
    assert not server.next, row.name


def test_every_code_of_the_registry(server: Server) -> None:
    with pardot(server.url) as client:
        for row in rows_of("Pardot's codes"):
            answer = told({"code": int(row.name), "message": "of somebody@example.com"}, 400)
            # A token that is refused is renewed once, and the call made again.
            both_ways(server, client, row, answer, times=2 if row.name == "184" else 1)


def test_every_error_of_the_sign_in(server: Server) -> None:
    for row in rows_of("Signing in to Salesforce"):
        status = re.search(r"status (\d+)", row.name)
        named = row.name if " " not in row.name else "something_new"
        answer = page(int(status[1])) if status else told({"error": named}, 400)
        server.tokens.append(answer)
        with pardot(server.url) as client:
            same(read(client), row.writing, row.reaction, row.name)


def test_every_answer_of_pardot_without_a_code(server: Server) -> None:
    with pardot(server.url) as client:
        for row in rows_of("Pardot without a code"):
            status = re.search(r"status (\d+)", row.name)
            if status is None:
                continue
            number, is_page = int(status[1]), row.name.startswith("HTML")
            answer = page(number) if is_page else told({"message": "?"}, number)
            both_ways(server, client, row, answer, times=2 if number == 401 else 1)


def test_what_the_network_does_to_a_call_to_pardot(server: Server) -> None:
    rows = {row.name: row for row in rows_of("Pardot without a code")}
    for name, answer, patience in (
        ("no answer in time", Answer(silent=1), 0.3),
        ("connection reset", Answer(reset=True), 10),
    ):
        with pardot(server.url, patience=patience) as client:
            both_ways(server, client, rows.pop(name), answer)
    for name, url in (
        ("connection refused", f"http://127.0.0.1:{free_port()}"),
        ("certificate not trusted", server.url.replace("http:", "https:")),
    ):
        row = rows.pop(name)
        with pardot(url, tokens=server.url) as client:
            same(write(client), row.writing, row.reaction, name)
            same(read(client), row.reading, row.reaction_reading, name)
    assert {name for name in rows if "status" not in name} == NOT_HERE


def test_every_exception_of_odoo(server: Server) -> None:
    for row in rows_of("Odoo's exceptions"):
        name, text = row.name, "of somebody@example.com"
        for words_, told_so in ODOO_TEXTS.items():
            if name.endswith(words_):
                name, text = told_so
        if row.name == "any other exception":
            name = "odoo.addons.some_module.Oops"
        elif row.name.endswith("any other"):
            name = "psycopg2.errors.DatatypeMismatch"
        error = {"code": 200, "message": "?", "data": {"name": name, "message": text}}
        server.next.append(told({"jsonrpc": "2.0", "id": 1, "error": error}))
        found = call(server.url)
        assert "somebody@example.com" not in str(found)
        same(found, row.writing, row.reaction, row.name)


def test_what_comes_in_place_of_an_answer_of_odoo(server: Server) -> None:
    rows = {row.name: row for row in rows_of("Odoo without an exception")}
    answers = {
        "no answer in time": Answer(silent=1),
        "connection reset": Answer(reset=True),
        "broken JSON": Answer(body=b'{"jsonrpc": "2.0", "resu'),
        "JSON of another program": told({"hello": 1}),
    }
    for name in list(rows):
        status = re.search(r"status (\d+)", name)
        if status or name in answers:
            server.next.append(answers.get(name) or page(int(status[1]) if status else 0))
            row = rows.pop(name)
            patience = 0.3 if name == "no answer in time" else 10
            same(call(server.url, patience), row.writing, row.reaction, name)
    refused = rows.pop("connection refused")
    same(call(f"http://127.0.0.1:{free_port()}"), refused.writing, refused.reaction, refused.name)
    unsafe = rows.pop("certificate not trusted")
    found = call(server.url.replace("http:", "https:"))
    same(found, unsafe.writing, unsafe.reaction, unsafe.name)
    assert set(rows) == NOT_HERE


def test_a_daily_limit_that_the_account_confirms_is_one(server: Server) -> None:
    class Met:
        used, maximum = 25_000, 25_000

    server.next.append(told({"code": 52, "message": "?"}, 400))
    with pardot(server.url) as client:
        failure = read(client)
    assert outages.judge(failure).reaction is Reaction.PAUSE_LANE
    assert outages.judge(failure, Met()).reaction is Reaction.PAUSE_UNTIL_RESET


@pytest.mark.parametrize(
    ("code", "usual", "reaction"),
    [
        (15, "invalid API key", Reaction.RENEW_CREDENTIALS),
        (52, "daily limit exhausted", Reaction.PAUSE_LANE),
        (60, "temporarily unavailable", Reaction.WAIT_FOR_SYSTEM),
        (83, "prospect does not exist", Reaction.RECONCILE_RECORD),
    ],
)
def test_the_four_numbers_do_what_people_expect_and_say_both_meanings(
    code: int, usual: str, reaction: Reaction
) -> None:
    [row] = [row for row in rows_of("Pardot's codes") if row.name == str(code)]
    assert (row.reaction, row.reaction_reading) == (reaction, reaction)
    assert usual in row.writing.cause
    assert usual in words(code, "pardot").text


def test_every_class_has_a_row_and_every_reaction_a_page_of_the_book() -> None:
    rows = [row for group in groups() for row in group.rows]
    assert {row.failure_class for row in rows} == set(FailureClass)
    assert {row.reaction for row in rows} | {Reaction.PAUSE_UNTIL_RESET} == set(Reaction)
    assert list(BOOK) == list(Reaction)


def test_what_people_are_told_is_whole_sentences() -> None:
    for reaction, entry in BOOK.items():
        said = words("x", "odoo", reaction=reaction, lane="bulk", cause="It broke", fix="Mend it")
        assert said.text.startswith("It broke. ")
        assert said.fix == "Mend it."
        assert not re.search(r"[{}]|\.\.", said.title + said.text + entry.done)
        assert bool(entry.when) == (entry.audience is not Audience.NOBODY)


def test_the_page_in_the_docs_is_the_printed_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == errors_page(), (
        "write it anew: python -c 'from pardot_odoo_pipeline.operations.playbook_page import "
        'errors_page; print(errors_page(), end="")\' > docs/errors.md'
    )


def test_no_row_of_the_page_is_cut() -> None:
    lines = [line for line in errors_page().splitlines() if line.startswith("| ")]
    heads = {group.head for group in groups()}
    for line in lines:
        assert line.count("|") in (4, 5, 7), line
    assert sum(line.split("|")[1].strip() in heads for line in lines) == len(groups()) + 1


def test_groups_are_of_one_system_each() -> None:
    def systems(group: Group) -> set[str]:
        return {row.system for row in group.rows}

    assert all(len(systems(group)) == 1 for group in groups())
