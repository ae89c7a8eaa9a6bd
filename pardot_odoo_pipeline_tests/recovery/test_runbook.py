"""The runbook as it is written: each scenario happens, and its commands are typed one by one.

A command that no scenario ran, and a section without a scenario, fail.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.both_sides import BothSides
from pardot_odoo_pipeline_tests.recovery.restored_world import (
    leads,
    lose_ledger,
    recoverable,
    renew_password,
)
from pardot_odoo_pipeline_tests.world import refused

PAGE = Path(__file__).parents[2] / "docs" / "runbook.md"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def scenarios() -> dict[str, list[str]]:
    """Heading to its commands, in the order of the page."""
    _, *parts = SECTION.split(PAGE.read_text())
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    return {
        title: [
            line.removeprefix("$ ")
            for block in BLOCK.findall(text)
            for line in block.splitlines()
            if line.startswith("$ ")
        ]
        for title, text in found.items()
    }


@dataclass
class Operator:
    """Types what the page says, on whatever installation is at hand.

    Attributes:
        both: Both systems.
        home: The installation's folder; another machine has another one.
        backup: What the page calls ``/backup``.
        before: What people do elsewhere before a command is typed.
        words: What stands for the placeholders of the page.
        typed: Every command that was run.
    """

    both: BothSides
    home: Path
    backup: Path
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)

    def types(self, command: str) -> str:
        """Run one command, which must succeed; what it printed."""
        self.before.get(command, lambda: None)()
        text = command.replace("/backup", str(self.backup))
        for placeholder, word in self.words.items():
            text = text.replace(placeholder, word)
        self.typed.append(command)
        if not text.startswith("pardot-odoo "):
            env = cli.environment(self.home, self.both.env)
            done = subprocess.run(
                text,
                shell=True,
                env=env,
                cwd=self.home,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (command, done.stderr)
            return done.stdout
        env = {**self.both.env, "PIPELINE_HOME": str(self.home)}
        finished = self.both.world.run(*shlex.split(text)[1:], env=env)
        assert finished.code == 0, (command, finished.stdout, finished.stderr)
        return finished.stdout

    def follows(self, title: str) -> dict[str, str]:
        """Type a section's commands; what each printed last."""
        return {command: self.types(command) for command in PAGES[title]}


PAGES = scenarios()
RULES = """
safety: {{odoo: {{overwrites: {{share: 0, least: 3}}}}}}
snapshots: {{location: {backup}/snapshots}}
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An installation whose snapshots go to another place."""
    backup = tmp_path_factory.mktemp("elsewhere") / "backup"
    rules = RULES.format(backup=backup)
    with recoverable(tmp_path_factory.mktemp("home"), rules) as both:
        yield Operator(both, both.world.home, backup)


def renews(operator: Operator, password: str) -> Callable[[], None]:
    """The old credential is refused; then the administrator makes another one."""

    def renew() -> None:
        env = {**operator.both.env, "PIPELINE_HOME": str(operator.home)}
        done = operator.both.world.run("restore", "--resume", env=env)
        refused(done, "ODOO_PASSWORD", "change the password", code=2)
        refused(operator.both.world.run("sync", env=env), "restore --resume", code=2)
        renew_password(operator.both, password)

    return renew


def edited(both: BothSides, title: str) -> str:
    """Somebody whom a marketer edits; who it is."""
    who = next(iter(leads(both)))
    both.later(90)
    both.in_pardot(who, jobTitle=title)
    return who


def brought_over(both: BothSides, who: str, title: str, everybody: Mapping[str, int]) -> None:
    """The edit arrived, and nobody is there twice."""
    assert both.shown(who, "jobTitle", "function", "function") == [title] * 3
    assert both.world.twins() == []
    assert leads(both) == everybody


def before_anything_happens(operator: Operator) -> None:
    printed = operator.follows("Before anything happens")
    assert "is whole" in printed["pardot-odoo restore --check"]
    assert "Nothing is wrong" in printed["pardot-odoo integrity"]
    assert (operator.backup / "keys" / "lookup.key").exists()


