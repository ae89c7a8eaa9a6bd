"""Between HTML and plain text.

What lives here: taking tags out of values that should be plain (:func:`strip_tags`), and the pair
:func:`text_to_html` / :func:`html_to_text` for Odoo's html fields. What does not: sanitising HTML
for display; Odoo does that itself on every write.
"""

from __future__ import annotations

import html
import re

__all__ = ["ELEMENTS", "drop_control", "html_to_text", "strip_tags", "text_to_html"]

# A tag is "<", the name of an element, and then nothing, a slash, or white space and attributes.
# "a < b", "<3", "<draft>" and "Ada <ada@example.com>" are no tags. The first form of attributes
# lets a quoted value hold ">". No part of the pattern runs past the next "<": the text comes from
# web forms, and a pattern that can back-track over all of it is a way to stop the pipeline.
_TAG = re.compile(
    r"""<!\w[^<>]*>|<\?[^<>]*>"""
    r"""|</?([A-Za-z][A-Za-z0-9:-]*)(?:\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*|\s[^<>]*)?/?>"""
)
_MOST_ROUNDS = 20
_BREAKING = frozenset(
    (
        *("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
ELEMENTS = _BREAKING | frozenset(
    (
        *("a", "abbr", "acronym", "animate", "applet", "area", "aside", "audio", "b", "base"),
        *("basefont", "bdi", "bdo", "big", "blink", "body", "button", "canvas", "caption"),
        *("center", "circle", "cite", "code", "col", "colgroup", "data", "datalist", "defs", "del"),
        *("details", "dfn", "dialog", "dir", "ellipse", "em", "embed", "figcaption", "figure"),
        *("font", "foreignobject", "frame", "frameset", "g", "head", "hgroup", "html", "i"),
        *("iframe", "image", "img", "input", "ins", "isindex", "kbd", "label", "legend", "line"),
        *("link", "map", "mark", "marquee", "math", "menu", "menuitem", "meta", "meter", "nobr"),
        *("noembed", "noframes", "noscript", "object", "optgroup", "option", "output", "param"),
        *("path", "picture", "plaintext", "polygon", "polyline", "progress", "q", "rect", "rp"),
        *("rt", "ruby", "s", "samp", "script", "search", "select", "set", "slot", "small"),
        *("source", "spacer", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg"),
        *("template", "text", "textarea", "time", "title", "track", "tt", "u", "use", "var"),
        *("video", "wbr", "xmp"),
    )
)
"""Elements of HTML, old and new, and those of SVG that carry scripts or shapes. Names with a hyphen
or a colon (custom elements, office namespaces) are taken for elements as well."""

# NUL cannot be stored by PostgreSQL, lone surrogates not by anything, and Odoo drops the two that
# are no characters from html: a value that never reads back as written would be written for ever.
# Tab, line feed and the other white space in these ranges are left for the white-space step.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|tr|blockquote|pre)\s*>", re.IGNORECASE)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def drop_control(text: str) -> str:
    """Remove control characters that are not white space, and lone surrogates."""
    return _CONTROL.sub("", text)


def strip_tags(text: str) -> tuple[str, bool]:
    """Take the tags out of a text; entities are decoded only where there was a tag.

    Tags that end a line leave a line feed, so that words do not run together. What comes out holds
    no tag, even when removing one or decoding an entity uncovers another.

    Returns:
        The text and whether a tag was removed.
    """
    text = drop_control(text)
    if "<" not in text:
        return text, False
    found = False
    for _ in range(_MOST_ROUNDS):
        bare = _TAG.sub(_in_place_of, _without_comments(text))
        if bare == text:
            return text, found
        found = True
        text = drop_control(html.unescape(bare))
    # Nested on purpose: no honest text needs so many rounds.
    return text.replace("<", ""), True


def _without_comments(text: str) -> str:
    start = text.find("<!--")
    while start >= 0 and (end := text.find("-->", start + 4)) >= 0:
        text = text[:start] + text[end + 3 :]
        start = text.find("<!--", start)
    return text


def _in_place_of(tag: re.Match[str]) -> str:
    name = (tag.group(1) or "").lower()
    if name and name not in ELEMENTS and ":" not in name and "-" not in name:
        return tag.group()
    if name not in _BREAKING:
        return ""
    at = tag.end() if tag.group().startswith("</") else tag.start() - 1
    beside = tag.string[at : at + 1] if at >= 0 else "\n"
    return "" if beside in "\r\n" else "\n"


def _nothing_for(tag: re.Match[str]) -> str:
    return "" if _in_place_of(tag) != tag.group() else tag.group()


def text_to_html(text: str | None) -> str:
    """Plain text as an Odoo html value: one paragraph, a break for each new line."""
    if not text:
        return ""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"


def html_to_text(markup: str | None) -> str:
    """The plain text of an Odoo html value, white space normalised line by line."""
    if not markup:
        return ""
    # New lines in the source of HTML are white space; only breaks and block ends are lines.
    text = " ".join(markup.split())
    text = _LINE_BREAK.sub("\n", _BLOCK_END.sub("\n", text))
    text = html.unescape(_TAG.sub(_nothing_for, _without_comments(text)))
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
