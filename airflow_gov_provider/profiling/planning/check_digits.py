"""Check digits in the SQL of engines that can name a value inside an expression.

A text is cleaned once, named, and its characters are read as bytes, so that a sum costs a few
operations on whole numbers per character. It is written as text: thousands of nodes would take
longer to copy and print than the statement takes to run. Each sum is only right for a text that
matches its format's pattern, and must not be asked for any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from airflow_gov_provider.domain.formats.checksums import (
    DIGITS,
    FILLER,
    LETTERS_AND_DIGITS,
    Checksum,
    Mod11Then10,
    Mod97,
    Term,
    Weighted,
)

_BYTES = 8  # of 64 bits, of which the first stays 0 for ASCII
_NIBBLE = 15
# So many characters, each worth two digits, fit into 64 bits behind a remainder of 97.
_UNREDUCED = 7


def duckdb(bare: str, check: Checksum) -> str:
    """A condition on the text ``bare``; both are SQL."""
    match check:
        case Weighted():
            terms = _duckdb_terms(check)
            return _let(_padded(bare, check.width), "t", _weighted(terms, check, _character))
        case Mod97():
            return _duckdb_mod_97(bare, check)
        case Mod11Then10():
            return _let(bare, "t", _mod_11_10(check, lambda at: f"CAST({_character(at)} AS INT)"))


def postgres(bare: str, check: Checksum) -> str:
    """A condition on the text ``bare``; both are SQL."""
    match check:
        case Weighted():
            text = _padded(bare, check.width)
            terms = (_times(_looked_up(each), each.weight % check.modulus) for each in check.terms)
            body = _weighted(terms, check, lambda at: f"CHR({_byte(at)})")
        case Mod97():
            width = check.longest
            text = f"LPAD({_turned(bare, check.moved)}, {width}, '0')"
            body = _postgres_mod_97(width)
        case Mod11Then10():
            text, body = bare, _mod_11_10(check, lambda at: f"({_byte(at)} - 48)")
    # Without OFFSET the text would be worked out again wherever it is named.
    named = f"SELECT CONVERT_TO({text}, 'UTF8') AS t OFFSET 0"
    return f"(SELECT {body} FROM ({named}) AS cleaned)"  # noqa: S608 - of constants and a name


def _let(value: str, name: str, body: str) -> str:
    """DuckDB names a value by a list of one."""
    return f"(LIST_TRANSFORM([{value}], lambda {name}: {body})[1])"


def _padded(text: str, width: int | None) -> str:
    return text if width is None else f"RIGHT('{'0' * width}' || {text}, {width})"


def _turned(text: str, moved: int) -> str:
    return f"(SUBSTRING({text}, {moved + 1}) || SUBSTRING({text}, 1, {moved}))"


def _weighted(terms: Iterator[str], check: Weighted, character: Callable[[int], str]) -> str:
    left_over = f"(({' + '.join(terms)}) % {check.modulus})"
    if check.check is not None:
        wanted = f"SUBSTRING('{check.table}', CAST({left_over} AS INT) + 1, 1)"
        return f"({character(check.check)} = {wanted})"
    return f"({left_over} IN ({', '.join(map(str, check.remainders))}))"


def _mod_11_10(check: Mod11Then10, digit: Callable[[int], str]) -> str:
    """The product starts at 10; a sum of 0 counts as 10 before it is doubled."""
    product = "10"
    for at in range(1, check.length):
        product = f"(((({product} + {digit(at)} + 9) % 10) + 1) * 2 % 11)"
    return f"(({product} + {digit(check.length)}) % 10 = 1)"


def _times(value: str, weight: int) -> str:
    return value if weight == 1 else f"{value} * {weight}"


def _character(at: int) -> str:
    return f"SUBSTRING(t, {at}, 1)"


def _duckdb_terms(check: Weighted) -> Iterator[str]:
    """Digits are read out of whole numbers of up to eight characters; others are looked for."""
    simple = [term for term in check.terms if _table(term.alphabet) is not None]
    for _, group in groupby(simple, key=lambda term: (term.position - 1) // _BYTES):
        yield _duckdb_piece(list(group), check.modulus)
    for term in check.terms:
        if term not in simple:
            place = f"(STRPOS('{term.alphabet}', {_character(term.position)}) - 1)"
            yield _times(place, term.weight % check.modulus)


def _duckdb_piece(terms: Sequence[Term], modulus: int) -> str:
    first, last = terms[0].position, terms[-1].position
    number = f"CAST(CAST(ENCODE(SUBSTRING(t, {first}, {last - first + 1})) AS BIT) AS BIGINT)"
    listed = []
    for term in terms:
        value = f"((x >> {8 * (last - term.position)}) & {_NIBBLE})"
        if term.alphabet != DIGITS:
            value = f"(({_table(term.alphabet)} >> (4 * {value})) & {_NIBBLE})"
        listed.append(_times(value, term.weight % modulus))
    return _let(number, "x", f"({' + '.join(listed)})")


def _table(alphabet: str) -> int | None:
    """What digits are worth, four bits for each; None if letters are worth something, too."""
    found = alphabet.replace(FILLER, "")
    places = [alphabet.find(digit) for digit in DIGITS]
    if set(found) != set(DIGITS) or max(places) > _NIBBLE:
        return None
    return sum(place << (4 * n) for n, place in enumerate(places))


def _duckdb_mod_97(bare: str, check: Mod97) -> str:
    """Horner's scheme: a digit moves the number one place on, a letter two."""
    width = -(-check.longest // _BYTES) * _BYTES
    text = f"LPAD({_turned(bare, check.moved)}, {width}, '0')"
    pieces = (
        f"CAST(CAST(ENCODE(SUBSTRING(t, {at}, {_BYTES})) AS BIT) AS BIGINT)"
        for at in range(1, width + 1, _BYTES)
    )
    number = "n"
    for shift in range(8 * (_BYTES - 1), -1, -8):
        number = f"({number} * ((f >> {shift}) & 255) + ((v >> {shift}) & 255))"
        if shift == 8:  # noqa: PLR2004
            number = f"({number} % 97)"
    # All bytes at once: bit 6 sets A to Z apart from 0 to 9, for a factor of 100 or of 10.
    values = f"x - {_ones(48)} - 7 * ((x >> 6) & {_ones(1)})"
    factors = f"{_ones(10)} + 90 * ((x >> 6) & {_ones(1)})"
    moved = _let(values, "v", _let(factors, "f", f"{number} % 97"))
    step = f"CASE WHEN n = 0 AND x = {_ones(48)} THEN 0 ELSE {moved} END"
    numbers = _let(text, "t", f"[{', '.join(pieces)}]")
    return f"(LIST_REDUCE({numbers}, lambda n, x: {step}, CAST(0 AS BIGINT)) = 1)"


def _ones(byte: int) -> int:
    return int.from_bytes(bytes([byte] * _BYTES))


def _byte(at: int) -> str:
    return f"GET_BYTE(t, {at - 1})"


def _looked_up(term: Term) -> str:
    if term.alphabet == DIGITS:
        return f"({_byte(term.position)} - 48)"
    return f"GET_BYTE({_bytes(dict(_places(term.alphabet)))}, {_byte(term.position)})"


def _places(alphabet: str) -> Iterator[tuple[str, int]]:
    return ((each, place) for place, each in enumerate(alphabet) if each != FILLER)


def _bytes(values: dict[str, int]) -> str:
    """PostgreSQL reads a byte of a constant faster than it searches a text."""
    return f"'\\x{bytes(values.get(chr(code), 0) for code in range(128)).hex()}'::BYTEA"


def _postgres_mod_97(width: int) -> str:
    factors = _bytes({each: 100 if each.isalpha() else 10 for each in LETTERS_AND_DIGITS})
    values = _bytes(dict(_places(LETTERS_AND_DIGITS)))
    number = "0::BIGINT"
    for at in range(1, width + 1):
        factor, value = f"GET_BYTE({factors}, {_byte(at)})", f"GET_BYTE({values}, {_byte(at)})"
        number = f"({number} * {factor} + {value})"
        if at % _UNREDUCED == 0:
            number = f"({number} % 97)"
    return f"({number} % 97 = 1)"