def the_ledger_is_lost(operator: Operator) -> None:
    both, everybody = operator.both, leads(operator.both)
    who = edited(both, "While the ledger was away")
    operator.before["pardot-odoo restore --resume"] = renews(operator, "the-second-password")
    operator.before["pardot-odoo sync"] = lambda: both.later(90)
    printed = operator.follows("The ledger is lost")
    brought_over(both, who, "While the ledger was away", everybody)
    assert "at most 200 people" in printed["pardot-odoo status"]


def without_a_snapshot(operator: Operator) -> None:
    both, everybody = operator.both, leads(operator.both)
    who = edited(both, "Before the rebuild")
    operator.follows("The ledger is lost, without a snapshot")
    brought_over(both, who, "Before the rebuild", everybody)


def the_machine_is_lost(operator: Operator) -> None:
    both, everybody = operator.both, leads(operator.both)
    both.later(90)
    operator.types("pardot-odoo snapshot")
    who = edited(both, "On the new machine")
    old, operator.home = operator.home, operator.home.parent / "new machine"
    operator.home.mkdir()
    lose_ledger(both.world)
    shutil.rmtree(old / "keys")
    # Whoever reads this page on a new machine has the systems' addresses in the settings.
    both.env |= {
        name: value for name, value in both.world.configured.items() if name.startswith("PARDOT_")
    }
    operator.before["pardot-odoo restore --resume"] = renews(operator, "the-third-password")
    operator.follows("The machine is lost")
    brought_over(both, who, "On the new machine", everybody)


def odoo_was_restored(operator: Operator) -> None:
    operator.follows("Odoo was restored")


def a_mass_mistake(operator: Operator) -> None:
    both = operator.both
    both.later(25 * 3600)
    titled = (who for who in leads(both) if both.contact(who)["function"])
    victims = list(islice(titled, 5))
    for who in victims:
        both.in_pardot(who, jobTitle="Wrong")
    both.later(90)
    operator.types("pardot-odoo sync")
    env = {**both.env, "PIPELINE_HOME": str(operator.home)}
    [hold] = both.world.run("holds", "--json", env=env).report["holds"]
    operator.words["HOLD"] = str(hold["id"])
    printed = operator.follows("A mass mistake")
    assert "5 people, values replaced in Odoo" in printed["pardot-odoo holds"]
    assert {who: both.contact(who)["function"] for who in victims} == dict.fromkeys(
        victims, "Wrong"
    )


def credentials_leaked(operator: Operator) -> None:
    renew_password(operator.both, "the-fourth-password")
    operator.follows("Credentials leaked")


def the_disk_is_full(operator: Operator) -> None:
    who = edited(operator.both, "After the disk was full")
    operator.follows("The disk is full")
    assert operator.both.contact(who)["function"] == "After the disk was full"


STORIES: dict[str, Callable[[Operator], None]] = {
    "Before anything happens": before_anything_happens,
    "The ledger is lost": the_ledger_is_lost,
    "The ledger is lost, without a snapshot": without_a_snapshot,
    "The machine is lost": the_machine_is_lost,
    "Odoo was restored": odoo_was_restored,
    "A mass mistake": a_mass_mistake,
    "Credentials leaked": credentials_leaked,
    "The disk is full": the_disk_is_full,
}


def test_every_section_with_commands_has_a_story() -> None:
    assert [title for title, commands in PAGES.items() if commands] == list(STORIES)


def test_commands_in_the_text_exist() -> None:
    from pardot_odoo_pipeline.cli.main import _COMMANDS

    named = set(re.findall(r"`pardot-odoo ([a-z]+)", PAGE.read_text()))
    assert named <= set(_COMMANDS)


@pytest.mark.parametrize("title", STORIES)
def test_the_runbook(operator: Operator, title: str) -> None:
    operator.typed.clear()
    STORIES[title](operator)
    assert set(PAGES[title]) <= set(operator.typed)
