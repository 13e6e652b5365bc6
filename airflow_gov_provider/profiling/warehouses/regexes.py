r"""RE2 patterns for engines that read regular expressions otherwise: Java's, and POSIX's.

Only what has one meaning is translated: ``.`` and ``\d`` become classes that every engine reads
alike, names of groups and laziness are dropped (neither changes whether a whole text matches).
Everything else is refused by name, since a pattern that is read differently answers differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_gov_provider.profiling.engines import patterns
from airflow_gov_provider.profiling.failures import Unmeasurable

_WORD = "0-9A-Za-z_"
_SPACE = "\t\n\f\r "
_SHORTHANDS = {"d": "0-9", "w": _WORD, "s": _SPACE}
_CONTROLS = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "v": "\v", "a": "\a"}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": "\t ",
    "digit": "0-9",
    "lower": "a-z",
    "space": "\t\n\v\f\r ",
    "upper": "A-Z",
    "word": _WORD,
    "xdigit": "0-9A-Fa-f",
}
_META = frozenset("\\^$.|?*+()[]{}-&~#")

# Java joins and cuts classes with these.
_OF_SETS = frozenset("[&~")
_HIGHEST, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)

_LEADING = re.compile(r"\(\?([a-zA-Z]+)\)")
_TOKEN = re.compile(
    r"(?P<hex>\\x(?:\{[0-9A-Fa-f]{1,6}\}|[0-9A-Fa-f]{2}))"
    r"|(?P<category>\\[pP](?:\{\^?\w+\}|\w))"
    r"|(?P<escape>\\.)"
    r"|(?P<posix>\[:\^?\w+:\])"
    r"|(?P<open>\[\^?\]?)"
    r"|(?P<close>\])"
    r"|(?P<group>\((?:\?:|\?P?<[A-Za-z_]\w*>)?(?!\?))"
    r"|(?P<odd>\(\?)"
    r"|(?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)"
    r"|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    r"""What an engine's regular expressions know.

    :param group: how a group begins that captures nothing worth having.
    :param boundary: ``\b`` and ``\B`` as this engine has to be told, or None.
    :param categories: whether ``\p{L}`` is understood.
    """

    engine: str
    group: str
    boundary: tuple[str, str] | None
    categories: bool


_IN, _OUT = f"[{_WORD}]", f"[{_WORD}]"
JAVA = Flavour(
    engine="Spark",
    group="(?:",
    boundary=(
        f"(?:(?<={_IN})(?!{_OUT})|(?<!{_IN})(?={_OUT}))",
        f"(?:(?<={_IN})(?={_OUT})|(?<!{_IN})(?!{_OUT}))",
    ),
    categories=True,
)
# Trino has two libraries to choose from, and one of them knows no look-around.
TRINO = Flavour(engine="Trino", group="(?:", boundary=None, categories=True)
SNOWFLAKE = Flavour(engine="Snowflake", group="(", boundary=(r"\b", r"\B"), categories=False)


def translated(pattern: str, flavour: Flavour) -> tuple[str, frozenset[str]]:
    """The body of a pattern that has to match a whole text, and its flags (``i`` or none).

    :raises Unmeasurable: if part of it could mean something else to this engine.
    """
    patterns.checked(pattern)
    flags = _LEADING.match(pattern)
    options = frozenset(flags.group(1)) if flags else frozenset()
    if options - {"i", "s"}:
        raise _refused(f"the flags {''.join(sorted(options))}", flavour)
    body = _without_ends(pattern[flags.end() :] if flags else pattern)
    return _Translation(flavour, dot_all="s" in options).of(body), options - {"s"}


class _Translation:
    def __init__(self, flavour: Flavour, *, dot_all: bool) -> None:
        self._flavour, self._in_class = flavour, False
        self._dot = f"{flavour.group}[^\n]|\n)" if dot_all else "[^\n]"

    def of(self, body: str) -> str:
        parts: list[str] = []
        position = 0
        before = ""
        while match := _TOKEN.match(body, position):
            kind, token = match.lastgroup or "other", match.group()
            if self._in_class and kind not in ("hex", "category", "escape", "posix", "close"):
                kind, token = "other", token[0]
            if kind == "repeat" and before == "repeat":
                raise _refused(f"a repetition of a repetition ({token})", self._flavour)
            parts.append(getattr(self, f"_{kind}")(token))
            position += len(token)
            before = kind
        if self._in_class:
            raise Unmeasurable("the pattern is not a regular expression: a class is not closed")
        return "".join(parts)

    def _hex(self, token: str) -> str:
        code = int(token[2:].strip("{}"), 16)
        if code > _HIGHEST or code in _SURROGATES:
            raise Unmeasurable(f"the pattern names {token}, which is no character")
        return _literally(chr(code))

    def _category(self, token: str) -> str:
        name = token[2:].strip("{}")
        if not self._flavour.categories or not re.fullmatch(r"[A-Z][a-z]?", name):
            raise _refused(token, self._flavour)
        return f"{token[:2]}{{{name}}}"

    def _escape(self, token: str) -> str:
        letter = token[1]
        if letter in _SHORTHANDS:
            listed = _SHORTHANDS[letter]
            return listed if self._in_class else f"[{listed}]"
        if letter.lower() in _SHORTHANDS and not self._in_class:
            return f"[^{_SHORTHANDS[letter.lower()]}]"
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter in "bB" and self._flavour.boundary and not self._in_class:
            return self._flavour.boundary[letter == "B"]
        if letter.isascii() and (letter.isalnum() or not letter.isprintable()):
            raise _refused(token, self._flavour)
        return _literally(letter)

    def _posix(self, token: str) -> str:
        name = token[2:-2]
        if not self._in_class:  # [:alpha:] alone is a class of these characters, easily mistaken
            raise _refused(f"{token} outside of a class", self._flavour)
        if name not in _POSIX:
            raise _refused(token, self._flavour)
        return _POSIX[name]

    def _open(self, token: str) -> str:
        self._in_class = True
        return token.replace("]", r"\]")

    def _close(self, token: str) -> str:
        if not self._in_class:
            return r"\]"
        self._in_class = False
        return token

    def _group(self, token: str) -> str:
        del token
        return self._flavour.group

    def _odd(self, token: str) -> str:
        raise _refused(f"{token}...", self._flavour)

    def _repeat(self, token: str) -> str:
        return token[:-1] if len(token) > 1 and token.endswith("?") else token

    def _other(self, character: str) -> str:
        if self._in_class:
            return rf"\{character}" if character in _OF_SETS else character
        if character == ".":
            return self._dot
        if character in "^${}":
            raise _refused(f"{character} in the middle", self._flavour)
        return character


def _without_ends(body: str) -> str:
    r"""Without anchors around all of it: the whole text has to match anyway."""
    for start in ("^", r"\A"):
        body = body.removeprefix(start)
    for end in ("$", r"\z"):
        stem = body.removesuffix(end)
        is_escaped = (len(stem) - len(stem.rstrip("\\"))) % 2 == 1
        body = body if is_escaped else stem
    return body


def _literally(character: str) -> str:
    return rf"\{character}" if character in _META else character


def _refused(what: str, flavour: Flavour) -> Unmeasurable:
    return Unmeasurable(
        f"the pattern uses {what}, which {flavour.engine} may read otherwise than the engines "
        "that know RE2; write it in simpler terms"
    )
