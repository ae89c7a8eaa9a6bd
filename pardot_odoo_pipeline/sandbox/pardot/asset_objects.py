"""Marketing assets and what belongs to them, described.

What lives here: e-mails, forms, pages, files, redirects and their like. What does not: the folders,
tags and further objects around them (`account_objects.py`).
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

__all__ = ["ASSET_OBJECTS"]

_EDITABLE = Access.EDITABLE
_READ = frozenset({Operation.READ, Operation.QUERY})
_BY_UPDATE = {"id": ID_FILTERS, "createdAt": Filter.RANGE, "updatedAt": Filter.RANGE}
_BY_CREATION = {"id": ID_FILTERS, "createdAt": Filter.RANGE}
_BY_ID = {"id": ID_FILTERS}


def _asset_links(access: Access = Access.READ_ONLY) -> list[Field]:
    return [
        link("campaignId", "campaigns", access),
        link("folderId", "folders", access),
        link("trackerDomainId", "tracker-domains", access),
    ]


_CAMPAIGN = Relation("campaign", "campaignId", "campaigns")
_FOLDER = Relation("folder", "folderId", "folders")
_DOMAIN = Relation("trackerDomain", "trackerDomainId", "tracker-domains")
_ASSET_RELATIONS = (_CAMPAIGN, _FOLDER, _DOMAIN, *USER_RELATIONS)

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
            _CAMPAIGN,
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
            *_asset_links(),
            link("emailTemplateId", "email-templates"),
            *stamps(),
        ]
    ),
    relations=named(
        [*_ASSET_RELATIONS, Relation("emailTemplate", "emailTemplateId", "email-templates")]
    ),
    filters={**_BY_UPDATE, "sentAt": Filter.RANGE},
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
            *_asset_links(_EDITABLE),
            *stamps(),
        ]
    ),
    relations=named(_ASSET_RELATIONS),
    filters={**_BY_UPDATE, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt", "updatedAt"),
    operations=CRUD,
    soft_delete=True,
)

_FORM = ObjectType(
    collection="forms",
    singular="form",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            *strings("url embedCode salesforceId salesforceCmsId"),
            *strings("submitButtonText redirectLocation", _EDITABLE),
            *_asset_links(_EDITABLE),
            link("layoutTemplateId", "layout-templates", _EDITABLE),
            flag("isUseRedirectLocation", _EDITABLE),
            flag("isAlwaysDisplay", _EDITABLE),
            flag("isCaptchaEnabled", _EDITABLE),
            flag("isCookieless", _EDITABLE),
            flag("showNotProspect", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(
        [*_ASSET_RELATIONS, Relation("layoutTemplate", "layoutTemplateId", "layout-templates")]
    ),
    filters=_BY_ID,
    orderings=("id",),
    operations=_READ | {Operation.CREATE, Operation.DELETE},
    soft_delete=True,
)

_FORM_FIELD = ObjectType(
    collection="form-fields",
    singular="formField",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            link("formId", "forms"),
            *strings(
                "prospectApiFieldId type dataFormat label description errorMessage cssClasses"
            ),
            flag("isRequired"),
            flag("isAlwaysDisplay"),
            flag("isMaintainInitialValue"),
            Field("sortOrder", Kind.INTEGER, default=0),
            *stamps(),
        ]
    ),
    relations=named([Relation("form", "formId", "forms"), *USER_RELATIONS]),
    filters={**_BY_CREATION, "formId": Filter.EXACT},
    orderings=("id", "createdAt"),
)

_FORM_HANDLER = ObjectType(
    collection="form-handlers",
    singular="formHandler",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            Field("folderId", Kind.INTEGER, _EDITABLE, required=True, target="folders"),
            Field("campaignId", Kind.INTEGER, _EDITABLE, required=True, target="campaigns"),
            link("trackerDomainId", "tracker-domains", _EDITABLE),
            flag("isDataForwarded", _EDITABLE),
            *strings("successLocation errorLocation", _EDITABLE),
            flag("isAlwaysEmail", _EDITABLE),
            flag("isCookieless", _EDITABLE),
            *strings("salesforceId embedCode url"),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(_ASSET_RELATIONS),
    filters={**_BY_CREATION, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt"),
    operations=CRUD,
    soft_delete=True,
)

_FORM_HANDLER_FIELD = ObjectType(
    collection="form-handler-fields",
    singular="formHandlerField",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            Field("formHandlerId", Kind.INTEGER, Access.CREATE_ONLY, True, target="form-handlers"),
            *strings("dataFormat prospectApiFieldId errorMessage", _EDITABLE),
            flag("isRequired", _EDITABLE),
            flag("isMaintainInitialValue", _EDITABLE),
            *stamps(),
        ]
    ),
    relations=named([Relation("formHandler", "formHandlerId", "form-handlers"), *USER_RELATIONS]),
    filters={**_BY_CREATION, "formHandlerId": Filter.EXACT},
    orderings=("id", "createdAt"),
    operations=CRUD,
)

_LANDING_PAGE = ObjectType(
    collection="landing-pages",
    singular="landingPage",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings(
                "name title description layoutType url vanityUrl vanityUrlPath redirectLocation "
                "salesforceId salesforceCmsId"
            ),
            *_asset_links(),
            link("formId", "forms"),
            link("layoutTemplateId", "layout-templates"),
            flag("isUseRedirectLocation"),
            flag("isDoNotIndex"),
            flag("isDeleted"),
            Field("archiveDate", Kind.DATETIME),
            *stamps(),
        ]
    ),
    relations=named(
        [
            *_ASSET_RELATIONS,
            Relation("form", "formId", "forms"),
            Relation("layoutTemplate", "layoutTemplateId", "layout-templates"),
        ]
    ),
    filters={**_BY_UPDATE, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt", "updatedAt"),
    soft_delete=True,
)

_FILE = ObjectType(
    collection="files",
    singular="file",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            *_asset_links(_EDITABLE),
            *strings("vanityUrlPath", _EDITABLE),
            *strings("url vanityUrl bitlyShortUrl salesforceId"),
            Field("size", Kind.INTEGER),
            flag("isTracked", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(_ASSET_RELATIONS),
    filters={**_BY_ID, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt", "updatedAt"),
    soft_delete=True,
)

_CUSTOM_REDIRECT = ObjectType(
    collection="custom-redirects",
    singular="customRedirect",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            Field("destinationUrl", Kind.STRING, _EDITABLE, required=True),
            *_asset_links(_EDITABLE),
            *strings("vanityUrlPath", _EDITABLE),
            *strings("vanityUrl trackedUrl bitlyShortUrl salesforceId"),
            *strings("gaSource gaMedium gaTerm gaContent gaCampaign", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(_ASSET_RELATIONS),
    filters={**_BY_ID, "name": Filter.EXACT},
    orderings=("id", "name", "createdAt", "updatedAt"),
    operations=CRUD,
    soft_delete=True,
)

_LAYOUT_TEMPLATE = ObjectType(
    collection="layout-templates",
    singular="layoutTemplate",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            *strings("layoutContent formContent siteSearchContent", _EDITABLE),
            flag("isIncludeDefaultCss", _EDITABLE),
            link("folderId", "folders", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named([_FOLDER, *USER_RELATIONS]),
    filters=_BY_ID,
    orderings=("id", "name"),
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
            *_asset_links(),
            *strings("tagReplacementLanguage"),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(_ASSET_RELATIONS),
    filters=_BY_UPDATE,
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
            *fields_of(Kind.ARRAY, "recipientListIds suppressionListIds"),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named([_FOLDER, *USER_RELATIONS]),
    filters=_BY_ID,
    orderings=("id", "name"),
    soft_delete=True,
)

ASSET_OBJECTS = (
    _EMAIL,
    _LIST_EMAIL,
    _EMAIL_TEMPLATE,
    _FORM,
    _FORM_FIELD,
    _FORM_HANDLER,
    _FORM_HANDLER_FIELD,
    _LANDING_PAGE,
    _FILE,
    _CUSTOM_REDIRECT,
    _LAYOUT_TEMPLATE,
    _DYNAMIC_CONTENT,
    _PROGRAM,
)
