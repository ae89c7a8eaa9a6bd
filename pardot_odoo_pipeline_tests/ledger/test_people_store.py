"""Links, claims, operations and what is committed of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import claims, links, operations, outcomes, review
from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.store.operations import Intent, OperationResult, OperationState
from pardot_odoo_pipeline.ledger.store.outcomes import Agreed, Conflict, PersonOutcome
from pardot_odoo_pipeline.ledger.store.review import Finding, Quarantined
from pardot_odoo_pipeline.ledger.tables import conflicts

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def stored(ledger: Ledger, *new: Link, now, batch: str = "b1") -> dict[str, Link]:
    with ledger.write() as tx:
        links.upsert(tx, new, batch_key=batch, now=now)
        return links.by_prospects(tx, [link.prospect_id for link in new])


def commit(ledger: Ledger, *people: PersonOutcome, now, batch="b1", attempt=1, **more):
    with ledger.write() as tx:
        return outcomes.commit_outcomes(
            tx, people, batch_key=batch, attempt=attempt, now=now, **more
        )


class TestLinks:
    def test_links_are_found_by_every_key(self, ledger: Ledger, now) -> None:
        ada = Link("1", "1", 10, 20, "h1", pardot_version=now)
        twin = Link("2", "1", 10, 20, "h1")
        bob = Link("3", "3", 11, 21, "h2")
        assert stored(ledger, twin, bob, ada, now=now) == {"1": ada, "2": twin, "3": bob}
        with ledger.read() as tx:
            assert links.by_prospects(tx, ["3", "9"]) == {"3": bob}
            by_id = {"key": lambda link: link.prospect_id}
            assert sorted(links.by_email_hashes(tx, ["h1"])["h1"], **by_id) == [ada, twin]
            assert sorted(links.by_leaders(tx, ["1"])["1"], **by_id) == [ada, twin]
            assert set(links.by_lead_ids(tx, [10, 11])) == {10, 11}
            assert links.by_partner_ids(tx, [21]) == {21: [bob]}
            assert [len(frame) for frame in links.stream(tx, size=2)] == [2, 1]
            assert links.count(tx) == {"active": 3}

    def test_many_ids_are_looked_up_whatever_the_parameter_limit(self, ledger, now) -> None:
        wanted = [str(i) for i in range(40_000)]
        stored(ledger, Link("39999"), now=now)
        with ledger.read() as tx:
            assert list(links.by_prospects(tx, wanted)) == ["39999"]

    def test_what_is_not_known_keeps_what_was(self, ledger: Ledger, now) -> None:
        full = Link("1", "1", 10, 20, "h", "active", now, now, now, now, "ph", "oh")
        stored(ledger, full, now=now)
        assert stored(ledger, Link("1"), now=now)["1"] == full

    def test_an_older_version_is_no_information(self, ledger: Ledger, now) -> None:
        new = Link("1", "1", pardot_version=now, lead_version=now, pardot_hash="new")
        stored(ledger, new, now=now)
        stale = replace(new, pardot_version=now - SECOND, lead_version=now - SECOND)
        assert stored(ledger, replace(stale, pardot_hash="old"), now=now)["1"] == new
        newer = Link("1", "1", pardot_version=now + SECOND, pardot_hash="newer")
        found = stored(ledger, newer, now=now)["1"]
        assert (found.pardot_version, found.pardot_hash) == (now + SECOND, "newer")
        assert found.lead_version == now

    def test_a_lead_has_one_leader(self, ledger: Ledger, now) -> None:
        stored(ledger, Link("1", "1", 10), Link("2", "1", 10), now=now)
        with pytest.raises(PipelineError) as caught:
            stored(ledger, Link("3", "3", 10), now=now)
        assert caught.value.code == "ledger_integrity"

    @pytest.mark.parametrize("state", ["archived", "tombstoned"])
    def test_a_leader_that_is_gone_makes_room(self, ledger: Ledger, now, state: str) -> None:
        stored(ledger, Link("1", "1", 10), now=now)
        found = stored(ledger, Link("1", "1", 10, state=state), Link("3", "3", 10), now=now)
        assert (found["1"].state, found["3"].lead_id) == (state, 10)

    def test_leadership_passes_in_one_commit_whatever_the_ids(self, ledger: Ledger, now) -> None:
        stored(ledger, Link("2", "2", 10), Link("1", "2", 10), now=now)
        found = stored(ledger, Link("1", "1", 10), Link("2", "1", 10), now=now)
        assert [found[who].leads for who in "12"] == [True, False]
        found = stored(ledger, Link("2", "2", 10), Link("1", "2", 10), now=now)
        assert [found[who].leads for who in "12"] == [False, True]

    def test_whom_another_batch_stored_meanwhile_is_known(self, ledger: Ledger, now) -> None:
        for batch, who, at in (("b1", "1", 0), ("b2", "2", 1), ("b2", "3", 3), ("b2", "4", 9)):
            with ledger.write() as tx:
                links.upsert(tx, [Link(who)], batch_key=batch, now=now + at * MINUTE)
        with ledger.read() as tx:
            span = {"since": now, "until": now + 3 * MINUTE}
            assert links.touched(tx, "1234", **span, other_than="b1") == {"2", "3"}
            assert links.touched(tx, "12", **span, other_than="b2") == {"1"}
            assert links.touched(tx, [], **span, other_than="b2") == set()


class TestClaims:
    def take(self, ledger, *wanted: Claim, now, batch="b1", until=MINUTE):
        expires = None if until is None else now + until
        with ledger.write() as tx:
            return claims.take(tx, wanted, batch_key=batch, now=now, expires_at=expires)

    ada = Claim(ClaimKind.PROSPECT, "1", "1")
    mail = Claim(ClaimKind.EMAIL, "hash", "1")
    mail_of_twin = Claim(ClaimKind.EMAIL, "hash", "2")

    def test_a_lock_excludes_other_batches_until_given_back(self, ledger, now) -> None:
        assert self.take(ledger, self.ada, self.mail, now=now) == {self.ada, self.mail}
        assert self.take(ledger, self.ada, now=now) == {self.ada}
        assert self.take(ledger, self.ada, now=now, batch="b2") == set()
        assert self.take(ledger, self.mail_of_twin, now=now) == set()
        with ledger.write() as tx:
            claims.release(tx, [self.ada], batch_key="b2")
            assert set(claims.holders(tx, [self.ada, self.mail])) == {self.ada.name, self.mail.name}
            claims.release(tx, [self.ada], batch_key="b1")
        assert self.take(ledger, self.ada, now=now, batch="b2") == {self.ada}

    def test_a_lock_runs_out_by_itself_and_can_be_held_longer_or_shorter(self, ledger, now) -> None:
        self.take(ledger, self.ada, now=now)
        assert self.take(ledger, self.ada, now=now + MINUTE - SECOND, batch="b2") == set()
        self.take(ledger, self.mail, now=now, until=None)
        with ledger.write() as tx:
            claims.hold_until(tx, [self.ada, self.mail], batch_key="b1", until=now + 9 * MINUTE)
            claims.hold_until(tx, [self.ada], batch_key="b2", until=now)
            assert claims.holders(tx, [self.mail])[self.mail.name].expires_at is None
        assert self.take(ledger, self.ada, now=now + 8 * MINUTE, batch="b2") == set()
        with ledger.write() as tx:
            claims.hold_until(tx, [self.ada], batch_key="b1", until=now + 5 * MINUTE)
        assert self.take(ledger, self.ada, now=now + 4 * MINUTE, batch="b2") == set()
        assert self.take(ledger, self.ada, now=now + 5 * MINUTE, batch="b2") == {self.ada}

    def test_an_identity_is_for_good(self, ledger, now) -> None:
        self.take(ledger, self.mail, now=now)
        self.take(ledger, self.mail, now=now, until=None)
        later = now + timedelta(days=400)
        assert self.take(ledger, self.mail_of_twin, now=later, batch="b2") == set()
        # Its owner may lock it as often as it likes; that does not make it temporary.
        assert self.take(ledger, self.mail, now=later, batch="b2") == {self.mail}
        with ledger.write() as tx:
            assert claims.release_batch(tx, "b2", attempt=1, now=later) == 0
            assert claims.holders(tx, [self.mail])[self.mail.name].expires_at is None
            claims.forget(tx, [self.mail_of_twin])
            assert claims.holders(tx, [self.mail])
            claims.forget(tx, [self.mail])
        assert self.take(ledger, self.mail_of_twin, now=later) == {self.mail_of_twin}

    def test_a_batch_gives_back_all_locks_but_those_of_unknown_outcomes(self, ledger, now) -> None:
        bob, mail_of_bob = Claim(ClaimKind.PROSPECT, "2", "2"), Claim(ClaimKind.EMAIL, "h2", "2")
        self.take(ledger, self.ada, self.mail, bob, mail_of_bob, now=now)
        self.take(ledger, Claim(ClaimKind.LEAD, "1", "1"), now=now, until=None)
        with ledger.write() as tx:
            calls = operations.intend(
                tx,
                [Intent("1", "create"), Intent("2", "create")],
                batch_key="b1",
                attempt=1,
                system="odoo",
                now=now,
            )
            ids = [call.id for call in calls]
            operations.sent(tx, ids, now=now, in_doubt_until=now + MINUTE)
            operations.finish(tx, [OperationResult(ids[0], OperationState.DONE)], now=now)
            assert claims.release_batch(tx, "b1", attempt=1, now=now) == 2
            assert set(claims.holders(tx, [self.ada, self.mail, bob, mail_of_bob])) == {
                bob.name,
                mail_of_bob.name,
            }
        assert self.take(ledger, bob, now=now + MINUTE, batch="b2") == {bob}

    def test_what_an_earlier_attempt_sent_keeps_its_locks_while_it_may_still_be_done(
        self, ledger, now
    ) -> None:
        self.take(ledger, self.ada, now=now, until=9 * MINUTE)
        with ledger.write() as tx:
            [call] = operations.intend(
                tx, [Intent("1", "update")], batch_key="b1", attempt=1, system="pardot", now=now
            )
            operations.sent(tx, [call.id], now=now, in_doubt_until=now + 5 * MINUTE)
            # The next attempt looks, and closes it as it found things.
            operations.finish(tx, [OperationResult(call.id, OperationState.DONE)], now=now)
            assert claims.release_batch(tx, "b1", attempt=2, now=now + 4 * MINUTE) == 0
        assert self.take(ledger, self.ada, now=now + 5 * MINUTE - SECOND, batch="b2") == set()
        with ledger.write() as tx:
            [holder] = claims.holders(tx, [self.ada]).values()
            assert holder.expires_at == now + 5 * MINUTE
            assert claims.release_batch(tx, "b1", attempt=2, now=now + 5 * MINUTE) == 1

    def test_a_successor_gets_what_its_leader_had(self, ledger, now) -> None:
        lead = Claim(ClaimKind.LEAD, "10", "1")
        self.take(ledger, self.mail, lead, now=now, until=None)
        self.take(ledger, self.ada, now=now)
        with ledger.write() as tx:
            assert claims.hand_over(tx, leader="1", successor="2") == 2
            owners = claims.holders(tx, [self.mail, lead, self.ada])
        assert [owners[c.name].prospect_id for c in (self.mail, lead, self.ada)] == ["2", "2", "1"]


class TestOperations:
    def intend(self, ledger, *intents, now, attempt=1):
        with ledger.write() as tx:
            return operations.intend(
                tx, intents, batch_key="b1", attempt=attempt, system="odoo", now=now
            )

    def test_an_operation_goes_from_intent_to_its_outcome_once(self, ledger, now) -> None:
        wanted = [Intent("2", "create", ("lead_2",), "hash", "call-1"), Intent("1", "update")]
        two, one = self.intend(ledger, *wanted, now=now)
        assert (two.prospect_id, two.external_ids, two.state) == ("2", ("lead_2",), "intended")
        with ledger.write() as tx:
            assert operations.unresolved(tx, "b1") == []
            operations.sent(tx, [two.id, one.id], now=now, in_doubt_until=now + MINUTE)
            operations.in_doubt(tx, [one.id])
        with ledger.read() as tx:
            open_ones = operations.unresolved(tx)
            assert [(o.prospect_id, o.state) for o in open_ones] == [
                ("2", "sent"),
                ("1", "in_doubt"),
            ]
            assert {o.in_doubt_until for o in open_ones} == {now + MINUTE}
        done = OperationResult(two.id, OperationState.DONE, {"lead_id": 5})
        with ledger.write() as tx:
            operations.finish(tx, [done], now=now)
            operations.finish(tx, [OperationResult(two.id, OperationState.FAILED)], now=now)
            operations.sent(tx, [two.id], now=now, in_doubt_until=now)
            assert operations.unresolved(tx, "b1")[0].prospect_id == "1"
        again = self.intend(ledger, *wanted, now=now)
        assert [o.id for o in again] == [two.id, one.id]
        assert (again[0].state, again[0].outcome) == ("done", {"lead_id": 5})
        assert self.intend(ledger, wanted[0], now=now, attempt=2)[0].state == "intended"
        with ledger.read() as tx:
            assert operations.counts(tx, "b1") == {
                ("odoo", "create", "done"): 1,
                ("odoo", "create", "intended"): 1,
                ("odoo", "update", "in_doubt"): 1,
            }
            assert len(operations.of_batch(tx, "b1")) == 3


class TestOutcomes:
    def test_everything_of_a_person_is_stored_together(self, ledger: Ledger, now) -> None:
        with ledger.write() as tx:
            [operation] = operations.intend(
                tx, [Intent("1", "create")], batch_key="b1", attempt=1, system="odoo", now=now
            )
            operations.sent(tx, [operation.id], now=now, in_doubt_until=now)
        lock = Claim(ClaimKind.PROSPECT, "1", "1")
        TestClaims().take(ledger, lock, now=now)
        link = Link("1", "1", 10, 20, "h", pardot_version=now)
        person = PersonOutcome(
            "1",
            link,
            Agreed({"phone": ["+49 30 1", "+49301"], "score": [7, 7], "city": [None, False]}),
            findings=(Finding("phone", "phone_unparsable", "call me"),),
            conflicts=(Conflict("city", ["A", "A"], "B", "C", "latest", "odoo", (None, now)),),
            operations=(OperationResult(operation.id, OperationState.DONE, {"lead_id": 10}),),
        )
        mine = Claim(ClaimKind.LEAD, "10", "1")
        assert commit(ledger, person, now=now, identities=[mine], release=[lock]) == set()
        with ledger.read() as tx:
            assert links.by_prospects(tx, ["1"]) == {"1": link}
            known = links.remembered(tx, ["1"])
            assert {k: v.pairs for k, v in known.items()} == {"1": person.agreed.pairs}
            assert operations.unresolved(tx) == []
            assert review.count_findings(tx) == {"phone_unparsable": 1}
            assert set(claims.holders(tx, [lock, mine])) == {mine.name}
            kept = tx.execute(sa.select(conflicts)).one()
            assert (kept.odoo_value, kept.pardot_value, kept.winner) == ("C", "B", "odoo")
            assert kept.pardot_changed_until == now

    def test_agreed_values_of_a_linked_person_need_no_new_link(self, ledger, now) -> None:
        commit(ledger, PersonOutcome("1", Link("1"), Agreed({"a": [1, 1]})), now=now)
        commit(ledger, PersonOutcome("1", None, Agreed({"a": [2, 2]})), now=now)
        with ledger.read() as tx:
            known = links.remembered(tx, ["1"])
            assert {k: v.pairs for k, v in known.items()} == {"1": {"a": [2, 2]}}

    def test_an_identity_of_somebody_else_is_reported_and_stays(self, ledger, now) -> None:
        owner, thief = Claim(ClaimKind.LEAD, "10", "1"), Claim(ClaimKind.LEAD, "10", "2")
        commit(ledger, now=now, identities=[owner])
        assert commit(ledger, now=now, batch="b2", identities=[thief]) == {thief}
        with ledger.read() as tx:
            assert claims.holders(tx, [owner])[owner.name].prospect_id == "1"

    def test_an_error_leaves_nothing(self, ledger: Ledger, now) -> None:
        bad = PersonOutcome("2", None, Agreed({}))
        with pytest.raises(PipelineError) as caught:
            commit(ledger, PersonOutcome("1", Link("1")), bad, now=now)
        assert caught.value.code == "outcome_without_link"
        with ledger.read() as tx:
            assert links.count(tx) == {}


class TestReview:
    def test_what_is_not_seen_again_is_cleared(self, ledger: Ledger, now) -> None:
        ambiguous = Quarantined("identity_ambiguous", (4, 5), "two leads")
        phone = Finding("phone", "phone_unparsable", "x")
        cut = Finding("company", "text_cut", "long")
        commit(
            ledger,
            PersonOutcome("1", quarantined=(ambiguous,)),
            PersonOutcome("2", findings=(phone, cut)),
            PersonOutcome("3", quarantined=(Quarantined("email_missing"),)),
            now=now,
        )
        with ledger.read() as tx:
            assert review.count_quarantine(tx) == {"identity_ambiguous": 1, "email_missing": 1}
            entry = review.open_quarantine(tx)[0]
            assert (entry.candidates, entry.text) == ((4, 5), "two leads")
        later = now + MINUTE
        commit(
            ledger,
            PersonOutcome("1"),
            PersonOutcome("2", findings=(replace(phone, raw_value="y"),)),
            now=later,
            batch="b2",
        )
        with ledger.read() as tx:
            assert review.count_quarantine(tx) == {"email_missing": 1}
            assert review.count_quarantine(tx, "b2") == {}
            [entry] = review.open_findings(tx)
            assert (entry.field, entry.code, entry.text) == ("phone", "phone_unparsable", "y")
            assert (entry.first_batch, entry.first_seen_at) == ("b1", now)
            assert (entry.last_batch, entry.last_seen_at) == ("b2", later)
            assert review.open_findings(tx, after=entry.id) == []
            assert review.count_findings(tx, "b2") == {"phone_unparsable": 1}

    def test_a_write_that_failed_says_nothing_about_the_person(self, ledger, now) -> None:
        found = (Finding("city", "text_cut", "a"),)
        reasons = (Quarantined("email_missing"),)
        commit(ledger, PersonOutcome("1", quarantined=reasons, findings=found), now=now)
        commit(ledger, PersonOutcome("1", quarantined=None, findings=None), now=now, batch="b2")
        with ledger.read() as tx:
            assert review.count_quarantine(tx) == {"email_missing": 1}
            assert review.count_findings(tx) == {"text_cut": 1}

    def test_another_attempt_of_the_same_batch_clears_too(self, ledger: Ledger, now) -> None:
        commit(ledger, PersonOutcome("1", quarantined=(Quarantined("email_missing"),)), now=now)
        commit(ledger, PersonOutcome("1"), now=now, attempt=2)
        with ledger.read() as tx:
            assert review.count_quarantine(tx) == {}

    def test_the_same_thing_seen_twice_is_one_finding(self, ledger: Ledger, now) -> None:
        twice = (Finding("city", "text_cut", "a"), Finding("city", "text_cut", "b"))
        commit(ledger, PersonOutcome("1", findings=twice), now=now)
        with ledger.read() as tx:
            assert review.count_findings(tx) == {"text_cut": 1}
