"""The prospect, described.

What lives here: its fields, filters, orderings and relations. What does not: the other objects.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.pardot.catalogue import (
    Access,
    Field,
    Filter,
    Kind,
    ObjectType,
    Relation,
)
from pardot_odoo_pipeline.sandbox.pardot.fields import (
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

__all__ = ["PROSPECT"]

_EDITABLE = Access.EDITABLE

PROSPECT = ObjectType(
    collection="prospects",
    singular="prospect",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("email", Kind.STRING, _EDITABLE, required=True),
            *strings(
                "firstName lastName salutation jobTitle company department industry website "
                "addressOne addressTwo city state country zip territory phone fax annualRevenue "
                "employees yearsInBusiness source comments notes salesforceId salesforceOwnerId",
                _EDITABLE,
            ),
            Field("score", Kind.INTEGER, _EDITABLE, default=0),
            *strings("grade"),
            link("campaignId", "campaigns", _EDITABLE),
            link("profileId", None, _EDITABLE),
            link("prospectAccountId", "prospect-accounts", _EDITABLE),
            link("userId", "users", _EDITABLE),
            link("assignedToId", "users"),
            *strings(
                "salesforceAccountId salesforceCampaignId salesforceContactId salesforceLeadId "
                "salesforceUrl"
            ),
            Field("salesforceLastSync", Kind.DATETIME),
            flag("optedOut", _EDITABLE),
            flag("isDoNotEmail", _EDITABLE),
            flag("isDoNotCall", _EDITABLE),
            flag("doNotSell"),
            flag("isReviewed", _EDITABLE),
            flag("isStarred", _EDITABLE),
            flag("isDeleted"),
            flag("isEmailHardBounced"),
            Field("emailBouncedAt", Kind.DATETIME),
            *strings("emailBouncedReason"),
            *fields_of(Kind.DATETIME, "firstActivityAt lastActivityAt firstAssignedAt convertedAt"),
            *strings(
                "convertedFromObjectName convertedFromObjectType recentInteraction "
                "campaignParameter mediumParameter sourceParameter termParameter contentParameter "
                "firstReferrerQuery firstReferrerType firstReferrerUrl password"
            ),
            link("lifecycleStageId", "lifecycle-stages"),
            *stamps(),
        ]
    ),
    relations=named(
        [
            Relation("campaign", "campaignId", "campaigns"),
            Relation("assignedTo", "assignedToId", "users"),
            Relation("prospectAccount", "prospectAccountId", "prospect-accounts"),
            Relation("lifecycleStage", "lifecycleStageId", "lifecycle-stages"),
            *USER_RELATIONS,
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "email": Filter.EXACT,
        "salesforceId": Filter.EXACT,
        "userId": Filter.EXACT,
        "createdAt": Filter.RANGE,
        "updatedAt": Filter.RANGE,
        "lastActivityAt": Filter.RANGE,
    },
    orderings=("id", "createdAt", "updatedAt", "lastActivityAt"),
    operations=CRUD,
    soft_delete=True,
)
