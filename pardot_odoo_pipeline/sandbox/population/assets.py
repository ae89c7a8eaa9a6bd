"""Marketing assets that activities point at, and what they are made of.

Small literal tables like those of the catalogue; the same for every seed and size.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pardot_odoo_pipeline.sandbox.population import catalogue
from pardot_odoo_pipeline.sandbox.population.catalogue import stamped
from pardot_odoo_pipeline.sandbox.population.times import BEGINNING

FIRST_FOLDER = 61_001
FIRST_DOMAIN = 62_001
FIRST_LAYOUT = 63_001
FIRST_TEMPLATE = 73_001
FIRST_FORM_FIELD = 79_001
FIRST_HANDLER_FIELD = 79_501
FIRST_DYNAMIC_CONTENT = 64_001
FIRST_PROGRAM = 65_001

_FOLDERS = ("Uncategorized", "E-mails", "Forms", "Landing pages", "Archiv 2023")
_DOMAINS = ("go.acme-works.example", "info.acme-werke.example")
_LAYOUTS = ("Standard", "Two columns", "Formularseite")
_TEMPLATES = (
    "Newsletter",
    "Event invitation",
    "Product news",
    "Thank you",
    "Ersatzteil-Aktion",
    "Einladung Hausmesse",
    "Rappel de maintenance",
    "Price list",
)
_SUBJECTS = (
    "Spare parts in spring",
    "You are invited: open house",
    "Five ways to service a valve",
    "Ersatzteile: neue Preise ab März",
    "Votre pompe a dix ans",
    "Novedades del catálogo",
    "Winter check",
    "春のご案内",
)
_FORMS = (
    "Contact form",
    "White paper: spare parts",
    "Newsletter sign-up",
    "Request a call",
    "Anmeldung Hausmesse",
    "Demande de devis",
    "Training registration",
    "Catalogue order",
)
_HANDLERS = ("Shop sign-up", "Web shop order", "Support portal", "Trade fair tablet")
_FORM_FIELDS = (
    ("email", "email", "Email", True),
    ("firstName", "text", "First name", False),
    ("company", "text", "Company", True),
    ("productInterest__c", "dropdown", "What are you interested in?", False),
)
_LANDING_PAGES = (
    "White paper",
    "Open house",
    "Valves compared",
    "Pump calculator",
    "Ersatzteilkatalog",
    "Journée portes ouvertes",
    "Training dates",
    "Spring offers",
    "Winter check",
    "Service contract",
)
_FILES = (
    "Price list.pdf",
    "Spare parts 2026.pdf",
    "Valve manual.pdf",
    "Pump manual.pdf",
    "Wartungsplan.xlsx",
    "White paper.pdf",
    "Case study water works.pdf",
    "Safety sheet.pdf",
    "Catalogue.pdf",
    "Formation 2026.pdf",
    "Roadshow.ics",
    "Logo.png",
)
_REDIRECTS = (
    "Advertisement",
    "Trade fair QR code",
    "LinkedIn post",
    "Partner banner",
    "Newsletter footer",
    "Job portal",
    "Magazine QR code",
    "Video description",
    "Signature link",
)
_PROGRAMS = ("Welcome", "Lost customers", "After the trade fair")
_DYNAMIC = ("Greeting by country", "Offer by industry")


def folders() -> list[dict[str, Any]]:
    """Return the folders."""
    return [
        stamped(
            {
                "id": FIRST_FOLDER + number,
                "name": name,
                "path": f"/{name}",
                "parentFolderId": None,
                "usePermissions": False,
            },
            number,
        )
        for number, name in enumerate(_FOLDERS)
    ]


def tracker_domains() -> list[dict[str, Any]]:
    """Return the domains under which assets are served."""
    return [
        stamped(
            {
                "id": FIRST_DOMAIN + number,
                "domain": domain,
                "httpsStatus": "Enabled",
                "sslStatus": "Enabled",
                "sslStatusDetails": None,
                "validationStatus": "Valid",
                "isPrimary": number == 0,
                "isDeleted": False,
                "defaultCampaignId": catalogue.FIRST_CAMPAIGN,
            },
            number,
        )
        for number, domain in enumerate(_DOMAINS)
    ]


def layout_templates() -> list[dict[str, Any]]:
    """Return the layouts of forms and pages."""
    return [
        stamped(
            {
                "id": FIRST_LAYOUT + number,
                "name": name,
                "layoutContent": "<html><body>%%content%%</body></html>",
                "formContent": None,
                "siteSearchContent": None,
                "isIncludeDefaultCss": True,
                "folderId": FIRST_FOLDER,
                "isDeleted": False,
            },
            number,
        )
        for number, name in enumerate(_LAYOUTS)
    ]


def email_templates() -> list[dict[str, Any]]:
    """Return the templates of e-mails."""
    return [
        stamped(
            {
                "id": FIRST_TEMPLATE + number,
                "name": name,
                "subject": _SUBJECTS[number % len(_SUBJECTS)],
                "htmlMessage": f"<p>{name}</p>",
                "textMessage": name,
                "type": "html",
                "isOneToOneEmail": number % 4 == 3,
                "isListEmail": True,
                "isAutoResponderEmail": number % 3 == 0,
                "isDripEmail": False,
                "isDeleted": False,
                **_place(number, 1),
            },
            number,
        )
        for number, name in enumerate(_TEMPLATES)
    ]


def list_emails() -> list[dict[str, Any]]:
    """Return the e-mails sent to lists."""
    first, many = catalogue.LIST_EMAILS
    return [
        stamped(
            {
                "id": first + number,
                "name": f"{_subject(number)} ({number + 1})",
                "subject": _subject(number),
                "clientType": "Web",
                "type": "html",
                "isPaused": False,
                "isSent": True,
                "isDeleted": False,
                "isOperational": number % 13 == 12,
                "sentAt": _sent_at(number),
                "emailTemplateId": FIRST_TEMPLATE + number % len(_TEMPLATES),
                **_place(number, 1),
            },
            number,
        )
        for number in range(many)
    ]


def emails() -> list[dict[str, Any]]:
    """Return the e-mails as they went out; several may come from one list e-mail."""
    first, many = catalogue.EMAILS
    return [
        {
            "id": first + number,
            "name": f"{_subject(list_email_of(number))} ({number + 1})",
            "subject": _subject(list_email_of(number)),
            "clientType": "Web",
            "type": "html",
            "textMessage": None,
            "htmlMessage": None,
            "salesforceCmsId": None,
            "campaignId": _place(number, 1)["campaignId"],
            "prospectId": None,
            "listId": catalogue.LIST_IDS[number % len(catalogue.LIST_IDS)],
            "listEmailId": catalogue.LIST_EMAILS[0] + list_email_of(number),
            "emailTemplateId": FIRST_TEMPLATE + list_email_of(number) % len(_TEMPLATES),
            "createdById": catalogue.FIRST_USER,
            "sentAt": _sent_at(list_email_of(number)),
        }
        for number in range(many)
    ]


def forms() -> list[dict[str, Any]]:
    """Return the forms."""
    return [
        stamped(
            {
                "id": catalogue.FORMS[0] + number,
                "name": name,
                "url": f"https://{_DOMAINS[0]}/l/1/form-{number + 1}",
                "embedCode": f'<iframe src="https://{_DOMAINS[0]}/l/1/form-{number + 1}"></iframe>',
                "salesforceId": None,
                "salesforceCmsId": None,
                "submitButtonText": "Submit",
                "redirectLocation": None,
                "layoutTemplateId": FIRST_LAYOUT + 2,
                "isUseRedirectLocation": False,
                "isAlwaysDisplay": False,
                "isCaptchaEnabled": number % 2 == 0,
                "isCookieless": False,
                "showNotProspect": False,
                "isDeleted": False,
                **_place(number, 2),
            },
            number,
        )
        for number, name in enumerate(_FORMS)
    ]


def form_fields() -> list[dict[str, Any]]:
    """Return the fields of all forms."""
    many = len(_FORM_FIELDS)
    return [
        stamped(
            {
                "id": FIRST_FORM_FIELD + number,
                "formId": catalogue.FORMS[0] + number // many,
                "prospectApiFieldId": field,
                "type": "Text" if kind != "dropdown" else "Dropdown",
                "dataFormat": kind if kind == "email" else "text",
                "label": label,
                "description": None,
                "errorMessage": None,
                "cssClasses": None,
                "isRequired": required,
                "isAlwaysDisplay": True,
                "isMaintainInitialValue": False,
                "sortOrder": number % many + 1,
            },
            number // many,
        )
        for number in range(many * len(_FORMS))
        for field, kind, label, required in [_FORM_FIELDS[number % many]]
    ]


def form_handlers() -> list[dict[str, Any]]:
    """Return the form handlers."""
    return [
        stamped(
            {
                "id": catalogue.FORM_HANDLERS[0] + number,
                "name": name,
                "isDataForwarded": number == 0,
                "successLocation": f"{catalogue.SITE}/thanks",
                "errorLocation": f"{catalogue.SITE}/error",
                "isAlwaysEmail": False,
                "isCookieless": False,
                "salesforceId": None,
                "embedCode": None,
                "url": f"https://{_DOMAINS[0]}/l/1/2024-01-0{number + 1}/handler",
                "isDeleted": False,
                **_place(number, 2),
            },
            number,
        )
        for number, name in enumerate(_HANDLERS)
    ]


def form_handler_fields() -> list[dict[str, Any]]:
    """Return the fields of all form handlers."""
    many = len(_FORM_FIELDS)
    return [
        stamped(
            {
                "id": FIRST_HANDLER_FIELD + number,
                "name": field.removesuffix("__c"),
                "formHandlerId": catalogue.FORM_HANDLERS[0] + number // many,
                "dataFormat": kind if kind == "email" else "text",
                "prospectApiFieldId": field,
                "errorMessage": None,
                "isRequired": required,
                "isMaintainInitialValue": False,
            },
            number // many,
        )
        for number in range(many * len(_HANDLERS))
        for field, kind, _, required in [_FORM_FIELDS[number % many]]
    ]


def landing_pages() -> list[dict[str, Any]]:
    """Return the landing pages."""
    return [
        stamped(
            {
                "id": catalogue.LANDING_PAGES[0] + number,
                "name": name,
                "title": name,
                "description": None,
                "layoutType": "Legacy",
                "url": f"https://{_DOMAINS[0]}/page-{number + 1}",
                "vanityUrl": f"https://{_DOMAINS[0]}/page-{number + 1}",
                "vanityUrlPath": f"page-{number + 1}",
                "redirectLocation": None,
                "salesforceId": None,
                "salesforceCmsId": None,
                "formId": catalogue.FORMS[0] + number % len(_FORMS),
                "layoutTemplateId": FIRST_LAYOUT + number % len(_LAYOUTS),
                "isUseRedirectLocation": False,
                "isDoNotIndex": False,
                "isDeleted": False,
                "archiveDate": None,
                **_place(number, 3),
            },
            number,
        )
        for number, name in enumerate(_LANDING_PAGES)
    ]


def files() -> list[dict[str, Any]]:
    """Return the files offered for download."""
    return [
        stamped(
            {
                "id": catalogue.FILES[0] + number,
                "name": name,
                "vanityUrlPath": None,
                "url": f"https://{_DOMAINS[0]}/l/1/file-{number + 1}",
                "vanityUrl": None,
                "bitlyShortUrl": None,
                "salesforceId": None,
                "size": 10_000 * (number + 3),
                "isTracked": True,
                "isDeleted": False,
                **_place(number, 0),
            },
            number,
        )
        for number, name in enumerate(_FILES)
    ]


def custom_redirects() -> list[dict[str, Any]]:
    """Return the tracked links."""
    return [
        stamped(
            {
                "id": catalogue.CUSTOM_REDIRECTS[0] + number,
                "name": name,
                "destinationUrl": f"{catalogue.SITE}{catalogue.PAGES[number][0]}",
                "vanityUrlPath": None,
                "vanityUrl": None,
                "trackedUrl": f"https://{_DOMAINS[0]}/e/1/link-{number + 1}",
                "bitlyShortUrl": None,
                "salesforceId": None,
                "gaSource": None,
                "gaMedium": None,
                "gaTerm": None,
                "gaContent": None,
                "gaCampaign": None,
                "isDeleted": False,
                **_place(number, 0),
            },
            number,
        )
        for number, name in enumerate(_REDIRECTS)
    ]


def dynamic_contents() -> list[dict[str, Any]]:
    """Return the contents that differ by reader."""
    return [
        stamped(
            {
                "id": FIRST_DYNAMIC_CONTENT + number,
                "name": name,
                "basedOn": "Default Field",
                "basedOnProspectApiFieldId": "country" if number == 0 else "industry",
                "baseContent": "Welcome",
                "embedCode": None,
                "embedUrl": None,
                "tagReplacementLanguage": "HML",
                "isDeleted": False,
                **_place(number, 0),
            },
            number,
        )
        for number, name in enumerate(_DYNAMIC)
    ]


def engagement_studio_programs() -> list[dict[str, Any]]:
    """Return the programs that send by themselves."""
    return [
        stamped(
            {
                "id": FIRST_PROGRAM + number,
                "name": name,
                "description": None,
                "status": "Running" if number else "Paused",
                "salesforceId": None,
                "folderId": FIRST_FOLDER,
                "recipientListIds": [str(catalogue.LIST_IDS[number])],
                "suppressionListIds": [],
                "isDeleted": False,
            },
            number,
        )
        for number, name in enumerate(_PROGRAMS)
    ]


def list_email_of(email: int) -> int:
    """Return the number of the list e-mail behind an e-mail's number."""
    return email % catalogue.LIST_EMAILS[1]


