"""What the property tests of this folder are fed with."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

# The machine that runs the suite is shared: a slow example is no failure.
PROPERTY = settings(deadline=None, max_examples=200)
FRAMES = settings(deadline=None, max_examples=40)

_PIECES = st.sampled_from(
    [
        "<b>", "</b>", "<br>", "<br/>", "<script>", "</script>", "<a href=\"x>y\">", "<!--", "-->",
        "<", ">", "&lt;", "&gt;", "&amp;", "&#60;", "&nbsp;", "\"", "'", "=", "+", "-", "@", "'=",
        "\t", "\r\n", "\n", "\x00", "\x1b",
        "\u00a0", "\u2028", "\u200d", "\ud800", "\ufffe", "e\u0301",
        "👩‍👩‍👧", "नमस्ते", "株式会社", " GmbH & Co. KG", " Ltd",
        " International", " Group", " ", "…", "b", "i",
    ]
)  # fmt: skip

nasty_text = st.lists(
    st.one_of(_PIECES, st.text(max_size=12), st.text("abc <>&=;/!-'\"", max_size=12)), max_size=30
).map("".join)
