"""Every point on which the API's public description is unsure, conflicting or account-dependent.

What lives here: the one table. What does not: the code that obeys it. Sources carry the tag of the
reference: C confirmed, L likely, U unsure, "account" for what an administrator or Salesforce sets.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.control import Switch

__all__ = ["SWITCHES"]

SWITCHES = (
    # --- the account
    Switch(
        "time_zone", "America/New_York", "account", "Zone of rendered times and the quota's day."
    ),
    Switch(
        "edition",
        "Advanced",
        "C: rate limits",
        "Sets the daily maximum.",
        ("Growth", "Plus", "Advanced", "Premium"),
    ),
    Switch(
        "daily_maximum", 0, "account", "Daily calls when above 0; -1 means none; else by edition."
    ),
    Switch("concurrent_maximum", 5, "C: rate limits", "Requests in flight before code 66."),
    Switch(
        "shared_email_allowed",
        True,
        "account: AMPSEA",
        "Several prospects may hold one e-mail address.",
    ),
    # --- authentication
    Switch(
        "access_token_lifetime_seconds", 7200, "L: session time-out", "Life of an access token."
    ),
    Switch(
        "refresh_token_rotation", False, "C: may rotate", "A refresh token is replaced when used."
    ),
    Switch(
        "client_credentials_allowed", True, "L: needs My Domain", "Whether that grant is served."
    ),
    Switch("header_invalid_status", 400, "L", "HTTP status of code 182.", (400, 401, 403)),
    Switch(
        "business_unit_unknown_status",
        400,
        "U: 400 or 403",
        "HTTP status of code 201.",
        (400, 401, 403),
    ),
    Switch("api_key_status", 401, "U", "HTTP status of code 199.", (400, 401, 403)),
    # --- limits
    Switch("concurrency_status", 429, "U: 429 assumed", "HTTP status of code 66.", (400, 403, 429)),
    Switch(
        "daily_limit_status",
        429,
        "C by one client, officially silent",
        "HTTP status of code 122.",
        (200, 400, 403, 429),
    ),
    Switch("failed_calls_count", True, "U", "Whether a refused call uses the daily quota."),
    Switch("usage_header_format", "{used}/{maximum}", "U", "Rendering of x-api-usage."),
    # --- queries
    Switch(
        "unknown_parameter",
        "refuse",
        "U",
        "A query parameter that no object knows.",
        ("refuse", "ignore"),
    ),
    Switch(
        "page_token_extra_parameters",
        "refuse",
        "C: anything else is a 400",
        "Parameters beside a page token; `tolerate_equal` lets the chain's own through.",
        ("refuse", "tolerate_equal"),
    ),
    Switch("page_token_lifetime_seconds", 4 * 3600, "C", "Life of a page token."),
    Switch("page_chain_maximum", 100_000, "C", "Rows after which a chain of pages ends."),
    Switch("empty_last_page", True, "C: recorded", "A full last page still announces a next one."),
    Switch("too_many_filters_status", 400, "U", "HTTP status of code 209.", (400, 403)),
    Switch(
        "deleted_counts_as_filter", False, "U", "Whether `deleted` is one of the three filters."
    ),
    Switch("id_list_maximum", 1000, "U", "Ids in an idList before code 63."),
    Switch("email_case_sensitive", False, "U", "Whether e-mails match by exact case."),
    Switch(
        "read_lag_seconds",
        0.0,
        "C: up to 60 s",
        "Reads do not show writes of the last so many seconds.",
    ),
    # --- writes
    Switch(
        "create_without_fields",
        "id",
        "U",
        "Answer to a create that asks for no fields.",
        ("id", "nothing"),
    ),
    Switch("unreadable_after_write", False, "C", "Writes answer 204: the user may not read back."),
    Switch("duplicate_email_code", 9, "C: 9 or 54", "Code for a taken e-mail.", (9, 54)),
    Switch("deleted_update_status", 400, "U", "HTTP status of code 219.", (400, 404, 405)),
    Switch("unchanged_update_bumps", True, "U", "An update that changes nothing moves updatedAt."),
    Switch("activity_bumps_updated_at", False, "U", "An activity moves the prospect's updatedAt."),
    Switch(
        "latest_match",
        "activity",
        "C: two documents disagree",
        "Which prospect an operation by e-mail takes.",
        ("activity", "update"),
    ),
    Switch(
        "membership_returns_as",
        "same",
        "U",
        "Whether somebody who returns to a list gets the old membership or a new one.",
        ("same", "new"),
    ),
    Switch(
        "merge_bumps_activities", False, "U", "A merge moves updatedAt of the loser's activities."
    ),
    Switch(
        "external_activity_types",
        "",
        "account: set up in Salesforce",
        "Known external activities as `extension.type`, separated by blanks; every one without.",
    ),
    # --- exports
    Switch(
        "export_waiting_seconds", 0.2, "account", "Time in Waiting when nothing runs before it."
    ),
    Switch("export_base_seconds", 0.5, "account", "Time in Processing of an empty export."),
    Switch("export_rows_per_second", 100_000.0, "account", "Speed of Processing."),
    Switch(
        "export_bounds",
        "inclusive",
        "C: two documents disagree",
        "Whether bounds belong to it.",
        ("inclusive", "exclusive"),
    ),
    Switch(
        "export_object_member",
        "optional",
        "U",
        "Whether the body must name its object; without it: Prospect.",
        ("optional", "required"),
    ),
    Switch("export_minimum_file_bytes", 10_000_000, "C", "Least maxFileSizeBytes."),
    Switch(
        "export_booleans", "true_false", "U", "Booleans in a result file.", ("true_false", "1_0")
    ),
    Switch("export_value_separator", ";", "U", "Between the values of a multi-value field."),
    Switch("export_fails", False, "C: state exists", "New exports end in Failed."),
    # --- batch writes
    Switch("import_waiting_seconds", 0.2, "account", "Time in Waiting when nothing runs before."),
    Switch("import_base_seconds", 0.5, "account", "Time in Processing of an empty import."),
    Switch("import_rows_per_second", 5_000.0, "account", "Speed of Processing."),
    Switch("import_fails", False, "C: state exists", "Imports submitted now end in Failed."),
    Switch("import_batch_maximum_bytes", 10_000_000, "C for version 4", "Size of a batch."),
    Switch("import_batch_too_large_code", 158, "U", "Code for a larger one.", (158, 204)),
    Switch("import_batches_maximum", 10, "C for version 4", "Batches of an import."),
    Switch("import_daily_batches", 1000, "C for version 4", "Batches of a day before code 164."),
    Switch(
        "import_null_overwrite",
        True,
        "C for version 4",
        "A blank cell clears its field unless the field's options say otherwise.",
    ),
    Switch(
        "import_bin_rows",
        "skip",
        "U",
        "A row that matches the recycle bin is left out silently, or is an error.",
        ("skip", "error"),
    ),
    Switch(
        "import_match_column",
        "required",
        "U",
        "Whether a file must have one; without it every row creates.",
        ("required", "optional"),
    ),
    Switch(
        "import_header_mismatch_code",
        226,
        "U",
        "Code for a batch whose columns are not the first one's.",
        (130, 226, 227),
    ),
    Switch(
        "import_refs",
        "absolute",
        "U",
        "Form of batchesRef and errorsRef.",
        ("absolute", "relative"),
    ),
    Switch(
        "import_error_field",
        "both",
        "C: two descriptions disagree",
        "Name of the field that holds the address of the errors.",
        ("both", "errorRef", "errorsRef"),
    ),
    Switch("import_error_column", "error", "U", "Column that follows a failed row's own."),
)
