"""Account Engagement's error registry, as data.

What lives here: one row per published code (210 of them, shared by all API versions): what it means
in our words, which reaction fits, and a note where the number is misread easily. What does not: the
exceptions and the choice between them (``errors.py``).

Four codes carry two meanings. Runbooks in use read 15, 52, 60 and 83 as invalid API key, daily
limit, temporarily unavailable and missing prospect; the registry gives them other meanings. The
reaction that people expect is followed, both meanings are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from pardot_odoo_pipeline.errors import FailureClass

__all__ = ["CODES", "SPECIFIED_MEANINGS", "CodeEntry", "meaning_of"]


@dataclass(frozen=True)
class CodeEntry:
    """What one code of the registry means and asks for.

    Attributes:
        code: The number.
        meaning: What it means, in a few words.
        failure_class: The reaction that fits.
        request_fault: The request itself is malformed: no record, no setting is to blame.
        note: What a person should know beside the meaning.
    """

    code: int
    meaning: str
    failure_class: FailureClass
    request_fault: bool = False
    note: str = ""


SPECIFIED_MEANINGS = {
    15: "invalid API key",
    52: "daily limit exhausted",
    60: "temporarily unavailable",
    83: "prospect does not exist",
}

# Letters keep the table readable: what to do, then the registry's meaning, then a note.
_REACTIONS = {
    "key": FailureClass.RENEW_CREDENTIALS,
    "day": FailureClass.PAUSE_UNTIL_RESET,
    "later": FailureClass.RETRY_LATER,
    "gone": FailureClass.MISSING_RECORD,
    "bad": FailureClass.BAD_RECORD,
    "setup": FailureClass.CONFIGURATION,
    "ask": FailureClass.CONFIGURATION,  # the request is malformed
    "page": FailureClass.RESTART_PAGING,
    "less": FailureClass.SHRINK_REQUEST,
}

_TABLE = """
1   key    The API key or user key is refused | legacy keys, retired
2   ask    Unknown action
3   gone   Unknown prospect id
4   gone   No prospect has this e-mail address | on create: malformed, or over 255 characters
5   ask    Invalid query parameters
6   ask    Invalid time frame
7   ask    Invalid timestamp
8   ask    The time range is inverted or invalid
9   bad    A prospect with this e-mail address exists already
10  bad    Unknown user id
11  bad    Unknown user e-mail address
12  bad    Unknown group id
13  ask    A required parameter is missing | every read must name its fields
14  bad    Unknown prospect id, and no e-mail address given
15  key    Login failed | password login, retired
16  bad    Invalid id
17  ask    The id range is inverted or invalid
18  bad    Invalid profile criteria status
19  ask    Cannot sort by this field
20  ask    Invalid sort order
21  ask    Invalid offset
22  ask    Not supported in this version of the API
23  ask    Invalid limit
24  bad    Unknown visitor id
25  ask    is_starred must be true or false
26  ask    assigned must be true or false
27  ask    deleted must be true or false
28  ask    new must be true or false
29  bad    Invalid score
30  ask    Invalid score range
31  ask    Score parameters exclude each other
32  bad    Invalid grade
33  ask    Invalid grade range
34  ask    Grade parameters exclude each other
35  bad    Unknown opportunity id
36  ask    A required parameter has no value
37  setup  Not possible while a Salesforce connector exists
38  bad    Unknown campaign id
39  bad    Unknown profile id
40  bad    Invalid opportunity probability
41  ask    Invalid probability range
42  bad    Invalid opportunity value
43  ask    Invalid opportunity value range
44  bad    Prospect id and e-mail address name different people
45  bad    User id and e-mail address name different users
46  setup  The API user lacks the permission for this
47  bad    More than one assignment target
48  bad    Unknown visit id
49  key    Access denied | no usable Authorization header
50  bad    Not a boolean
51  bad    Invalid parameter
52  day    Invalid parameter range
53  setup  This IP address is not activated for the API
54  bad    The e-mail address belongs to another prospect
55  bad    Unknown list id
56  bad    Not a number
57  bad    Not a date
58  bad    The prospect is a member of this list already | update the membership instead
59  setup  Not possible while a CRM connector exists
60  later  Invalid HTTP request method
61  bad    Unknown prospect account id
62  later  The update conflicts with another one
63  less   Too many ids in one request
64  bad    The e-mail content lacks required variables
65  bad    Invalid e-mail format
66  later  Too many requests at once | more than five in flight for the business unit
67  setup  The account may not have more objects of this kind
68  bad    Unknown template
70  less   More than 50 prospects in one batch
71  ask    The input is neither JSON nor XML
72  ask    The JSON does not match its hash
73  setup  The e-mail plug-in has no campaign
74  setup  The e-mail client is not supported by the plug-in API
75  later  Account variable tags could not be processed
76  setup  API access is disabled for the account
77  bad    Invalid prospect CRM id
79  bad    Invalid CRM id
80  bad    Invalid CRM type
81  bad    Prospect id and CRM id name different people
83  gone   No valid CRM connector
84  ask    Listed without a meaning
85  bad    The prospect could not be saved
86  bad    Unknown template id
88  setup  The account must use version 4 of the API
89  setup  The account cannot use version 4 of the API
90  ask    Prospects must be a flat list of attributes
91  ask    Prospects must be keyed by e-mail address
92  gone   The prospect could not be found
93  bad    The template has no send options
94  ask    The version is not a number
95  bad    Invalid folder name
96  setup  The API user has no access to this folder
97  bad    Unknown folder
98  bad    The prospect cannot be mailed | opted out or marked do-not-email
99  bad    A user with this e-mail address exists already
100 bad    Invalid time zone
101 bad    Invalid role
102 bad    The CRM user name belongs to another user
103 setup  There is no CRM connector
104 bad    Unknown CRM user name
105 bad    The user has no activation
106 bad    The user is active already
107 bad    The password does not meet the requirements
108 bad    The asset is used elsewhere and cannot be deleted
109 gone   The record was not found
110 setup  Unknown account id
111 setup  The integration user belongs to another account
112 bad    Recipient to track is missing
113 bad    Recipient has neither CRM id nor e-mail address
114 bad    Recipient's CRM id or e-mail address is invalid
115 less   Too many recipients
116 later  The request is outdated
117 later  The micro campaign could not be deleted
118 setup  Only possible in a test environment
119 setup  No refresh tokens for the Salesforce connector
120 setup  The Salesforce connector cannot be verified
121 later  The prospect could not be synced with Salesforce
122 day    The daily limit of API calls is reached | until the next day in the account's time zone
123 setup  The Salesforce user name cannot be verified
124 setup  The Salesforce user name or id cannot be set
125 bad    Give either a user or a Salesforce owner, not both
126 setup  This way of signing in is no longer accepted
128 setup  Campaigns cannot be created here | they are made in Salesforce
129 setup  Campaign name or cost cannot be changed here | they are changed in Salesforce
130 ask    Unknown column in the CSV
131 setup  The user is locked after too many failed logins
132 gone   The prospect is in the recycle bin
133 ask    More than two sort keys
134 ask    More than two sort directions
135 ask    One of two sort keys must be id
137 bad    The URL has no protocol
138 bad    The name is longer than 50 characters
139 bad    The name is not valid
145 ask    archived must be true or false
146 ask    archived must be true or false
150 bad    The body is not valid JSON
151 bad    The content type is not supported
152 bad    The body is empty
153 bad    A required property is missing in the body
154 bad    A property of the body is not valid
155 ask    The import is not open any more
156 ask    The import has no data
157 later  The import could not be processed
158 later  The upload failed
159 ask    The file is not a valid CSV
160 less   Too many batches in one import
161 ask    The import's state does not allow this
162 ask    No file was uploaded
163 ask    Too many files were uploaded
164 day    The daily limit of import batches is reached
165 ask    The column options are invalid | numbered 164 until 2020
166 ask    The input has the wrong format
168 later  The background queue's state is invalid
169 ask    The background queue's type is invalid
174 ask    Unknown export procedure
175 ask    Unknown argument of the export procedure
176 ask    The export procedure lacks an argument
177 ask    Invalid argument of the export procedure
178 ask    The export's state does not allow this | not finished yet, or expired after 7 days
180 bad    Unknown or read-only field
181 setup  A required header is missing | Pardot-Business-Unit-Id
182 setup  A header's value is not valid | Pardot-Business-Unit-Id
183 later  Internal error at Pardot
184 key    The access token is invalid, unknown or malformed
188 ask    Invalid import origin
190 setup  Sending e-mail is blocked for the account
192 gone   The object does not exist
193 ask    Listed without a meaning
194 ask    Invalid MIME type
197 bad    The import lacks a required field
198 ask    There is no such endpoint
199 key    API keys are no longer accepted | sign in through Salesforce OAuth
201 setup  The business unit is unknown or inactive | also seen when the API host is the wrong one
202 later  The query took too long, or the limit per minute is reached
203 setup  The account has no admin user
204 less   The file is larger than 50 MB, or empty
205 bad    The action name is missing or wrong
206 bad    Invalid value of an action's argument
207 bad    The action lacks an argument
208 bad    Unknown argument of the action
209 less   More than three different fields are filtered
210 page   The page token has expired | page tokens live 4 hours
211 page   The page token is invalid
214 later  The request timed out at Pardot
215 bad    The form needs an e-mail field
216 bad    The destination folder is full
217 bad    The visitor is not identified
218 setup  Connected Campaigns is not enabled
219 gone   The record is in the recycle bin | undelete it before updating it
220 bad    The template's purpose is invalid
221 bad    The default template for Engage cannot be deleted
222 bad    The default resubscribe template cannot be deleted
223 bad    The record cannot be deleted
224 bad    A field cannot be used in this kind of request | some come by single read or export only
226 bad    CSV header and column options differ
227 bad    CSV header and field options differ
228 ask    API versions are mixed within one import
231 ask    The maximum file size is below 10,000,000 bytes
232 ask    The maximum file size is above 200 MB
233 setup  There is no verified Salesforce connector
234 setup  A version 2 Salesforce connector is needed
235 setup  The Salesforce connector is in this state already
236 setup  The list does not belong to the business unit
237 bad    Invalid language for tag replacement
239 ask    The file was altered after its download
242 bad    A requested record was not found
243 setup  The sender's domain is not verified
244 later  The e-mail could not be sent for now
245 bad    The name is in use already
246 bad    The e-mail could not be sent: delivery or content
"""


def _parse(table: str) -> dict[int, CodeEntry]:
    entries = {}
    for line in table.strip().splitlines():
        number, reaction, text = line.split(maxsplit=2)
        meaning, _, note = (part.strip() for part in text.partition("|"))
        entries[int(number)] = CodeEntry(
            int(number), meaning, _REACTIONS[reaction], reaction == "ask", note
        )
    return entries


CODES: dict[int, CodeEntry] = _parse(_TABLE)


def meaning_of(code: str | int | None) -> str:
    """What the registry says of a number, and what runbooks do where that differs; else nothing."""
    number = str(code or "")
    if not number.isdecimal() or int(number) not in CODES:
        return ""
    known = CODES[int(number)]
    usual = SPECIFIED_MEANINGS.get(known.code)
    also = f"; as users often know it: {usual}" if usual else ""
    return f"{known.meaning}{also} (code {known.code})"
