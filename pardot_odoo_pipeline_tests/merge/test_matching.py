"""Link, then prospect id, then match key, then nobody; and never the first of several."""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.reasons import QuarantineReason
from pardot_odoo_pipeline.merge.matching import Candidates, KnownIds, OdooRecord, match_person

KEY = "ada@x.example"


def lead(record_id: int, prospect: str | None = None, partner: int | None = None) -> OdooRecord:
    return OdooRecord(record_id, prospect, KEY, partner_id=partner)


def contact(record_id: int, key: str = KEY, company: bool = False) -> OdooRecord:
    return OdooRecord(record_id, None, key, is_company=company)


def match(leads=(), partners=(), known=None, siblings=(), **more):
    known = known or KnownIds()
    found = (Candidates(leads), Candidates(partners))
    return match_person("7", siblings, KEY, known, *found, **more)


def test_nobody_is_found_where_nobody_is() -> None:
    found = match()
    assert (found.lead, found.partner, found.problem) == (None, None, None)


def test_the_link_wins_over_the_address() -> None:
    assert match([lead(1), lead(2)], known=KnownIds(lead_id=2)).lead == lead(2)


def test_a_link_to_a_vanished_record_falls_back() -> None:
    assert match([lead(1)], known=KnownIds(lead_id=99)).lead == lead(1)


def test_the_prospect_id_wins_over_the_address() -> None:
    assert match([lead(1), lead(2, "7")]).lead == lead(2, "7")


def test_two_holders_of_one_address_are_ambiguous_and_named() -> None:
    found = match([lead(1), lead(2)])
    assert found.problem is QuarantineReason.IDENTITY_AMBIGUOUS
    assert found.candidates == ("crm.lead,1", "crm.lead,2")
    assert match(partners=[contact(5), contact(6)]).problem is QuarantineReason.IDENTITY_AMBIGUOUS


def test_another_prospects_record_is_a_conflict_but_a_siblings_is_taken_over() -> None:
    assert match([lead(1, "8")]).problem is QuarantineReason.IDENTITY_CONFLICT
    assert match([lead(1, "8")], siblings={"8"}).lead == lead(1, "8")


def test_a_company_is_never_the_person() -> None:
    company = contact(5, company=True)
    assert match([lead(1, partner=5)], [company]).partner is None
    assert match(partners=[company, contact(6)]).partner == contact(6)


def test_the_leads_own_contact_is_the_person_only_if_the_address_agrees() -> None:
    assert match([lead(1, partner=5)], [contact(5)]).partner == contact(5)
    stranger = contact(5, key="boss@x.example")
    assert match([lead(1, partner=5)], [stranger]).partner is None


def test_a_lead_that_was_taken_over_brings_no_second_contact() -> None:
    own, siblings = OdooRecord(5, "7", KEY), OdooRecord(6, "8", KEY)
    found = match([lead(1, "8", partner=6)], [own, siblings], KnownIds(9, 5), siblings={"8"})
    assert (found.lead, found.partner) == (lead(1, "8", partner=6), own)
    assert match([lead(1, "7", partner=6)], [own, contact(6)]).partner == own
    assert match([lead(1, "8", partner=6)], [siblings], siblings={"8"}).partner == siblings


def test_a_merged_contact_that_somebody_else_took_over_is_followed() -> None:
    theirs = OdooRecord(5, "9", "other@x.example")
    of_lead = [lead(1, "7", partner=5)]
    assert match(of_lead, [theirs], KnownIds(1, 4)).merged_into == "9"
    assert match(of_lead, [theirs], siblings={"8"}, was_merged=True).merged_into == "9"
    # Without a merge it is, say, whom somebody else put there.
    found = match(of_lead, [theirs], siblings={"8"})
    assert (found.lead, found.partner, found.merged_into) == (of_lead[0], None, None)
    still = OdooRecord(5, "8", "other@x.example")
    found = match(of_lead, [still], siblings={"8"}, was_merged=True)
    assert (found.partner, found.merged_into) == (still, None)


def test_whose_own_mark_is_on_a_record_wins_over_a_siblings_link() -> None:
    both = [lead(1, "8"), lead(2, "7")]
    assert match(both, known=KnownIds(lead_id=1), siblings={"8"}).lead == lead(2, "7")
    assert match(both[:1], known=KnownIds(lead_id=1), siblings={"8"}).lead == lead(1, "8")


def test_an_id_that_was_given_again_is_nobodys_link() -> None:
    """A restored Odoo counts from an older number: the linked id may be another record by now."""
    others = match([lead(2, "8")], known=KnownIds(lead_id=2))
    assert others.problem is QuarantineReason.IDENTITY_CONFLICT
    elsewhere = OdooRecord(2, "8", "other@x.example")
    found = match([elsewhere], known=KnownIds(lead_id=2))
    assert (found.lead, found.lead_vanished, found.problem) == (None, True, None)
    assert match([elsewhere, lead(3, "7")], known=KnownIds(lead_id=2)).lead == lead(3, "7")
    strangers = OdooRecord(2, None, "other@x.example")
    found = match([strangers], known=KnownIds(lead_id=2))
    assert (found.problem, found.candidates) == (
        QuarantineReason.IDENTITY_CONFLICT,
        ("crm.lead,2",),
    )
    # Whose own mark is on it stays linked, whatever its address is now.
    moved = OdooRecord(2, "7", "moved@x.example")
    assert match([moved], known=KnownIds(lead_id=2)).lead == moved
