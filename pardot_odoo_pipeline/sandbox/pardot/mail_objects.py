"""E-mails and what sends or fills them, described.

What lives here: e-mails, list e-mails, templates, dynamic contents, programs. What does not: forms,
pages and files (`asset_objects.py`).
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
    ASSET_RELATIONS,
    BY_UPDATE,
    CRUD,
    ID_FILTERS,
    USER_RELATIONS,
    asset_links,
    flag,
    link,
    named,
    stamps,
    strings,
)

__all__ = ["MAIL_OBJECTS"]

_EDITABLE = Access.EDITABLE
_BY_ID = {"id": ID_FILTERS}

_EMAIL = ObjectType(
    collection="emails",
    singular="email",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("name subject clientType type textMessage htmlMessage salesforceCmsId"),
            link("campaignId", "campaigns"),
            link("prospectId", "prospects"),
            link("listId", "lists"),
            link("listEmailId", "list-emails"),
            link("emailTemplateId", "email-templates"),
            link("createdById", "users"),
            Field("sentAt", Kind.DATETIME),
        ]
    ),
    relations=named(
        [
            Relation("campaign", "campaignId", "campaigns"),
            Relation("prospect", "prospectId", "prospects"),
            Relation("list", "listId", "lists"),
            Relation("listEmail", "listEmailId", "list-emails"),
            Relation("emailTemplate", "emailTemplateId", "email-templates"),
            Relation("createdBy", "createdById", "users"),
        ]
    ),
    filters={"id": ID_FILTERS, "prospectId": Filter.EXACT, "sentAt": Filter.RANGE},
    orderings=("id", "sentAt"),
)

_LIST_EMAIL = ObjectType(
    collection="list-emails",
    singular="listEmail",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("name subject clientType type"),
            flag("isPaused"),
            flag("isSent"),
            flag("isDeleted"),
            flag("isOperational"),
            Field("sentAt", Kind.DATETIME),
            *asset_links(),
            link("emailTemplateId", "email-templates"),
            *stamps(),
        ]
    ),
    relations=named(
        [*ASSET_RELATIONS, Relation("emailTemplate", "emailTemplateId", "email-templates")]
    ),
    filters={**BY_UPDATE, "sentAt": Filter.RANGE},
    orderings=("id", "createdAt", "updatedAt", "sentAt"),
    soft_delete=True,
)

_EMAIL_TEMPLATE = ObjectType(
    collection="email-templates",
    singular="emailTemplate",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            *strings("subject htmlMessage textMessage type", _EDITABLE),
            flag("isOneToOneEmail", _EDITABLE),
            flag("isListEmail", _EDITABLE),
            flag("isAutoResponderEmail", _EDITABLE),
            flag("isDripEmail", _EDITABLE),
            flag("isDeleted"),
            *asset_links(_EDITABLE),
            *stamps(),
        ]
    ),
    relations=named(ASSET_RELATIONS),
    filters={**BY_UPDATE, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt", "updatedAt"),
    operations=CRUD,
    soft_delete=True,
)

_DYNAMIC_CONTENT = ObjectType(
    collection="dynamic-contents",
    singular="dynamicContent",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("name basedOn basedOnProspectApiFieldId baseContent embedCode embedUrl"),
            *asset_links(),
            *strings("tagReplacementLanguage"),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(ASSET_RELATIONS),
    filters=BY_UPDATE,
    orderings=("id", "name", "createdAt", "updatedAt"),
    soft_delete=True,
)

_PROGRAM = ObjectType(
    collection="engagement-studio-programs",
    singular="engagementStudioProgram",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("name description status salesforceId"),
            link("folderId", "folders"),
            Field("recipientListIds", Kind.ARRAY, in_query=False),
            Field("suppressionListIds", Kind.ARRAY, in_query=False),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named([Relation("folder", "folderId", "folders"), *USER_RELATIONS]),
    filters=_BY_ID,
    orderings=("id", "name"),
    soft_delete=True,
)

MAIL_OBJECTS = (_EMAIL, _LIST_EMAIL, _EMAIL_TEMPLATE, _DYNAMIC_CONTENT, _PROGRAM)
