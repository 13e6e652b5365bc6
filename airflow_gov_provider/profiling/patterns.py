r"""Regular expressions: written once in RE2's syntax, read by three engines.

The common ground is RE2 (https://github.com/google/re2/wiki/Syntax): no look-around and no back
references, ``\d``, ``\w`` and ``\s`` are ASCII, ``.`` does not match a line break.
"""

from __future__ import annotations

import re

from airflow_gov_provider.profiling.failures import Unmeasurable

_TOKENS = re.compile(
    r"(?P<escape>\\.)|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<group>\(\?(?:P?<[A-Za-z_]\w*>|[^)]))"
    r"|(?P<dot>\.)|(?P<other>.)",
    re.DOTALL,
)
_LEADING_FLAGS = re.compile(r"\(\?([ims]+)\)")
_LOOK_AROUND = ("(?=", "(?!", "(?<")

_PYTHON = {r"\z": r"\Z"}
_POSTGRES_ESCAPES = {
    r"\d": "[0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\s": r"[\t\n\f\r ]",
    r"\D": "[^0-9]",
    r"\W": "[^A-Za-z0-9_]",
    r"\S": r"[^\t\n\f\r ]",
    r"\b": r"\y",
    r"\B": r"\Y",
    r"\z": r"\Z",
}
_POSTGRES_IN_CLASS = {r"\d": "0-9", r"\w": "A-Za-z0-9_", r"\s": r"\t\n\f\r "}


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
    ends = _PYTHON if by_line else {**_PYTHON, "$": r"\Z"}
    parts = [
        token if in_class else ends.get(token, token)
        for token, _, in_class in _tokens(checked(pattern))
    ]
    try:
        return re.compile("".join(parts), re.ASCII)
    except re.error as error:
        raise Unmeasurable(f"the pattern is not a regular expression: {error.msg}") from error


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
    if kind == "escape":
        return (_POSTGRES_IN_CLASS if in_class else _POSTGRES_ESCAPES).get(token, token)
    if kind == "dot" and not in_class:
        return dot
    if kind == "group" and token.endswith(">") and not in_class:
        return "("
    return token


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
