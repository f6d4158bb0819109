"""The words of a row filter: names, constants, operators."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHOWN = 40  # characters of a word that a message repeats
_WORDS = re.compile(
    r"""(?P<space>\s+)
    | (?P<text>'(?:[^'\x00-\x1f\x7f]|'')*')
    | (?P<quoted>"(?:[^"\x00-\x1f\x7f]|"")+")
    | (?P<number>[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.]))
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign><>|!=|<=|>=|[=<>(),])""",
    re.VERBOSE,
)
_KEYWORDS = frozenset({"AND", "BETWEEN", "IN", "IS", "LIKE", "NOT", "NULL", "OR"})
_MOST_DIGITS = 38  # of a decimal column
# Words of PartiQL that a column's name may collide with; between double quotes they are names.
_RESERVED = frozenset(
    """all any as asc at avg bag begin bit blob boolean both by case cast char check clob close collate column
    commit connect constraint count create cross current cursor date deallocate dec decimal declare default delete
    desc distinct domain double drop else end escape except exec execute exists external false fetch first float
    for foreign from full get global go goto grant group having identity immediate index inner input insert int
    integer intersect into join key language last leading left level limit list local lower match max min missing
    module names national natural next no only open option order outer output overlaps pad partial pivot position
    primary prior privileges procedure public read real references relative restrict revoke right rollback rows
    schema scroll section select session set sexp size smallint some space sql string struct sum symbol table
    temporary then time timestamp to trailing transaction translate translation trim true tuple union unique
    unknown unpivot update upper usage user using value values varchar varying view when whenever where with work
    write zone""".split()  # noqa: SIM905 - read as a paragraph
)


class RowFilterError(ValueError):
    """A filter that Lake Formation would not take. `allowed` and `mend` may be empty."""

    def __init__(self, what: str, allowed: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.allowed = allowed
        self.mend = mend


@dataclass(frozen=True, kw_only=True)
class Token:
    """A word, what it is, and where it begins.

    `kind`: name, quoted, keyword, sign, text, whole number, number, boolean, end. `text` is canonical, keywords in
    capitals; `value` is what a name or a text stands for.
    """

    kind: str
    text: str
    value: str
    position: int

    @property
    def shown(self) -> str:
        """The word as a message says it."""
        if self.kind == "end":
            return "the end"
        return self.text if len(self.text) <= _SHOWN else self.text[:_SHOWN] + "..."


def tokens(text: str) -> list[Token]:
    """The words of a filter; the last is its end.

    Raises:
        RowFilterError: at the first character that begins no word.
    """
    found = []
    position = 0
    while position < len(text):
        match = _WORDS.match(text, position)
        if match is None:
            raise RowFilterError(
                f"at character {position + 1}: {text[position : position + 10]!r} is not understood",
                "names, numbers, text in single quotes, comparisons, parentheses",
                "close the quote with '" if text[position] == "'" else "",
            )
        if match.lastgroup != "space":
            found.append(_token(str(match.lastgroup), match[0], position))
        position = match.end()
    return [*found, Token(kind="end", text="", value="", position=len(text))]


def _token(kind: str, text: str, position: int) -> Token:
    value = text
    if kind == "number":
        if len(text) > _MOST_DIGITS + 2:
            raise RowFilterError(f"at character {position + 1}: the number is too long", "38 digits")
        kind = "whole number" if text.lstrip("+-").isdigit() else "number"
    elif kind in ("text", "quoted"):
        mark = text[0]
        value = text[1:-1].replace(mark * 2, mark)
    elif kind == "name":
        return _word(text, position)
    return Token(kind=kind, text=text, value=value, position=position)


def _word(text: str, position: int) -> Token:
    capitals = text.upper()
    if capitals in _KEYWORDS:
        return Token(kind="keyword", text=capitals, value=capitals, position=position)
    if capitals in ("TRUE", "FALSE"):
        return Token(kind="boolean", text=capitals.lower(), value=capitals.lower(), position=position)
    if text.lower() in _RESERVED:
        raise RowFilterError(
            f"at character {position + 1}: {text!r} is a word of PartiQL",
            mend=f'if it is a column, write "{text.lower()}" in double quotes',
        )
    return Token(kind="name", text=text, value=text, position=position)


def canonical(found: list[Token]) -> str:
    """The filter again, with one space between words.

    Example:
        >>> canonical(tokens("state  in('VIC' ,'TAS')"))
        "state IN ('VIC', 'TAS')"
    """
    text = ""
    for token in found[:-1]:
        glued = not text or text.endswith("(") or token.text in (")", ",")
        text += token.text if glued else f" {token.text}"
    return text