def _subject(list_email: int) -> str:
    return _SUBJECTS[list_email % len(_SUBJECTS)]


def _sent_at(list_email: int) -> Any:
    return BEGINNING + timedelta(days=34 * list_email, hours=2)


def _place(number: int, folder: int) -> dict[str, Any]:
    return {
        "campaignId": catalogue.FIRST_CAMPAIGN + number % len(catalogue.CAMPAIGN_NAMES),
        "folderId": FIRST_FOLDER + folder,
        "trackerDomainId": FIRST_DOMAIN + number % len(_DOMAINS),
    }


# What an activity shows as its details, by the field that names the asset.
LABELS: dict[str, tuple[str, ...]] = {
    "emailId": tuple(record["subject"] for record in emails()),
    "formId": _FORMS,
    "formHandlerId": _HANDLERS,
    "landingPageId": _LANDING_PAGES,
    "fileId": _FILES,
    "customRedirectId": _REDIRECTS,
}

__all__ = [
    "LABELS",
    "custom_redirects",
    "dynamic_contents",
    "email_templates",
    "emails",
    "engagement_studio_programs",
    "files",
    "folders",
    "form_fields",
    "form_handler_fields",
    "form_handlers",
    "forms",
    "landing_pages",
    "layout_templates",
    "list_email_of",
    "list_emails",
    "tracker_domains",
]
