"""Every rate and size of the population, in one place.

Rates are basis points (hundredths of a percent) of all people unless the comment says otherwise.
Changing one changes every row after it, so bump `GENERATOR_VERSION` with it: sandboxes stamp
their state with it.
"""

from __future__ import annotations

GENERATOR_VERSION = 4

# -- people and their identity ------------------------------------------------------------------
DUPLICATE = 400  # shares the e-mail of an earlier person (of another case, other blanks)
DUPLICATE_REACH = 400  # how far back the earlier person lies at most
RECYCLE_BIN = 300
EMAIL_MISSING = 150
EMAIL_BROKEN = 150
EMAIL_UPPER = 600
EMAIL_PADDED = 250
EMAIL_PLUS_TAG = 300
EMAIL_IDN_DOMAIN = 120
EMAIL_UNICODE_LOCAL = 80
EMAIL_DECOMPOSED = 10  # accents typed as separate combining marks
FIRST_NAME_MISSING = 400
LAST_NAME_MISSING = 250
NAME_PADDED = 150
NAME_CONTROL_CHARACTER = 40
NAME_UPPER = 200

# -- profile fields -----------------------------------------------------------------------------
COMPANY_MISSING = 900
COMPANY_OVERLONG = 150
COMPANY_OVERLONG_WITHOUT_FORM = 25
COMPANY_HTML = 60
COMPANY_FORMULA = 40
COMPANY_WHITESPACE = 150
COMPANY_CONTROL_CHARACTER = 40
JOB_TITLE_MISSING = 1500
JOB_TITLE_OVERLONG = 60
JOB_TITLE_EXACT = 20  # exactly at the limit: nothing is cut
JOB_TITLE_HTML = 60
JOB_TITLE_FORMULA = 60
JOB_TITLE_WHITESPACE = 100
COMMENTS = 1500
COMMENTS_OVERLONG = 30
COMMENTS_HTML = 250
COMMENTS_FORMULA = 60
ADDRESS_MISSING = 1500
ADDRESS_TWO = 1200
COUNTRY_MISSING = 400
COUNTRY_UNKNOWN = 80
COUNTRY_ENGLISH = 6500  # of those with a country; the rest write it some other way
COUNTRY_UPPER = 200
STATE_MISSING = 2000  # of those whose country has states
STATE_UNKNOWN = 150  # of those whose country has states
STATE_AS_CODE = 5000  # of those whose country has usable codes
PHONE_MISSING = 2500
PHONE_BROKEN = 250
PHONE_PADDED = 200
WEBSITE = 5000
INDUSTRY_MISSING = 2500
INDUSTRY_UNKNOWN = 250
GRADE_MISSING = 3000
GRADE_UNKNOWN = 60
SOURCE_MISSING = 2500

# -- consent ------------------------------------------------------------------------------------
OPTED_OUT = 600
DO_NOT_EMAIL = 300
DO_NOT_CALL = 500
DO_NOT_SELL = 60
HARD_BOUNCED = 250

# -- time ---------------------------------------------------------------------------------------
IMPORT_BLOCK = 2000  # of the blocks of consecutive people: one list import, one created-at second
IMPORT_BLOCK_SHARE = 25  # a block is this part of the population ...
IMPORT_BLOCK_LIMITS = (20, 5_000)  # ... within these bounds
GREAT_IMPORT = (4_000, 5_000)  # the people of this stretch (basis points) share one second
UNTOUCHED = 3000  # updatedAt still is createdAt
NEAR_DAYLIGHT_SWITCH = 200  # updatedAt within two hours of a change of clocks

# -- custom fields ------------------------------------------------------------------------------
CUSTOM_FIELD_SET = 2000  # of each custom field
CUSTOM_PICKLIST_UNKNOWN = 200  # of the set dropdowns

# -- activities, memberships --------------------------------------------------------------------
WITHOUT_ACTIVITY = 3500
ACTIVITY_HEAD = 100_000  # engaged people have HEAD // (draw16 + FLATNESS) activities: 200 ... 1
ACTIVITY_FLATNESS = 500
SENT_EMAILS = 4000  # got one to three marketing e-mails besides
WITHOUT_LIST = 4000
MEMBERSHIP_LIMIT = 6
MEMBERSHIP_OPTED_OUT = 300  # of the memberships
MEMBERSHIP_DELETED = 400  # of the memberships

# -- what Odoo holds before the first sync ------------------------------------------------------
ODOO_CONTACT = 120  # a contact with the same e-mail
ODOO_LEAD = 60  # a lead with the same e-mail, no contact
ODOO_LEAD_AND_CONTACT = 60  # both, linked
ODOO_TWO_LEADS = 25  # two leads hold the e-mail: ambiguous
ODOO_TWO_CONTACTS = 15  # two contacts hold the e-mail: ambiguous
ODOO_COMPANY = 60  # a company that has nothing to do with any prospect's e-mail
ODOO_STRANGER = 60  # a person whom Pardot does not know
ODOO_FIELD_BLANK = 4000  # of the fields of such a record: empty in Odoo
ODOO_FIELD_DIFFERENT = 2500  # of the fields that both sides have: another value in Odoo
