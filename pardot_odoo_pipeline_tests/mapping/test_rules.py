from __future__ import annotations

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.fields import STANDARD_COLUMNS, column_of, pardot_fields
from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction, Rules, Transform
from pardot_odoo_pipeline.mapping.rules_file import default_rules, default_rules_text, load_rules


@pytest.fixture
def load(tmp_path):
    def loaded(text: str) -> Rules:
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        return load_rules(path)

    return loaded


@pytest.fixture
def refused(load):
    def error_of(text: str) -> str:
        with pytest.raises(ConfigurationError) as caught:
            load(text)
        return str(caught.value)

    return error_of


def test_the_defaults_stand_without_a_file():
    rules = default_rules()
    assert rules.active is True
    assert (rules.sync_interval, rules.batch_size) == (15, 20_000)
    assert rules.default_country is None
    assert rules.account_time_zone == "UTC"
    assert rules.fields["company"].lead == ("partner_name",)
    assert rules.fields["company"].partner == ("company_name",)
    assert rules.fields["grade"].lead == ("x_pardot_grade", "x_pardot_grade_rank")
    assert rules.fields["score"].authority is Authority.PARDOT
    assert rules.fields["jobTitle"].blank is BlankPolicy.KEEP


def test_every_standard_field_is_in_the_default_file_or_is_a_version():
    unmapped = set(STANDARD_COLUMNS) - set(default_rules().fields)
    assert unmapped == {"isDeleted", "createdAt", "updatedAt"}


def test_the_default_file_can_be_given_as_the_users_own(load):
    assert load(default_rules_text()) == default_rules()


def test_an_empty_file_and_empty_sections_change_nothing(load):
    assert load("") == default_rules()
    assert load("retention:\nfields:\n  city:\npicklists:\n") == default_rules()


def test_a_file_changes_what_it_names_and_nothing_else(load):
    rules = load(
        """
        sync_interval: 5
        limits: {company: 60}
        fields:
          jobTitle: {authority: odoo, blank: fill_only}
          addressTwo: {lead: null, partner: null}
          industry: {partner: [industry_id, x_industry]}
          colour__c: {lead: x_colour}
        """
    )
    assert rules.sync_interval == 5
    assert (rules.limits.company, rules.limits.text) == (60, 128)
    assert rules.limit_of("company") == 60
    title = rules.fields["jobTitle"]
    assert (title.authority, title.blank, title.lead) == (
        Authority.ODOO,
        BlankPolicy.FILL_ONLY,
        ("function",),
    )
    assert rules.fields["addressTwo"].lead == rules.fields["addressTwo"].partner == ()
    assert rules.fields["industry"].partner == ("industry_id", "x_industry")
    assert rules.extra_fields == ("colour__c",)
    assert rules.transform_of("colour__c") is Transform.TEXT
    assert "colour__c" in pardot_fields(rules.fields)
    assert "full_name" not in pardot_fields(rules.fields)


def test_the_short_form_replaces_targets(load):
    rules = load(
        """
        field_mappings:
          prospect:
            company: partner_id.company_name
            score: lead_score
            job_title: x_title
        """
    )
    assert rules.fields["company"].partner == ("company_name",)
    assert rules.fields["company"].lead == ("partner_name",)
    assert rules.fields["score"].lead == ("x_pardot_score",)
    assert rules.fields["score"].authority is Authority.PARDOT
    assert rules.fields["jobTitle"].lead == ("x_title",)
    assert rules.fields["jobTitle"].partner == ("function",)


def test_what_pardot_computes_flows_one_way_and_the_rest_both_ways():
    rules = default_rules().fields
    one_way = {name for name, rule in rules.items() if rule.direction is Direction.TO_ODOO}
    assert one_way == {
        *("id", "score", "grade", "lastActivityAt", "lead_title", "source", "campaign.name"),
    }
    assert {rule.direction for name, rule in rules.items() if name not in one_way} == {
        Direction.BOTH
    }


def test_each_side_wins_where_it_is_the_master():
    rules = default_rules().fields
    assert {name for name, rule in rules.items() if rule.authority is Authority.ODOO} == {
        *("company", "industry", "addressOne", "addressTwo", "city", "zip", "state", "country"),
    }
    assert {name for name, rule in rules.items() if rule.authority is Authority.PARDOT} == {
        *("id", "score", "grade", "lastActivityAt"),
    }


