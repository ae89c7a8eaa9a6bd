"""The objects that this sandbox knows, as data.

What lives here: one description per object and the form of a prospect's custom field. What does
not: anything that acts on them.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.pardot.account_objects import ACCOUNT_OBJECTS
from pardot_odoo_pipeline.sandbox.pardot.asset_objects import ASSET_OBJECTS
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
from pardot_odoo_pipeline.sandbox.pardot.mail_objects import MAIL_OBJECTS
from pardot_odoo_pipeline.sandbox.pardot.prospect_object import PROSPECT
from pardot_odoo_pipeline.sandbox.pardot.web_objects import WEB_OBJECTS

__all__ = ["CUSTOM_FIELD_TYPES", "OBJECTS", "custom_field"]

_EDITABLE = Access.EDITABLE

_CAMPAIGN = ObjectType(
    collection="campaigns",
    singular="campaign",
    fields=named(
        [
            *fields_of(Kind.INTEGER, "id parentCampaignId folderId"),
            *strings("name salesforceId"),
            Field("cost", Kind.FLOAT),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(
        [
            Relation("parentCampaign", "parentCampaignId", "campaigns"),
            Relation("folder", "folderId", "folders"),
            *USER_RELATIONS,
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "name": Filter.EXACT,
        "folderId": Filter.EXACT,
        "salesforceId": Filter.EXACT,
        "createdAt": Filter.RANGE,
        "updatedAt": Filter.RANGE,
    },
    orderings=("id", "name", "createdAt", "updatedAt"),
    soft_delete=True,
    # Connected campaigns: they are made and renamed in Salesforce.
    refusals={Operation.CREATE: 128, Operation.UPDATE: 129},
)

_USER = ObjectType(
    collection="users",
    singular="user",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings(
                "email username firstName lastName jobTitle role roleName salesforceId "
                "tagReplacementLanguage"
            ),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(USER_RELATIONS),
    filters={
        "id": ID_FILTERS,
        "email": Filter.EXACT,
        "createdAt": Filter.RANGE,
        "updatedAt": Filter.RANGE,
    },
    soft_delete=True,
)

_LIST = ObjectType(
    collection="lists",
    singular="list",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            *strings("title description", _EDITABLE),
            flag("isPublic", _EDITABLE),
            flag("isDynamic"),
            flag("isDeleted"),
            link("folderId", "folders", _EDITABLE),
            link("campaignId", "campaigns", _EDITABLE),
            *stamps(),
        ]
    ),
    relations=named(
        [
            Relation("campaign", "campaignId", "campaigns"),
            Relation("folder", "folderId", "folders"),
            *USER_RELATIONS,
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "name": Filter.EXACT,
        "folderId": Filter.EXACT,
        "createdAt": Filter.RANGE,
        "updatedAt": Filter.RANGE,
    },
    orderings=("id", "name", "createdAt", "updatedAt"),
    operations=CRUD,
    soft_delete=True,
)

_LIST_MEMBERSHIP = ObjectType(
    collection="list-memberships",
    singular="listMembership",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("listId", Kind.INTEGER, Access.CREATE_ONLY, required=True, target="lists"),
            Field("prospectId", Kind.INTEGER, Access.CREATE_ONLY, True, target="prospects"),
            flag("optedOut", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(
        [
            Relation("list", "listId", "lists"),
            Relation("prospect", "prospectId", "prospects"),
            *USER_RELATIONS,
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "listId": Filter.EXACT,
        "prospectId": Filter.EXACT,
        "createdAt": Filter.RANGE,
        "updatedAt": Filter.RANGE,
    },
    orderings=("id", "createdAt", "updatedAt", "listId"),
    operations=CRUD,
    soft_delete=True,
)

_CUSTOM_FIELD = ObjectType(
    collection="custom-fields",
    singular="customField",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            Field("fieldId", Kind.STRING, Access.CREATE_ONLY, required=True),
            Field("type", Kind.STRING, _EDITABLE, required=True),
            *strings("salesforceId", _EDITABLE),
            flag("isRequired", _EDITABLE),
            flag("isRecordMultipleResponses", _EDITABLE),
            flag("isUseValues", _EDITABLE),
            flag("isAnalyticsSynced", _EDITABLE),
            *stamps(),
        ]
    ),
    relations=named(USER_RELATIONS),
    filters={"id": ID_FILTERS, "createdAt": Filter.RANGE, "updatedAt": Filter.RANGE},
    operations=CRUD,
)

_ACCOUNT = ObjectType(
    collection="account",
    singular="account",
    fields=named(
        [
            *fields_of(Kind.INTEGER, "id maximumDailyApiCalls apiCallsUsed"),
            *strings(
                "company level website vanityUrl addressOne addressTwo city state territory zip "
                "country phone fax adminId pluginCampaignId trackingCodeTemplate"
            ),
            *stamps(),
        ]
    ),
    relations=named(USER_RELATIONS),
    orderings=(),
    operations=frozenset({Operation.READ}),
    singleton=True,
)

OBJECTS = (
    PROSPECT,
    _CAMPAIGN,
    _USER,
    _LIST,
    _LIST_MEMBERSHIP,
    _CUSTOM_FIELD,
    _ACCOUNT,
    *WEB_OBJECTS,
    *MAIL_OBJECTS,
    *ASSET_OBJECTS,
    *ACCOUNT_OBJECTS,
)

CUSTOM_FIELD_TYPES = {
    "text": Kind.STRING,
    "textarea": Kind.STRING,
    "number": Kind.FLOAT,
    "date": Kind.DATE,
    "radio button": Kind.STRING,
    "dropdown": Kind.STRING,
    "checkbox": Kind.ARRAY,
    "multi-select": Kind.ARRAY,
    "hidden": Kind.STRING,
    "crm user": Kind.STRING,
}


def custom_field(field_id: str, type_name: str, multiple: bool) -> Field:
    """The prospect field behind a custom field's definition.

    A query cannot return several values per record, a single read can.
    """
    kind = Kind.ARRAY if multiple else CUSTOM_FIELD_TYPES[type_name.lower()]
    return Field(f"{field_id}__c", kind, _EDITABLE, in_query=kind is not Kind.ARRAY, custom=True)
