"""What stands around people and assets, described: order, sales and life cycles.

What lives here: folders, tags, tracker domains, life cycles, opportunities, prospect accounts,
external activities. What does not: marketing assets (`asset_objects.py`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.pardot.catalogue import (
    Access,
    Field,
    Filter,
    Kind,
    ObjectType,
    Operation,
    Relation,
)
from pardot_odoo_pipeline.sandbox.pardot.fields import (
    BY_UPDATE,
    CRUD,
    ID_FILTERS,
    USER_RELATIONS,
    fields_of,
    flag,
    link,
    named,
    stamps,
    strings,
)

__all__ = ["ACCOUNT_OBJECTS"]

_EDITABLE = Access.EDITABLE
_CREATED_BY = Relation("createdBy", "createdById", "users")

_FOLDER = ObjectType(
    collection="folders",
    singular="folder",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("name path"),
            link("parentFolderId", "folders"),
            flag("usePermissions"),
            *stamps(),
        ]
    ),
    relations=named([Relation("parentFolder", "parentFolderId", "folders"), *USER_RELATIONS]),
    filters={"id": ID_FILTERS, "parentFolderId": Filter.EXACT, "name": Filter.EXACT},
    orderings=("id", "name"),
)

_TRACKER_DOMAIN = ObjectType(
    collection="tracker-domains",
    singular="trackerDomain",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("domain httpsStatus sslStatus sslStatusDetails validationStatus"),
            flag("isPrimary"),
            flag("isDeleted"),
            link("defaultCampaignId", "campaigns"),
            *stamps(),
        ]
    ),
    relations=named(
        [Relation("defaultCampaign", "defaultCampaignId", "campaigns"), *USER_RELATIONS]
    ),
    filters={"id": ID_FILTERS},
    orderings=("id",),
)

_TAG = ObjectType(
    collection="tags",
    singular="tag",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            Field("objectCount", Kind.INTEGER, default=0),
            *stamps(),
        ]
    ),
    relations=named(USER_RELATIONS),
    filters={**BY_UPDATE, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt", "updatedAt"),
    operations=CRUD,
)

_TAGGED_OBJECT = ObjectType(
    collection="tagged-objects",
    singular="taggedObject",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            link("tagId", "tags"),
            *strings("objectType objectName"),
            link("objectId", None),
            Field("createdAt", Kind.DATETIME),
            link("createdById", "users"),
        ]
    ),
    relations=named([Relation("tag", "tagId", "tags"), _CREATED_BY]),
    filters={
        "id": ID_FILTERS,
        "tagId": Filter.EXACT,
        "objectType": Filter.EXACT,
        "objectId": Filter.EXACT,
        "createdAt": Filter.RANGE,
    },
    orderings=("id", "createdAt"),
)

_STAGE = ObjectType(
    collection="lifecycle-stages",
    singular="lifecycleStage",
    fields=named(
        [
            *fields_of(Kind.INTEGER, "id position"),
            *strings("name matchType"),
            flag("isLocked"),
            flag("isDeleted"),
            *fields_of(Kind.DATETIME, "createdAt updatedAt"),
        ]
    ),
    filters=BY_UPDATE,
    orderings=("id", "position", "createdAt", "updatedAt"),
    soft_delete=True,
)

_HISTORY = ObjectType(
    collection="lifecycle-histories",
    singular="lifecycleHistory",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            link("prospectId", "prospects"),
            link("previousStageId", "lifecycle-stages"),
            link("nextStageId", "lifecycle-stages"),
            Field("secondsElapsed", Kind.INTEGER),
            Field("createdAt", Kind.DATETIME),
        ]
    ),
    relations=named(
        [
            Relation("prospect", "prospectId", "prospects"),
            Relation("previousStage", "previousStageId", "lifecycle-stages"),
            Relation("nextStage", "nextStageId", "lifecycle-stages"),
        ]
    ),
    filters={"id": ID_FILTERS, "prospectId": Filter.EXACT, "createdAt": Filter.RANGE},
    orderings=("id", "createdAt"),
)

_OPPORTUNITY = ObjectType(
    collection="opportunities",
    singular="opportunity",
    fields=named(
        [
            *fields_of(Kind.INTEGER, "id probability"),
            *strings("name stage status type salesforceId"),
            Field("value", Kind.FLOAT),
            link("campaignId", "campaigns"),
            Field("closedAt", Kind.DATETIME),
            *stamps(),
        ]
    ),
    relations=named([Relation("campaign", "campaignId", "campaigns"), *USER_RELATIONS]),
    filters={
        **BY_UPDATE,
        "name": Filter.EXACT,
        "salesforceId": Filter.EXACT,
        "campaignId": Filter.EXACT,
    },
)

_PROSPECT_ACCOUNT = ObjectType(
    collection="prospect-accounts",
    singular="prospectAccount",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("name salesforceId annualRevenue description employees fax industry number"),
            *strings("ownership phone rating sic site tickerSymbol type website"),
            *(
                Field(f"{side}{part}", Kind.STRING)
                for side in ("billing", "shipping")
                for part in ("AddressOne", "AddressTwo", "City", "Country", "State", "Zip")
            ),
            link("assignedToId", "users"),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named([Relation("assignedTo", "assignedToId", "users"), *USER_RELATIONS]),
    filters={"id": ID_FILTERS, "salesforceId": Filter.EXACT, "name": Filter.EXACT},
    orderings=("id", "salesforceId"),
    soft_delete=True,
)

_EXTERNAL_ACTIVITY = ObjectType(
    collection="external-activities",
    singular="externalActivity",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("extension", Kind.STRING, Access.CREATE_ONLY, required=True),
            Field("type", Kind.STRING, Access.CREATE_ONLY, required=True),
            Field("email", Kind.STRING, Access.CREATE_ONLY, required=True),
            Field("value", Kind.STRING, Access.CREATE_ONLY),
            Field("activityDate", Kind.DATETIME, Access.CREATE_ONLY),
            link("prospectId", "prospects"),
            Field("createdAt", Kind.DATETIME),
            link("createdById", "users"),
        ]
    ),
    relations=named([Relation("prospect", "prospectId", "prospects"), _CREATED_BY]),
    filters={"id": ID_FILTERS, "createdAt": Filter.RANGE},
    orderings=("id", "createdAt"),
    operations=frozenset({Operation.READ, Operation.QUERY, Operation.CREATE}),
    outside=True,
)

ACCOUNT_OBJECTS = (
    _FOLDER,
    _TRACKER_DOMAIN,
    _TAG,
    _TAGGED_OBJECT,
    _STAGE,
    _HISTORY,
    _OPPORTUNITY,
    _PROSPECT_ACCOUNT,
    _EXTERNAL_ACTIVITY,
)
