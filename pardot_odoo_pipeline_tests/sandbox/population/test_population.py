from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from pardot_odoo_pipeline.sandbox import population as population_package
from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.sandbox.population.times import BEGINNING, EPOCH

# Changes only together with GENERATOR_VERSION: a sandbox tells its states apart by it.
DIGEST_OF_SEED_7 = "2a710d17e92048b78255ada8a99fa47119c3e7f0019fe4b9ed18ae48a420bd36"

TIMES = ("createdAt", "updatedAt", "firstActivityAt", "lastActivityAt", "emailBouncedAt")


def digest(population: Population) -> str:
    hashed = hashlib.sha256()

    def add(thing: object) -> None:
        text = json.dumps(thing, sort_keys=True, default=str)
        hashed.update(text.encode())

    for planted in population.prospects():
        add(planted.row)
        add(dict(planted.truth.values))
        add(sorted(planted.truth.findings))
    for part in (
        population.campaigns(),
        population.users(),
        population.lists(),
        population.custom_fields(),
        population.memberships(),
        population.activities(),
        population.odoo_seed(),
    ):
        for record in part:
            add(record)
    return hashed.hexdigest()


@pytest.fixture(scope="module")
def people() -> list[dict]:
    return [planted.row for planted in Population(seed=7, size=5_000).prospects()]


def test_the_same_seed_gives_the_rows_it_always_gave():
    assert digest(Population(seed=7, size=200)) == DIGEST_OF_SEED_7


def test_another_process_with_other_hash_seed_and_zone_gives_the_same_rows():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from test_population import digest, Population;"
        "print(digest(Population(seed=7, size=200)))"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "4711",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout.strip() == DIGEST_OF_SEED_7


def test_another_seed_gives_other_people():
    one = [planted.row["email"] for planted in Population(seed=1, size=50).prospects()]
    other = [planted.row["email"] for planted in Population(seed=2, size=50).prospects()]
    assert one != other


def test_a_person_does_not_depend_on_who_was_made_before():
    streamed = list(Population(seed=3, size=400).prospects())
    alone = Population(seed=3, size=400)
    for number in (399, 0, 200, 17, 398, 1):
        assert alone.person(number) == streamed[number]


def test_two_iterations_side_by_side_do_not_disturb_each_other():
    population = Population(seed=3, size=300)
    pairs = zip(population.prospects(), population.prospects(), strict=True)
    assert all(one == other for one, other in pairs)


def test_ids_grow_and_lead_back_to_the_person(people):
    ids = [row["id"] for row in people]
    assert ids == sorted(set(ids))
    population = Population(seed=7, size=5_000)
    assert [population.number_of(i) for i in ids] == list(range(5_000))


@pytest.mark.parametrize("nobody", [0, 11_000_002, 11_000_004, 99_999_999])
def test_an_unknown_id_is_nobody(nobody):
    with pytest.raises(KeyError):
        Population(seed=7, size=100).number_of(nobody)


@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_tiny_populations_work_in_every_part(size):
    population = Population(seed=5, size=size)
    assert len(list(population.prospects())) == size
    list(population.memberships())
    list(population.activities())
    list(population.odoo_seed())
    assert population.truth().counts.prospects_read == size


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="-1"):
        Population(seed=5, size=-1)


def test_everything_happened_before_the_epoch_and_in_order(people):
    for row in people:
        for name in TIMES:
            moment = row[name]
            assert moment is None or BEGINNING <= moment < EPOCH
            assert moment is None or (moment.tzinfo is UTC and moment.microsecond == 0)
        assert row["createdAt"] <= row["updatedAt"]
        if row["lastActivityAt"] is not None:
            assert row["createdAt"] <= row["firstActivityAt"] <= row["lastActivityAt"]


def test_creation_spreads_over_four_years_with_one_great_import(people):
    years = {row["createdAt"].year for row in people}
    assert years == {2022, 2023, 2024, 2025, 2026}
    seconds = Counter(row["createdAt"] for row in people)
    (_, most), *rest = seconds.most_common(4)
    assert most >= 500  # a tenth of everybody in one second
    assert all(count >= 100 for _, count in rest)  # and further list imports
    assert sum(1 for count in seconds.values() if count == 1) > 2_000


def test_people_change_within_the_doubtful_hour_of_more_than_one_zone(people):
    new_york = range(*(int(datetime(2025, 11, 2, h, tzinfo=UTC).timestamp()) for h in (5, 7)))
    berlin = range(*(int(datetime(2025, 10, 26, h, tzinfo=UTC).timestamp()) for h in (0, 2)))
    for hours in (new_york, berlin):
        assert any(int(row["updatedAt"].timestamp()) in hours for row in people)


def test_people_of_many_countries_write_in_their_scripts(people):
    scripts = {
        "Cyrillic": range(0x400, 0x500),
        "Greek": range(0x370, 0x400),
        "Hebrew": range(0x590, 0x600),
        "Arabic": range(0x600, 0x700),
        "Devanagari": range(0x900, 0x980),
        "Thai": range(0xE00, 0xE80),
        "Han": range(0x4E00, 0xA000),
        "Hangul": range(0xAC00, 0xD7B0),
        "Latin with accents": range(0xC0, 0x250),
    }
    names = "".join((row["firstName"] or "") + (row["lastName"] or "") for row in people)
    for script, letters in scripts.items():
        assert sum(ord(c) in letters for c in names) > 20, script


def test_people_come_from_more_than_25_countries():
    countries = {p.truth.values["country"] for p in Population(seed=7, size=2_000).prospects()}
    assert len(countries - {None}) > 25


def test_own_fields_hold_values_of_their_types(people):
    population = Population(seed=7, size=1)
    kinds = {
        f"{f['fieldId']}__c": "several" if f["isRecordMultipleResponses"] else f["type"]
        for f in population.custom_fields()
    }
    types = {"several": list, "number": int, "checkbox": list, "multi-select": list}
    for name, kind in kinds.items():
        values = [row[name] for row in people if row[name] is not None]
        assert len(values) > 500
        assert all(type(value) is types.get(kind, str) for value in values)


def test_every_row_has_the_same_fields_and_known_references(people):
    population = Population(seed=7, size=1)
    assert len({tuple(row) for row in people}) == 1
    campaigns = {campaign["id"] for campaign in population.campaigns()}
    users = {user["id"] for user in population.users()}
    assert {row["campaignId"] for row in people} == campaigns
    assert {row["userId"] for row in people} - {None} <= users
    assert {row["createdById"] for row in people} <= users


def test_the_generator_uses_nothing_of_the_pipeline_that_it_judges():
    package = Path(population_package.__file__).parent
    modules = sorted(package.glob("*.py"))
    assert len(modules) > 20
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                standard = name.partition(".")[0] in sys.stdlib_module_names
                assert standard or name.startswith(population_package.__name__), module.name


def test_memory_does_not_grow_with_the_population():
    def peak(size: int) -> int:
        population = Population(seed=9, size=size)
        tracemalloc.reset_peak()
        for _ in population.prospects():
            pass
        for _ in islice(population.activities(), size):
            pass
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(2_000)  # fills the tables that are parsed once
        small, large = peak(300), peak(2_000)
    finally:
        tracemalloc.stop()
    assert large < small + 100_000