def test_other_standard_fields_begin_with_what_the_api_says_of_them(load):
    rules = load(
        "fields:\n  firstActivityAt: {lead: x_first}\n  isStarred: {lead: x_starred}\n"
        "  department: {lead: x_department}\n"
    ).fields
    assert (rules["firstActivityAt"].kind, rules["firstActivityAt"].direction) == (
        Transform.TIME,
        Direction.TO_ODOO,
    )
    assert (rules["isStarred"].kind, rules["isStarred"].direction) == (
        Transform.FLAG,
        Direction.BOTH,
    )
    assert rules["department"].kind is Transform.TEXT


def test_steps_follow_a_kind(load):
    rule = load("fields: {colour__c: {lead: x_colour, transform: [text, upper, digits]}}").fields
    assert rule["colour__c"].kind is Transform.TEXT
    assert rule["colour__c"].steps == (Transform.UPPER, Transform.DIGITS)


def test_norway_is_no_no(load):
    assert load("default_country: NO").default_country == "NO"
    assert load("default_country: de").default_country == "DE"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "active: true\nsync_intervall: 5",
            2,
            ["'sync_intervall'", "Did you mean 'sync_interval'"],
        ),
        ("fields:\n  jobTitel: {lead: x}", 2, ["'jobTitel'", "Did you mean 'jobTitle'", "__c"]),
        ("fields:\n  city:\n    leed: city", 3, ["'leed'", "Did you mean 'lead'", "authority"]),
        ("limits:\n  txt: 9", 2, ["'txt'", "Did you mean 'text'"]),
        ("fields:\n  city:\n    authority: pardt", 3, ["pardot", "odoo", "latest"]),
        ("fields:\n  city:\n    blank: never", 3, ["keep", "clear", "fill_only"]),
        ("fields:\n  city: {lead: Bad-Name}", 2, ["fields.city.lead"]),
        ("fields:\n  city: {lead: function}", 2, ["'jobTitle'", "'city'", "function"]),
        ("fields:\n  email:\n    transform: text", 3, ["always 'email'"]),
        ("fields:\n  city: name", 2, ["'city'"]),
        ("fields:\n  city: {transform: [upper]}", 2, ["begin with a kind"]),
        ("fields:\n  city: {transform: [text, phone]}", 2, ["cannot follow", "digits, lower"]),
        ("fields:\n  city: {transform: [phone, upper]}", 2, ["only text, lines and company"]),
        ("fields:\n  city: {transform: [text, shout]}", 2, ["'upper'"]),
        ("fields:\n  city: {direction: sideways}", 2, ["to_odoo", "to_pardot"]),
        ("fields:\n  city: {unknown: guess}", 2, ["default", "create", "hold"]),
        ("fields:\n  city: {decimals: 9}", 2, ["fields.city.decimals", "6"]),
        ("\nsync_interval: often", 2, ["integer"]),
        ("sync_interval: 0", 1, ["greater"]),
        ("batch_size: 1000000", 1, ["100000"]),
        ("default_country: Germany", 1, ["DE"]),
        ("account_time_zone: Mars/Olympus", 1, ["IANA", "Europe/Berlin"]),
        ("off_peak: {start: '25:00'}", 1, ["off_peak.start"]),
        ("retention: {batch_days: 0}", 1, ["retention.batch_days"]),
        ("picklists:\n  industri: {a: b}", 2, ["'industri'", "Did you mean 'industry'"]),
        ("field_mappings: {lead: {}}", 1, ["'lead'", "prospect"]),
        ("field_mappings:\n  prospect:\n    compny: x", 3, ["Did you mean 'company'"]),
        ("field_mappings:\n  prospect:\n    company: [a]", 3, ["one Odoo field"]),
        ("active: true\nactive: false", 2, ["line 1"]),
        ("a: [1", 1, ["no YAML"]),
        ("active: true\n\tx: 1", 2, ["no YAML"]),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(refused, text, line, words):
    message = refused(text)
    assert f"rules.yaml:{line}: " in message
    for word in words:
        assert word in message


def test_a_list_is_no_rules_file(refused):
    assert "key: value" in refused("- active")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_an_unreadable_file_is_named(tmp_path, content):
    path = tmp_path / "gone.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"gone\.yaml cannot be read"):
        load_rules(path)


def test_columns_have_one_name_each():
    columns = [column_of(name) for name in STANDARD_COLUMNS]
    assert len(set(columns)) == len(columns)
    assert column_of("colour__c") == "colour__c"
