from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.sandbox.population import rates as rate_table

SIZE = 4_000
POPULATION = Population(seed=7, size=SIZE)

# (type, asset class, field that holds the asset's id)
TRIPLES = {
    (1, "Email Tracker", "emailId"),
    (1, "Landing Page Tracker", "landingPageId"),
    (2, "File", "fileId"),
    (2, "Form", "formId"),
    (2, "Landing Page", "landingPageId"),
    (2, "Page View", "visitorPageViewId"),
    (3, "Form", "formId"),
    (4, "Form", "formId"),
    (4, "Form Handler", "formHandlerId"),
    (4, "Landing Page", "landingPageId"),
    (6, "Email", "emailId"),
    (8, "New Opportunity", "opportunityId"),
    (9, "Opportunity Won", "opportunityId"),
    (10, "Opportunity Lost", "opportunityId"),
    (11, "Email", "emailId"),
    (12, "Email", "emailId"),
    (13, "Email", "emailId"),
    (14, "Email", "emailId"),
    (20, "Visit", "visitId"),
    (21, "Custom Redirect", "customRedirectId"),
    (35, "Email", "emailId"),
}
ASSETS = {asset for _, _, asset in TRIPLES}


@pytest.fixture(scope="module")
def rows() -> dict[int, dict]:
    return {planted.row["id"]: planted.row for planted in POPULATION.prospects()}


@pytest.fixture(scope="module")
def histories() -> dict[int, list[dict]]:
    by_person = defaultdict(list)
    for activity in POPULATION.activities():
        by_person[activity["prospectId"]].append(activity)
    return by_person


@pytest.fixture(scope="module")
def memberships() -> list[dict]:
    return list(POPULATION.memberships())


def test_activities_name_exactly_one_asset_of_the_right_class(histories):
    seen = set()
    for history in histories.values():
        for activity in history:
            assets = [name for name in ASSETS if activity[name] is not None]
            assert len(assets) == 1
            seen.add((activity["type"], activity["typeName"], assets[0]))
    assert seen == TRIPLES


def test_most_people_do_little_and_a_few_do_very_much(histories):
    lengths = sorted((len(history) for history in histories.values()), reverse=True)
    total = sum(lengths)
    assert 4 < total / SIZE < 6.5
    assert lengths[0] > 120
    assert max(lengths) <= 207
    assert sum(lengths[: SIZE // 10]) > total / 2  # a tenth of all people, half of all activities
    assert SIZE - len(lengths) > SIZE / 10  # and many without any


def test_the_newest_engagement_bears_the_last_activity_time(histories, rows):
    passive = {6, 8, 9, 10, 13}  # sent, bounced, sold: done to the person or about it
    for number, row in rows.items():
        own = [a["createdAt"] for a in histories.get(number, ()) if a["type"] not in passive]
        assert max(own, default=None) == row["lastActivityAt"]
        assert min(own, default=None) == row["firstActivityAt"]


def test_opted_out_and_bounced_people_show_it_in_their_history(histories, rows):
    for number, row in rows.items():
        history = histories.get(number, [])
        if row["isEmailHardBounced"]:
            assert row["emailBouncedAt"] in [a["createdAt"] for a in history if a["type"] == 13]
        if row["optedOut"] and row["lastActivityAt"]:
            assert any(a["type"] == 12 for a in history)


def test_activities_are_ordered_unique_and_can_be_had_one_person_at_a_time(histories, rows):
    ids = [activity["id"] for history in histories.values() for activity in history]
    assert ids == sorted(set(ids))
    for history in histories.values():
        times = [activity["createdAt"] for activity in history]
        assert times == sorted(times)
    for number in (0, SIZE - 1, SIZE // 3):
        alone = list(POPULATION.activities_of(number))
        prospect = POPULATION.person(number).row["id"]
        assert alone == histories.get(prospect, [])


def test_memberships_refer_to_known_lists_once_for_each_person(memberships, rows):
    lists = {record["id"]: record for record in POPULATION.lists()}
    assert any(record["isDeleted"] for record in lists.values())
    assert any(record["isDynamic"] for record in lists.values())
    ids = [membership["id"] for membership in memberships]
    assert ids == sorted(set(ids))
    pairs = Counter((m["listId"], m["prospectId"]) for m in memberships)
    assert set(pairs.values()) == {1}
    for membership in memberships:
        assert membership["listId"] in lists
        assert rows[membership["prospectId"]]["createdAt"] <= membership["createdAt"]
        assert membership["createdAt"] <= membership["updatedAt"]


def test_some_memberships_are_opted_out_and_some_removed(memberships):
    share = len(memberships) / 100
    assert share < sum(m["optedOut"] for m in memberships) < 6 * share
    assert share < sum(m["isDeleted"] for m in memberships) < 8 * share


def test_people_of_a_list_import_are_members_since_that_second(memberships, rows):
    seconds = Counter(row["createdAt"] for row in rows.values())
    great, many = seconds.most_common(1)[0]
    members = Counter(m["listId"] for m in memberships if m["createdAt"] == great)
    assert members.most_common(1)[0][1] == many


@pytest.mark.parametrize(
    ("rate", "holds"),
    [
        ("RECYCLE_BIN", lambda row: row["isDeleted"]),
        ("OPTED_OUT", lambda row: row["optedOut"]),
        ("DO_NOT_EMAIL", lambda row: row["isDoNotEmail"]),
        ("DO_NOT_CALL", lambda row: row["isDoNotCall"]),
        ("HARD_BOUNCED", lambda row: row["isEmailHardBounced"]),
        ("COMPANY_MISSING", lambda row: row["company"] is None),
        ("COUNTRY_MISSING", lambda row: row["country"] is None),
        ("PHONE_MISSING", lambda row: row["phone"] is None),
        ("WITHOUT_ACTIVITY", lambda row: row["lastActivityAt"] is None),
        ("INDUSTRY_MISSING", lambda row: row["industry"] is None),
        ("GRADE_MISSING", lambda row: row["grade"] is None),
        ("COMMENTS", lambda row: row["comments"] is not None),
    ],
)
def test_rates_are_what_they_are_called(rate, holds, rows):
    expected = getattr(rate_table, rate) / 10_000 * SIZE
    found = sum(bool(holds(row)) for row in rows.values())
    assert abs(found - expected) < 5 * max(expected, 1) ** 0.5
