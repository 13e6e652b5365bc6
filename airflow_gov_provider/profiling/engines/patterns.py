r"""Regular expressions: written once in RE2's syntax, read by three engines.

The common ground is RE2 (https://github.com/google/re2/wiki/Syntax): no look-around and no back
references, ``\d``, ``\w`` and ``\s`` are ASCII, ``.`` does not match a line break.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from airflow_gov_provider.profiling.failures import Unmeasurable

_TOKENS = re.compile(
    r"(?P<escape>\\.)|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<group>\(\?(?:P?<[A-Za-z_]\w*>|[^)]))"
    r"|(?P<dot>\.)|(?P<brace>\{(?=,))|(?P<other>.)",
    re.DOTALL,
)
_LEADING_FLAGS = re.compile(r"\(\?([ims]+)\)")
_LOOK_AROUND = ("(?=", "(?!", "(?<")

# What a class of RE2 holds: all of it is ASCII, whatever the locale of a database says.
_CLASSES = {
    "alnum": "09AZaz",
    "alpha": "AZaz",
    "ascii": "\x00\x7f",
    "blank": "\t\t  ",
    "cntrl": "\x00\x1f\x7f\x7f",
    "digit": "09",
    "graph": "!~",
    "lower": "az",
    "print": " ~",
    "punct": "!/:@[`{~",
    "space": "\t\r  ",
    "upper": "AZ",
    "word": "09AZ__az",
    "xdigit": "09AFaf",
    r"\d": "09",
    r"\w": "09AZ__az",
    r"\s": "\t\n\f\r  ",
}
_LAST = 0x10FFFF

_OUTSIDE_CLASS = {
    r"\d": "[0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\s": r"[\t\n\f\r ]",
    r"\D": "[^0-9]",
    r"\W": "[^A-Za-z0-9_]",
    r"\S": r"[^\t\n\f\r ]",
}
_PYTHON = {**_OUTSIDE_CLASS, r"\b": r"(?a:\b)", r"\B": r"(?a:\B)", r"\z": r"\Z", "{": r"\{"}
_AFTER, _BEFORE = "(?<{}[A-Za-z0-9_])", "(?{}[A-Za-z0-9_])"
# Its own ends of words are those of the locale.
_POSTGRES_ESCAPES = {
    **_OUTSIDE_CLASS,
    r"\b": f"(?:{_AFTER}{_BEFORE}|{_AFTER}{_BEFORE})".format("!", "=", "=", "!"),
    r"\B": f"(?:{_AFTER}{_BEFORE}|{_AFTER}{_BEFORE})".format("=", "=", "!", "!"),
    r"\z": r"\Z",
}


def checked(pattern: str) -> str:
    """The pattern, with the older way of naming a group, which every engine reads.

    :raises Unmeasurable: if it uses what RE2 does not know.
    """
    parts = []
    for token, kind, in_class in _tokens(pattern):
        is_named = kind == "group" and token.endswith(">")
        if kind == "group" and token.startswith(_LOOK_AROUND) and not is_named:
            raise Unmeasurable("the pattern uses look-around, which RE2 syntax does not have")
        if kind == "escape" and not in_class and token[1] in "123456789":
            raise Unmeasurable("the pattern uses a back reference, which RE2 syntax does not have")
        parts.append(token.replace("(?<", "(?P<") if is_named else token)
    return "".join(parts)


def for_python(pattern: str) -> re.Pattern[str]:
    """Compiled for ``fullmatch`` and ``search``.

    :raises Unmeasurable: if Python cannot read it.
    """
    flags = _LEADING_FLAGS.match(pattern)
    by_line = flags is not None and "m" in flags.group(1)
    ends = {} if by_line else {"$": r"\Z"}
    parts = [
        _in_class(token, kind) if in_class else _for_python(token, kind, ends)
        for token, kind, in_class in _tokens(checked(pattern))
    ]
    try:
        return re.compile("".join(parts))
    except re.error as error:
        raise Unmeasurable(f"the pattern is not a regular expression: {error.msg}") from error


def _for_python(token: str, kind: str, ends: Mapping[str, str]) -> str:
    if kind in ("escape", "brace"):
        return _PYTHON.get(token, token)
    return ends.get(token, token)


def for_postgres(pattern: str, *, whole: bool = True) -> str:
    """The same pattern as a POSIX advanced regular expression.

    :param whole: the whole text must match.
    """
    checked(pattern)
    flags = _LEADING_FLAGS.match(pattern)
    options = flags.group(1) if flags else ""
    body = pattern[flags.end() :] if flags else pattern
    if "m" in options:
        raise Unmeasurable(
            "the flag m has no counterpart in PostgreSQL; write the pattern without it"
        )
    dot = "." if "s" in options else r"[^\n]"
    parts = [
        _for_postgres(token, kind, in_class=in_class, dot=dot)
        for token, kind, in_class in _tokens(body)
    ]
    prefix = "(?i)" if "i" in options else ""
    body = "".join(parts)
    return f"{prefix}^(?:{body})$" if whole else f"{prefix}(?:{body})"


def _for_postgres(token: str, kind: str, *, in_class: bool, dot: str) -> str:
    if in_class:
        return _in_class(token, kind)
    if kind == "escape":
        return _POSTGRES_ESCAPES.get(token, token)
    if kind == "dot":
        return dot
    if kind == "group" and token.endswith(">"):
        return "("
    return token


def _in_class(token: str, kind: str) -> str:
    """A piece of a character class, for Python and PostgreSQL alike."""
    if token == "[":  # noqa: S105 - one that opens nothing here may open something there
        return r"\["
    if kind == "escape" and token.lower() in _CLASSES:
        return _written(_CLASSES[token.lower()], others=token[1].isupper())
    if not token.startswith("[:"):
        return token
    name = token.strip("[]:^")
    if name not in _CLASSES:
        raise Unmeasurable(f"the pattern names a class {name!r}, which RE2 does not know")
    return _written(_CLASSES[name], others=token.startswith("[:^"))


def _written(ends: str, *, others: bool) -> str:
    """Ranges of characters, or all that is between them, from U+0001 on: PostgreSQL has no U+0000.

    :param ends: the first and the last character of each range, in order.
    """
    codes = [ord(each) for each in ends]
    if others:
        codes = [0, *(code + 1 - 2 * (i % 2 == 0) for i, code in enumerate(codes)), _LAST]
    pairs = [(max(1, codes[i]), codes[i + 1]) for i in range(0, len(codes), 2)]
    return "".join(rf"\U{low:08x}-\U{high:08x}" for low, high in pairs if low <= high)


def _tokens(pattern: str) -> list[tuple[str, str, bool]]:
    """Pieces of a pattern: text, kind, and whether it stands inside a character class."""
    pieces = []
    in_class = False
    position = 0
    while position < len(pattern):
        match = _TOKENS.match(pattern, position)
        if match is None:
            break
        token, kind = match.group(), match.lastgroup or "other"
        if in_class and kind in ("open", "group"):
            token, kind = _inside_class(pattern, position)
        pieces.append((token, kind, in_class))
        in_class = (in_class or kind == "open") and kind != "close"
        position += len(token)
    return pieces


def _inside_class(pattern: str, position: int) -> tuple[str, str]:
    named = re.compile(r"\[:\^?[a-z]+:\]").match(pattern, position)
    return (named.group() if named else pattern[position]), "other"
