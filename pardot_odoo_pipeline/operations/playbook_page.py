"""The error table as a page of the documentation.

What lives here: how it is printed. What does not: anything that it says (`playbook`,
`playbook_rows`, the clients).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pardot_odoo_pipeline.operations.playbook import BOOK, Audience
from pardot_odoo_pipeline.operations.playbook_rows import Group, Row, groups
from pardot_odoo_pipeline.pardot.error_codes import CODES, SPECIFIED_MEANINGS

__all__ = ["errors_page"]

_INTRO = """\
# Errors

Printed from the code that reads the answers (`operations/playbook_page.py`); a test holds it to
what the clients do with such an answer of a server.

Every failure is classified once, where the answer is read. The class decides what is done, and
each reaction runs by itself. [When a system is down](operations.md#when-a-system-is-down) tells
more of the first four.
"""
_FOUR = """\
## Four numbers with two meanings

Runbooks in use read four of Pardot's codes otherwise than the published registry does. What people
expect of them is done, and both meanings are shown wherever such a code is.

| code | in runbooks | in the registry | what is done |
|---|---|---|---|
"""
_NOTE = {
    "Pardot's codes": "A refusal of values can only befall a record that is written. The same code "
    "on a read is a mistake of the set-up: `mend_setup`.\n\nA code that is not in the list is read "
    "by its HTTP status.",
    "Odoo without an exception": "What Odoo says is read by the name of the exception, never by "
    "the HTTP status: Odoo answers a wrong value with 500, and a refused login with 200.",
    "The ledger": "A ledger that does not answer is no fault of the record either; there is no "
    "circuit for it, since nothing could be written down.",
}


def errors_page() -> str:
    """The page, as Markdown."""
    return "\n".join([_INTRO, *_reactions(), "", _FOUR + "\n".join(_four()), "", *_tables()])


def _reactions() -> Iterator[str]:
    yield "| reaction | what is done | who is told |"
    yield "|---|---|---|"
    for reaction, entry in BOOK.items():
        told = entry.audience.value
        if entry.audience is not Audience.NOBODY:
            told += f", {entry.when}"
        yield f"| `{reaction.value}` | {entry.done} | {told} |"
    yield ""
    yield "What they are told:"
    yield ""
    yield "| reaction | title | text |"
    yield "|---|---|---|"
    for reaction, entry in BOOK.items():
        if entry.audience is not Audience.NOBODY:
            filled = {"name": "Pardot", "lane": "bulk"}
            title, text = entry.title.format(**filled), entry.text.format(**filled)
            yield f"| `{reaction.value}` | {title} | {text}. |"


def _four() -> Iterator[str]:
    rows = {row.name: row for group in groups() for row in group.rows if row.system == "pardot"}
    for code, usual in SPECIFIED_MEANINGS.items():
        reaction = rows[str(code)].reaction
        yield f"| {code} | {usual} | {CODES[code].meaning} | {BOOK[reaction].done} |"


def _tables() -> Iterator[str]:
    for group in groups():
        yield f"## {group.title}"
        yield ""
        if note := _NOTE.get(group.title):
            yield note
            yield ""
        yield f"| {group.head} | meaning | class | reaction | told | what to do |"
        yield "|---|---|---|---|---|---|"
        for row in group.rows:
            yield _line(group, row)
        yield ""


def _line(group: Group, row: Row) -> str:
    cause = row.writing.cause
    if group.title == "Pardot's codes":
        entry = CODES[int(row.name)]
        cause = entry.meaning + (f" ({entry.note})" if entry.note else "")
        if entry.code in SPECIFIED_MEANINGS:
            cause += f"; as users often know it: {SPECIFIED_MEANINGS[entry.code]}"
    else:
        cause = re.sub(r"^(PATCH|res\.users\.read)[ :]+", "", cause)
        cause = re.sub(r"https?://\S+", "the server", cause)
    name = f"`{row.name}`" if re.fullmatch(r"[\w.]+", row.name) else row.name
    return (
        f"| {name} | {cause.strip(' :')} | `{row.failure_class.value}` | `{row.reaction.value}` "
        f"| {row.audience.value} | {row.writing.fix}. |"
    )
