"""Html as Odoo stores it.

What lives here: the sanitiser: no scripts, no handlers, loose text inside a paragraph. What does
not: plain text rules (`text.py`).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser

__all__ = ["sanitize_html"]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UNFINISHED = re.compile(r"<[a-zA-Z/!][^>]*$")
_NOT_PLAIN = re.compile(r"[<&>]")
# Gone with everything inside; the first group goes before the document is read at all.
_VANISH = frozenset({"script", "style", "title", "head"})
_KILLED = frozenset({"iframe", "object", "embed", "applet", "link", "meta", "base", "input"})
_BLOCKS = frozenset(
    [
        *("p", "div", "ul", "ol", "li", "table", "tr", "td", "th", "tbody", "thead", "tfoot"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "section", "article"),
        *("header", "footer", "dl", "dt", "dd", "center", "figure", "main", "nav", "aside"),
    ]
)
_INLINE = frozenset(
    [
        *("a", "b", "i", "u", "s", "em", "strong", "span", "font", "br", "img", "small", "sub"),
        *("sup", "code", "kbd", "del", "ins", "mark", "q", "abbr", "label", "big", "tt", "strike"),
        *("cite", "svg", "time", "var", "samp", "button"),
    ]
)
_VOID = frozenset({"br", "hr", "img", "col", "area", "wbr"})
_CLOSES: dict[str, frozenset[str]] = {
    "li": frozenset({"li"}),
    "td": frozenset({"td", "th"}),
    "th": frozenset({"td", "th"}),
    "tr": frozenset({"td", "th", "tr"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
}
_ATTRIBUTES = frozenset(
    [
        *("href", "src", "alt", "title", "target", "class", "style", "id", "name", "color", "size"),
        *("face", "align", "valign", "width", "height", "border", "colspan", "rowspan", "bgcolor"),
        *("cellpadding", "cellspacing", "rel", "lang", "dir", "type", "value", "start", "datetime"),
    ]
)
_TEXT, _FLOW, _BLOCK, _NOTHING = "text", "inline", "block", "nothing"


@dataclass
class _Node:
    kind: str
    pieces: list[str] = field(default_factory=list)
    unknown: bool = False


@lru_cache(maxsize=4096)
def sanitize_html(value: str) -> str:
    """Html as Odoo stores it."""
    value = _UNFINISHED.sub("", _CONTROL.sub("", value).lstrip())
    if not value:
        return ""
    if not _NOT_PLAIN.search(value):
        return f"<p>{value}</p>"
    reader = _Reader()
    reader.feed(value)
    reader.close()
    return _assemble(reader.nodes())


def _assemble(nodes: list[_Node]) -> str:
    text = ["".join(node.pieces) for node in nodes]
    if not nodes:
        return "<p></p>"
    kinds = [node.kind for node in nodes]
    if kinds[0] == _TEXT:
        stop = next((n for n, kind in enumerate(kinds) if kind == _BLOCK), len(nodes))
        return f"<p>{''.join(text[:stop])}</p>{''.join(text[stop:])}"
    if len(nodes) == 1:
        bare = nodes[0].unknown or kinds[0] == _NOTHING
        return f"<div>{text[0]}</div>" if bare else text[0]
    if _BLOCK not in kinds:
        return f"<span>{''.join(text)}</span>"
    return "".join(text)


class _Reader(HTMLParser):
    """Writes the allowed part of a document again, as balanced top-level nodes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._nodes: list[_Node] = []
        self._open: list[str] = []
        self._silent: list[str] = []

    def nodes(self) -> list[_Node]:
        """The top-level nodes, everything closed."""
        while self._open:
            self._write(self._close())
        return self._nodes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent or tag in _VANISH or tag in _KILLED:
            self._silence(tag)
            return
        if tag in ("html", "body"):
            return
        for closing in self._implied(tag):
            self._write(f"</{closing}>")
        if tag not in _BLOCKS and tag not in _INLINE:
            self._begin(_BLOCK, unknown=True)
            self._open.append("")
            return
        self._begin(_BLOCK if tag in _BLOCKS else _FLOW)
        self._write(f"<{tag}{_attributes(attrs)}>")
        if tag in _VOID:
            return
        self._open.append(tag)

    def _silence(self, tag: str) -> None:
        if not self._silent and tag in _KILLED:
            self._begin(_NOTHING)
        if tag in _VANISH or tag in ("iframe", "object", "applet"):
            self._silent.append(tag)

    def _implied(self, tag: str) -> list[str]:
        closed: list[str] = []
        ends = _CLOSES.get(tag, frozenset({"p"}) if tag in _BLOCKS else frozenset())
        while self._open and self._open[-1] in ends:
            closed.append(self._open.pop())
        return closed

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if self._silent[-1] == tag:
                self._silent.pop()
            return
        name = tag if tag in _BLOCKS or tag in _INLINE else ""
        if name not in self._open or tag in ("html", "body", *_KILLED):
            return
        while self._open:
            last = self._open[-1]
            self._write(self._close())
            if last == name:
                break

    def handle_data(self, data: str) -> None:
        if self._silent or not data:
            return
        if not self._open:
            if not data.strip() and not self._nodes:
                return
            self._begin(_TEXT)
        self._write(html.escape(data, quote=False).replace("\xa0", "&nbsp;"))

    def _close(self) -> str:
        last = self._open.pop()
        return f"</{last}>" if last else ""

    def _begin(self, kind: str, *, unknown: bool = False) -> None:
        if not self._open:
            self._nodes.append(_Node(kind, unknown=unknown))

    def _write(self, piece: str) -> None:
        if not self._nodes:
            self._nodes.append(_Node(_TEXT))
        self._nodes[-1].pieces.append(piece)


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    kept = []
    for name, value in attrs:
        if name not in _ATTRIBUTES and not name.startswith("data-"):
            continue
        text = value or ""
        if text.strip().lower().startswith(("javascript:", "vbscript:")):
            text = ""
        kept.append(f' {name}="{html.escape(text, quote=True)}"')
    return "".join(kept)
