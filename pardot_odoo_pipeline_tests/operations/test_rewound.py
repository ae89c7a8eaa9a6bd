"""A restored backup: noticed before anything is written, and gone on from as a person chose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.launching import give_back, take_requests
from pardot_odoo_pipeline.operations.agreement import Comparison
from pardot_odoo_pipeline.operations.rewound import Keep, accept, look
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline_tests.both_sides import PARTNER, BothSides
from pardot_odoo_pipeline_tests.operations.comparing import (
    agreeing,
    backup,
    by_sql,
    compared,
    database,
    surprising,
)
from pardot_odoo_pipeline_tests.world import refused

TITLE = ("jobTitle", "function", "function")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    """A world of its own: what is missing in a backup, nobody else may have deleted."""
    with agreeing(tmp_path_factory.mktemp("rewound")) as both:
        yield both


def settle(both: BothSides) -> None:
    both.sync()
    both.later(900)


def incidents(both: BothSides) -> list[str]:
    return [one["cause"] for one in both.command("status")["incidents"] if one["state"] == "open"]


def lived(both: BothSides, name: str) -> list[str]:
    """People as they are when the backup is made."""
    people = [
        both.person(f"{name}{n}", lastName=f"{name} {n}", jobTitle="Before") for n in range(4)
    ]
    settle(both)
    return people


def after_the_backup(both: BothSides, people: list[str], name: str) -> str:
    """What happens on either side from then on; the one who comes anew."""
    for who in people[:3]:
        both.in_pardot(who, jobTitle="After")
    both.in_pardot(people[1], optedOut=True)
    both.edit_contact(people[3], function="After in Odoo")
    both.odoo.create("mail.blacklist", [{"email": both.contact(people[2])["email"]}])
    newcomer = both.person(f"{name}.new", lastName="Newcomer", jobTitle="After")
    settle(both)
    settle(both)
    assert both.shown(people[3], *TITLE) == ["After in Odoo"] * 3
    assert opted_out(both, people) == [False, True, True, False]
    return newcomer


def opted_out(both: BothSides, people: list[str]) -> list[bool]:
    """Who refuses mail, on both sides alike."""
    in_pardot = [bool(both.prospect(who)["optedOut"]) for who in people]
    emails = [both.contact(who)["email"] for who in people]
    in_odoo = [
        bool(both.odoo.search_count("mail.blacklist", [("email", "=", one)])) for one in emails
    ]
    assert in_pardot == in_odoo
    return in_pardot


def refuses(both: BothSides) -> None:
    """An interval meets an edit in the restored Odoo, and stops before anything is told."""
    both.world.pardot.forget()
    with pytest.raises(PipelineError, match="older versions"):
        both.sync()
    assert both.told() == []
    assert "odoo:rewound" in incidents(both)
    refused(both.world.run("sync", env=both.env), "--accept-rewound odoo", code=1)


def chosen(both: BothSides, found: Comparison, system: str, keep: Keep) -> None:
    """What the command does with a choice, up to the batches that follow."""
    with both.ports() as ports:
        accept(ports.ledger, found.concerned(system), keep, ports.clock.now(), batch_size=100)


def nothing_goes_before(both: BothSides) -> None:
    """The interval that was stopped is another worker's, who is faster than the side that comes.

    It does not begin, and what it would have read is as old as before: nobody's edit.
    """
    before = both.versions()
    both.later(3600)
    both.world.pardot.forget()
    with both.ports() as ports:
        forward, *others = both._due(ports)
        assert others, "the stopped interval wants a run"
        for key in others:
            with pytest.raises(PipelineError, match="is brought forward"):
                list(run_batch(str(key), ports))
        asked = take_requests(ports.ledger, ports.clock.now())
        assert [request.key for request in asked] == [forward]
        late = take_requests(ports.ledger, ports.clock.now(), only=list(map(str, others)))
        assert late == [], "not even where a person waits for it"
        assert look(ports, "pardot"), "nothing is forgotten before it is settled"
        give_back(ports.ledger, asked[0], ports.clock.now())
    assert both.told() == []
    assert both.versions() == before


@pytest.mark.parametrize("keep", ["ours", "theirs"])
def test_odoo_is_set_back(both: BothSides, keep: str) -> None:
    people = lived(both, keep)
    with backup(database(both)):
        newcomer = after_the_backup(both, people, keep)
    assert both.contact(people[0])["function"] == "Before"
    both.edit_contact(people[1], city="Typed after the backup")
    refuses(both)
    found = compared(both)
    assert surprising(found) == dict.fromkeys([*people, newcomer], "rewound")
    assert found.to_mend == []
    if keep == "ours":
        report = both.command("reconcile", "--accept-rewound", "odoo", "--keep", keep)
        assert (report["accepted"]["people"], report["accepted"]["gone"]) == (5, 1)
    else:
        chosen(both, found, "odoo", Keep.THEIRS)
    assert "odoo:rewound" not in incidents(both)
    settle(both)
    if keep == "ours":
        assert [both.shown(who, *TITLE) for who in people[:3]] == [["After"] * 3] * 3
        assert both.shown(people[3], *TITLE) == ["After in Odoo"] * 3
    else:
        assert [both.shown(who, *TITLE) for who in people] == [["Before"] * 3] * 4
        assert both.contact(people[1])["city"] == "Typed after the backup"
        assert both.prospect(people[1])["city"] == "Typed after the backup"
    assert both.shown(newcomer, *TITLE) == ["After"] * 3
    assert opted_out(both, people) == [False, True, True, False], "no refusal is lost"
    assert both.world.twins() == []
    assert surprising(compared(both)) == {}


def test_an_id_that_odoo_gave_again_is_nobodys_link(both: BothSides) -> None:
    """The contact that the ledger knows is a stranger's by now: nothing of theirs is touched."""
    who = both.person("reused", lastName="Reused", jobTitle="Before")
    settle(both)
    contact = both.contact(who)["id"]
    by_sql(
        both,
        "UPDATE res_partner SET x_pardot_prospect_id = NULL, email = ?, email_normalized = ?, "
        "x_pardot_email_key = ?, name = 'Stranger', function = 'Stranger' WHERE id = ?",
        *["stranger@example.com"] * 3,
        contact,
    )
    both.in_pardot(who, jobTitle="After")
    both.sync()
    [row] = both.odoo.read(PARTNER, [contact], ["name", "function", "email"])
    assert (row["name"], row["function"], row["email"]) == (
        "Stranger",
        "Stranger",
        "stranger@example.com",
    )
    assert both.prospect(who)["email"] == "reused@example.com"


def test_pardot_is_set_back(both: BothSides) -> None:
    path = both.world.home / "sandbox" / "pardot" / "pardot.sqlite"
    people = lived(both, "pardot")
    with backup(path):
        for who in people[:3]:
            both.in_pardot(who, jobTitle="After")
        both.edit_contact(people[3], function="After in Odoo")
        settle(both)
    for who in people[:3]:
        both.edit_contact(who, city="Typed in Odoo")
    with pytest.raises(PipelineError, match="older versions"):
        both.sync()
    assert "pardot:rewound" in incidents(both)
    chosen(both, compared(both), "pardot", Keep.OURS)
    nothing_goes_before(both)
    settle(both)
    assert [both.shown(who, *TITLE) for who in people[:3]] == [["After"] * 3] * 3
    assert both.shown(people[3], *TITLE) == ["After in Odoo"] * 3
    assert both.prospect(people[0])["city"] == "Typed in Odoo"
    assert surprising(compared(both)) == {}
