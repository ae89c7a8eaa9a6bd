"""The planted data is what the population says."""

from __future__ import annotations

from datetime import datetime

from pardot_odoo_pipeline.sandbox.population import Population

from .conftest import SIZE


def test_every_field_of_every_person_is_served_as_planted(pardot):
    population = Population(seed=7, size=SIZE)
    planted = {p.row["id"]: p.row for p in population.prospects()}
    several = {
        f"{definition['fieldId']}__c"
        for definition in population.custom_fields()
        if definition["type"] in ("checkbox", "multi-select")
        or definition["isRecordMultipleResponses"]
    }
    names = [name for name in next(iter(planted.values())) if name not in several]
    served = pardot.everything("prospects", fields=",".join(names), deleted="all", limit=1000)
    assert len(served) == len(planted) == SIZE
    for person in served:
        row = planted[person["id"]]
        for name in names:
            expected, found = row[name], person[name]
            if isinstance(expected, datetime):
                assert datetime.fromisoformat(found) == expected.replace(microsecond=0), name
            else:
                assert found == expected, name


def test_memberships_and_activities_are_all_there(pardot):
    population = Population(seed=7, size=SIZE)
    counts = pardot.control("GET", "/counts")
    assert counts["list-memberships"] == sum(1 for _ in population.memberships())
    assert counts["visitor-activities"] == sum(1 for _ in population.activities())
    assert counts["campaigns"] == len(population.campaigns())
    assert counts["users"] == len(population.users())


def test_fields_with_several_values_are_served_one_by_one(pardot):
    population = Population(seed=7, size=SIZE)
    names = ("contactChannels__c", "newsletterTopics__c", "eventAnswers__c")
    some = [p.row for p in population.prospects() if not p.row["isDeleted"]]
    holders = [row for row in some if all(row[name] for name in names)]
    assert holders
    for row in holders:
        served = pardot.get(f"prospects/{row['id']}", fields=",".join(names)).json()
        assert served == {name: row[name] for name in names}


def test_the_small_tables_are_served_as_planted(pardot):
    population = Population(seed=7, size=SIZE)
    counts = pardot.control("GET", "/counts")
    for collection, records in population.small_tables().items():
        assert records
        assert counts[collection] == len(records)
        names = ",".join(name for name in records[0] if not isinstance(records[0][name], list))
        served = pardot.everything(collection, fields=names, limit=1000)
        for record, row in zip(served, records, strict=True):
            for name, found in record.items():
                expected = row[name]
                if isinstance(expected, datetime):
                    found = datetime.fromisoformat(found)
                assert found == expected, (collection, name)


def test_references_lead_somewhere(pardot):
    """Every id of another record that a planted record carries is one of a record that is there."""
    asked = {
        "visitor-activities": (
            "email.subject listEmail.name form.name formHandler.name landingPage.name file.name "
            "customRedirect.name opportunity.name visitorPageView.url visit.visitorId "
            "visitor.ipAddress campaign.name prospect.email"
        ),
        "emails": "listEmail.name emailTemplate.name list.name campaign.name createdBy.email",
        "list-emails": "emailTemplate.name campaign.name folder.name trackerDomain.domain",
        "forms": "campaign.name folder.name trackerDomain.domain layoutTemplate.name",
        "form-fields": "form.name",
        "form-handler-fields": "formHandler.name",
        "landing-pages": "form.name layoutTemplate.name",
        "prospects": "prospectAccount.name lifecycleStage.name assignedTo.email campaign.name",
        "lifecycle-histories": "prospect.email previousStage.name nextStage.name",
        "tagged-objects": "tag.name",
        "opportunities": "campaign.name",
    }
    for collection, paths in asked.items():
        relations = [path.split(".")[0] for path in paths.split()]
        fields = ["id", *(f"{name}Id" for name in relations), *paths.split()]
        found = pardot.everything(collection, fields=",".join(fields), limit=1000)
        assert found, collection
        for name in relations:
            set_ones = [record for record in found if record[f"{name}Id"] is not None]
            assert set_ones or name == "prospect", (collection, name)
            if name != "prospect":
                # People in the recycle bin are not shown through a relation of theirs.
                assert all(record[name] is not None for record in set_ones), (collection, name)


def test_details_name_what_an_activity_is_about(pardot):
    fields = "type,details,form.name,email.subject,visitorPageView.url,file.name"
    found = pardot.everything("visitor-activities", fields=fields, limit=1000)
    seen = set()
    for act in found:
        for relation, member in (("form", "name"), ("visitorPageView", "url"), ("file", "name")):
            if act[relation] is not None:
                assert act["details"] == act[relation][member]
                seen.add(relation)
        if act["email"] is not None and act["type"] != 1:
            assert act["details"] == act["email"]["subject"]
            seen.add("email")
    assert seen == {"form", "email", "visitorPageView", "file"}


def test_tags_know_how_many_they_mark(pardot):
    tagged = pardot.everything("tagged-objects", fields="tagId,objectType", limit=1000)
    for tag in pardot.everything("tags", fields="id,objectCount"):
        assert tag["objectCount"] == sum(one["tagId"] == tag["id"] for one in tagged) > 0


def test_the_last_step_of_a_history_is_the_present_stage(pardot):
    fields = "prospectId,nextStageId,createdAt"
    last = {}
    for step in pardot.everything("lifecycle-histories", fields=fields, limit=1000):
        last[step["prospectId"]] = step["nextStageId"]
    people = pardot.everything("prospects", fields="id,lifecycleStageId", deleted="all", limit=1000)
    assert last
    assert last == {p["id"]: p["lifecycleStageId"] for p in people if p["lifecycleStageId"]}
