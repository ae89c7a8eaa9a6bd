"""The API's numbered errors: message, HTTP status, envelope.

What lives here: the registry of codes that the sandbox answers with or is asked to pretend, and
`ApiError`. What does not: decisions when to raise which.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.http import Response, json_response

__all__ = ["REGISTRY", "ApiError", "error_response"]

_BAD = 400

# code: (HTTP status, message)
REGISTRY: dict[int, tuple[int, str]] = {
    1: (401, "Invalid API key or user key"),
    3: (_BAD, "Invalid prospect ID"),
    4: (_BAD, "Invalid prospect email address"),
    5: (_BAD, "Invalid query parameters"),
    7: (_BAD, "Invalid timestamp"),
    8: (_BAD, "Invalid time range"),
    9: (_BAD, "A prospect with the specified email address already exists"),
    10: (_BAD, "Invalid user ID"),
    13: (_BAD, "One or more required parameters are missing"),
    14: (_BAD, "Non-existent prospect ID; No email address provided"),
    15: (_BAD, "Login failed"),
    16: (_BAD, "Invalid ID"),
    17: (_BAD, "Invalid ID range"),
    19: (_BAD, "Invalid value specified for sort_by"),
    20: (_BAD, "Invalid value specified for sort_order"),
    21: (_BAD, "Invalid value specified for offset"),
    23: (_BAD, "Invalid value specified for limit"),
    24: (_BAD, "Invalid visitor ID"),
    27: (_BAD, "Parameter deleted must be true or false"),
    29: (_BAD, "Invalid value specified for score"),
    38: (_BAD, "Invalid campaign ID"),
    46: (405, "This API user lacks sufficient permissions for the requested operation"),
    49: (401, "Access Denied"),
    50: (_BAD, "Invalid boolean"),
    51: (_BAD, "Invalid parameter"),
    52: (_BAD, "Invalid parameter range"),
    53: (_BAD, "Client IP address/location must be activated before accessing API"),
    54: (_BAD, "Email address is already in use"),
    55: (_BAD, "Invalid list ID"),
    56: (_BAD, "Invalid number entered for field"),
    57: (_BAD, "Invalid date entered for field"),
    58: (
        _BAD,
        "That prospect is already a member of that list. Update the membership instead.",
    ),
    60: (405, "Invalid HTTP request method"),
    61: (_BAD, "Invalid prospect account id"),
    62: (_BAD, "Conflicting Update"),
    63: (_BAD, "Too many IDs specified"),
    66: (
        429,
        "You have exceeded your concurrent request limit.; please wait before trying again",
    ),
    76: (_BAD, "API access was disabled"),
    83: (_BAD, "No valid CRM connectors available"),
    88: (_BAD, "Your account must use version 4 of the API."),
    89: (_BAD, "Your account is unable to use version 4 of the API."),
    92: (_BAD, "Prospect record could not be found"),
    96: (_BAD, "User does not have access to this folder"),
    97: (_BAD, "The folder ID provided does not exist"),
    98: (_BAD, "Prospect not mailable"),
    108: (405, "This Asset cannot be deleted because it is being used in other places."),
    109: (404, "The requested record was not found."),
    116: (_BAD, "Request outdated."),
    122: (429, "Daily API rate limit met"),
    126: (401, "Invalid authentication mechanism"),
    128: (_BAD, "Cannot create campaigns"),
    129: (_BAD, "Cannot modify campaign name or cost"),
    130: (_BAD, "One or more of the specified fields are invalid"),
    132: (_BAD, "Prospect is archived"),
    133: (_BAD, "Up to 2 sort by options are allowed."),
    134: (_BAD, "Up to 2 sort order options are allowed."),
    135: (_BAD, "When passing a comma-separated value, one of the two values must be id."),
    150: (_BAD, "Input needs to be valid JSON"),
    151: (_BAD, "Unsupported content-type"),
    152: (_BAD, "Request body can't be empty"),
    153: (_BAD, "Missing required property in request"),
    154: (_BAD, "Invalid property in request"),
    155: (_BAD, 'Can\'t update. Import must be in "Open" state.'),
    156: (_BAD, "Can't start processing. Import has no associated data."),
    157: (_BAD, "Error processing import request."),
    158: (_BAD, "Uploading a file was unsuccessful"),
    159: (_BAD, "The file is not in a valid CSV format"),
    160: (_BAD, "The limit of batches per import has been reached"),
    161: (_BAD, "The current state of the import does not allow the operation"),
    162: (_BAD, "No file was specified or uploaded"),
    163: (_BAD, "Too many files were specified or uploaded"),
    164: (_BAD, "Daily limit of import batches has been reached"),
    165: (_BAD, "column options is invalid"),
    174: (_BAD, "Unknown procedure name."),
    175: (_BAD, "Unknown procedure argument."),
    176: (_BAD, "Missing required argument."),
    177: (_BAD, "Invalid procedure argument."),
    178: (_BAD, "The current state of the export does not allow the operation"),
    180: (_BAD, "One or more of the specified fields are invalid"),
    181: (_BAD, "A required header is missing"),
    182: (_BAD, "Invalid header value"),
    183: (500, "An internal error occurred, please try your request again"),
    184: (401, "access_token is invalid, unknown, or malformed"),
    188: (_BAD, "Provided import origin is invalid"),
    192: (404, "Object specified does not exist"),
    197: (_BAD, "Import missing required field"),
    198: (404, "Endpoint not found"),
    199: (
        401,
        "Authentication using an api_key is no longer supported. "
        "Use Salesforce OAuth access token instead",
    ),
    201: (
        _BAD,
        "Business Unit specified in Pardot-Business-Unit-Id header not found or inactive.",
    ),
    202: (429, "Minute rate limit met"),
    204: (_BAD, "File size exceeds the max post size or the body message can't be empty"),
    205: (_BAD, "Action name is either missing or incorrect"),
    206: (_BAD, "Invalid action argument value"),
    207: (_BAD, "Missing required action argument"),
    208: (_BAD, "Unknown action argument"),
    209: (_BAD, "Too many fields have filters"),
    210: (_BAD, "Page token has expired."),
    211: (_BAD, "Page token is invalid."),
    214: (504, "API request timed out."),
    219: (_BAD, "Deleted records can't be updated. Please undelete before updating."),
    224: (_BAD, "Invalid fields for request type"),
    226: (_BAD, "Mismatched CSV headers and column options"),
    227: (_BAD, "Mismatched CSV headers and field options"),
    228: (_BAD, "The api call doesn't support mixed api versions"),
    231: (_BAD, "Maximum file size has to be at least 10,000,000 bytes"),
    232: (_BAD, "Maximum file size cannot exceed 200 MB"),
    242: (_BAD, "One or more requested records not found."),
    244: (_BAD, "We couldn't send your email. Review your email and try again."),
    245: (_BAD, "The supplied name is already in use."),
}


class ApiError(Exception):
    """A request refused with one of the numbered errors.

    Attributes:
        code: The number.
        detail: What follows the registry's message, after a colon.
        status: HTTP status when it differs from the registry's.
        headers: Extra response headers.
    """

    def __init__(
        self,
        code: int,
        detail: str = "",
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.headers = headers or {}

    def response(self) -> Response:
        """The answer that carries it."""
        return error_response(self.code, self.status, self.detail, self.headers)


def error_response(
    code: int | str,
    status: int | None = None,
    detail: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The API's error envelope for a code, known or not."""
    number = int(code)
    usual_status, message = REGISTRY.get(number, (_BAD, "Unknown error"))
    if detail:
        message = f"{message}: {detail}"
    return json_response(
        {"code": number, "message": message}, status or usual_status, headers, code=number
    )
