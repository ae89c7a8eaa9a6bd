"""Marketing assets and what belongs to them, described.

What lives here: forms, pages, files, redirects, layouts. What does not: e-mails
(`mail_objects.py`), the folders, tags and further objects around them (`account_objects.py`).
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

__all__ = ["ASSET_OBJECTS"]

_EDITABLE = Access.EDITABLE
_READ = frozenset({Operation.READ, Operation.QUERY})
_BY_CREATION = {"id": ID_FILTERS, "createdAt": Filter.RANGE}
_BY_ID = {"id": ID_FILTERS}

_FORM = ObjectType(
    collection="forms",
    singular="form",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            Field("name", Kind.STRING, _EDITABLE, required=True),
            *strings("url embedCode salesforceId salesforceCmsId"),
            *strings("submitButtonText redirectLocation", _EDITABLE),
            *asset_links(_EDITABLE),
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
        [*ASSET_RELATIONS, Relation("layoutTemplate", "layoutTemplateId", "layout-templates")]
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
    relations=named(ASSET_RELATIONS),
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
            *asset_links(),
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
            *ASSET_RELATIONS,
            Relation("form", "formId", "forms"),
            Relation("layoutTemplate", "layoutTemplateId", "layout-templates"),
        ]
    ),
    filters={**BY_UPDATE, "name": Filter.EXACT},
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
            *asset_links(_EDITABLE),
            *strings("vanityUrlPath", _EDITABLE),
            *strings("url vanityUrl bitlyShortUrl salesforceId"),
            Field("size", Kind.INTEGER),
            flag("isTracked", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(ASSET_RELATIONS),
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
            *asset_links(_EDITABLE),
            *strings("vanityUrlPath", _EDITABLE),
            *strings("vanityUrl trackedUrl bitlyShortUrl salesforceId"),
            *strings("gaSource gaMedium gaTerm gaContent gaCampaign", _EDITABLE),
            flag("isDeleted"),
            *stamps(),
        ]
    ),
    relations=named(ASSET_RELATIONS),
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
    relations=named([Relation("folder", "folderId", "folders"), *USER_RELATIONS]),
    filters=_BY_ID,
    orderings=("id", "name"),
    operations=CRUD,
    soft_delete=True,
)

ASSET_OBJECTS = (
    _FORM,
    _FORM_FIELD,
    _FORM_HANDLER,
    _FORM_HANDLER_FIELD,
    _LANDING_PAGE,
    _FILE,
    _CUSTOM_REDIRECT,
    _LAYOUT_TEMPLATE,
)
