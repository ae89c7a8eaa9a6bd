"""What visitors leave behind, described: visitors, visits, page views, activities.

What lives here: these descriptions. What does not: how an activity comes about (`tracking.py`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.pardot.catalogue import (
    Field,
    Filter,
    Kind,
    ObjectType,
    Relation,
)
from pardot_odoo_pipeline.sandbox.pardot.fields import (
    ID_FILTERS,
    fields_of,
    flag,
    link,
    named,
    strings,
)

__all__ = ["WEB_OBJECTS"]

_PARAMETERS = "campaignParameter mediumParameter sourceParameter termParameter contentParameter"
_TIMES = {"createdAt": Filter.RANGE, "updatedAt": Filter.RANGE}

# The id of an asset in an activity, the name behind which it is selected, its collection.
_ASSETS = (
    ("customRedirectId", "customRedirect", "custom-redirects"),
    ("emailId", "email", "emails"),
    ("emailTemplateId", "emailTemplate", "email-templates"),
    ("listEmailId", "listEmail", "list-emails"),
    ("fileId", "file", "files"),
    ("formId", "form", "forms"),
    ("formHandlerId", "formHandler", "form-handlers"),
    ("landingPageId", "landingPage", "landing-pages"),
    ("opportunityId", "opportunity", "opportunities"),
)

_VISITOR_ACTIVITY = ObjectType(
    collection="visitor-activities",
    singular="visitorActivity",
    fields=named(
        [
            *fields_of(Kind.INTEGER, "id type"),
            *strings("typeName details"),
            link("prospectId", "prospects"),
            link("campaignId", "campaigns"),
            link("visitorId", "visitors"),
            link("visitId", "visits"),
            link("visitorPageViewId", "visitor-page-views"),
            *(link(name, target) for name, _, target in _ASSETS),
            *fields_of(
                Kind.INTEGER, "multivariateTestVariationId paidSearchAdId siteSearchQueryId"
            ),
            *fields_of(Kind.DATETIME, "createdAt updatedAt"),
        ]
    ),
    relations=named(
        [
            Relation("prospect", "prospectId", "prospects"),
            Relation("campaign", "campaignId", "campaigns"),
            Relation("visitor", "visitorId", "visitors"),
            Relation("visit", "visitId", "visits"),
            Relation("visitorPageView", "visitorPageViewId", "visitor-page-views"),
            *(Relation(name, column, target) for column, name, target in _ASSETS),
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "type": Filter.EXACT,
        "prospectId": Filter.EXACT,
        "visitorId": Filter.EXACT,
        **_TIMES,
    },
)

_VISITOR = ObjectType(
    collection="visitors",
    singular="visitor",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            link("prospectId", "prospects"),
            link("campaignId", "campaigns"),
            *strings("hostname ipAddress"),
            Field("pageViewCount", Kind.INTEGER, default=0),
            flag("isIdentified"),
            flag("doNotSell"),
            *strings(_PARAMETERS),
            *fields_of(Kind.DATETIME, "createdAt updatedAt"),
        ]
    ),
    relations=named(
        [
            Relation("prospect", "prospectId", "prospects"),
            Relation("campaign", "campaignId", "campaigns"),
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "prospectId": Filter.EXACT,
        "isIdentified": Filter.EXACT,
        **_TIMES,
    },
    orderings=("id", "prospectId", "createdAt", "updatedAt"),
)

_VISIT = ObjectType(
    collection="visits",
    singular="visit",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            link("visitorId", "visitors"),
            link("prospectId", "prospects"),
            Field("visitorPageViewCount", Kind.INTEGER, default=0),
            *fields_of(Kind.DATETIME, "firstVisitorPageViewAt lastVisitorPageViewAt"),
            Field("durationInSeconds", Kind.INTEGER, default=0),
            *strings(_PARAMETERS),
            *fields_of(Kind.DATETIME, "createdAt updatedAt"),
        ]
    ),
    relations=named(
        [
            Relation("prospect", "prospectId", "prospects"),
            Relation("visitor", "visitorId", "visitors"),
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "visitorId": Filter.EXACT,
        "prospectId": Filter.EXACT,
        **_TIMES,
    },
)

_PAGE_VIEW = ObjectType(
    collection="visitor-page-views",
    singular="visitorPageView",
    fields=named(
        [
            Field("id", Kind.INTEGER),
            *strings("url title"),
            link("visitorId", "visitors"),
            link("visitId", "visits"),
            link("campaignId", "campaigns"),
            Field("durationInSeconds", Kind.INTEGER, default=0),
            *strings("salesforceId"),
            Field("createdAt", Kind.DATETIME),
        ]
    ),
    relations=named(
        [
            Relation("visitor", "visitorId", "visitors"),
            Relation("visit", "visitId", "visits"),
            Relation("campaign", "campaignId", "campaigns"),
        ]
    ),
    filters={
        "id": ID_FILTERS,
        "visitorId": Filter.EXACT,
        "visitId": Filter.EXACT,
        "createdAt": Filter.RANGE,
    },
    orderings=("id", "createdAt"),
)

WEB_OBJECTS = (_VISITOR_ACTIVITY, _VISITOR, _VISIT, _PAGE_VIEW)
