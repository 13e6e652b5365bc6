"""Formats that a text can be asked to have: a pattern, a list of codes, and a check digit.

Patterns are in RE2's syntax, and the whole text must match. Separators that people write are
allowed where the standard itself prints them; a scheme's arithmetic passes over them.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from airflow_gov_provider.domain import code_lists
from airflow_gov_provider.domain.checksums import (
    DIGITS,
    FILLER,
    Checksum,
    Mod11Then10,
    Mod97,
    Term,
    Weighted,
    alphabet,
    luhn,
    named,
    weighted,
)

_CAPITALS = string.ascii_uppercase
_ALNUM = DIGITS + _CAPITALS
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_HEX = "[0-9A-Fa-f]{1,4}"
_YEAR = "[0-9]{4}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    rf"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_ZONE = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_MAIL_WORD = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    :param words: what a value is, such as ``"an e-mail address"``.
    :param pattern: what the whole text matches.
    :param codes: the only values, instead of a pattern.
    :param checks: sums that all must hold.
    :param without: characters that the sums pass over.
    :param refused: values that the sums let through and that are never issued.
    """

    words: str
    pattern: str | None = None
    codes: tuple[str, ...] = ()
    checks: tuple[Checksum, ...] = ()
    without: str = ""
    refused: tuple[str, ...] = ()
    example: str


def _ipv6() -> str:
    """All groups, or a run of zeros left out once (RFC 4291, 2.2), also before a dotted IPv4."""
    full = f"(?:{_HEX}:){{7}}{_HEX}"
    shortened = [f"(?:{_HEX}:){{1,{n}}}(?::{_HEX}){{1,{7 - n}}}" for n in range(1, 7)]
    ends = [f"(?:{_HEX}:){{1,7}}:", f":(?::{_HEX}){{1,7}}", "::"]
    dotted = [
        f"(?:{_HEX}:){{6}}{_IPV4}",
        f"::(?:{_HEX}:){{0,5}}{_IPV4}",
        *(f"(?:{_HEX}:){{1,{n}}}(?::{_HEX}){{0,{5 - n}}}:{_IPV4}" for n in range(1, 6)),
    ]
    return "(?:" + "|".join([full, *shortened, *ends, *dotted]) + ")"


_IPV6 = _ipv6()

TECHNICAL: Mapping[str, Format] = {
    "email": Format(
        words="an e-mail address",
        pattern=rf"{_MAIL_WORD}(?:\.{_MAIL_WORD})*@{_LABEL}(?:\.{_LABEL})+",
        example="ada@example.org",
    ),
    "uuid": Format(
        words="a UUID",
        pattern="[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        example="123e4567-e89b-12d3-a456-426614174000",
    ),
    "ipv4": Format(words="an IPv4 address", pattern=_IPV4, example="192.0.2.17"),
    "ipv6": Format(words="an IPv6 address", pattern=_IPV6, example="2001:db8::17"),
    "ip": Format(words="an IP address", pattern=f"(?:{_IPV4}|{_IPV6})", example="2001:db8::17"),
    "cidr": Format(
        words="an IP network with its prefix",
        pattern=f"(?:{_IPV4}/(?:3[0-2]|[12]?[0-9])|{_IPV6}/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))",
        example="192.0.2.0/24",
    ),
    "mac": Format(
        words="a MAC address",
        pattern="[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})",
        example="00:1b:44:11:3a:b7",
    ),
    "hostname": Format(words="a host name", pattern=_HOST, example="db.example.org"),
    "url": Format(
        words="an http or https address",
        pattern=rf"https?://(?:{_HOST}|\[{_IPV6}\])(?::[0-9]{{1,5}})?(?:[/?#][!-~]*)?",
        example="https://example.org/a?b=c",
    ),
    "date": Format(words="a date as 2026-02-28", pattern=_DATE, example="2024-02-29"),
    "time": Format(words="a time as 23:59:59", pattern=_TIME, example="23:59:59"),
    "timestamp": Format(
        words="a timestamp as 2026-02-28T23:59:59Z",
        pattern=rf"{_DATE}[T ]{_TIME}{_ZONE}?",
        example="2026-02-28T23:59:59.5+01:00",
    ),
    "phone": Format(
        words="a telephone number of E.164", pattern=r"\+[1-9][0-9]{6,14}", example="+4930123456"
    ),
    "semver": Format(
        words="a semantic version",
        pattern=(
            r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}"
            r"(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
        ),
        example="1.4.0-rc.1",
    ),
}

CODES: Mapping[str, Format] = {
    "country_code": Format(
        words="a country of ISO 3166-1 in two letters", codes=code_lists.COUNTRIES, example="DE"
    ),
    "country_code_3": Format(
        words="a country of ISO 3166-1 in three letters",
        codes=code_lists.COUNTRIES_3,
        example="DEU",
    ),
    "currency_code": Format(
        words="a currency of ISO 4217", codes=code_lists.CURRENCIES, example="EUR"
    ),
    "language_code": Format(
        words="a language of ISO 639-1", codes=code_lists.LANGUAGES, example="de"
    ),
}

_DOUBLED = {letter: (2 * value) // 10 + (2 * value) % 10 for value, letter in enumerate(_ALNUM)}
_EAN13 = weighted((1, 3) * 6 + (1,), 10)


def _luhn_of(words: str, pattern: str, width: int, example: str, *, without: str = "") -> Format:
    return Format(
        words=words, pattern=pattern, checks=(luhn(width),), without=without, example=example
    )


COMMERCIAL: Mapping[str, Format] = {
    "luhn": _luhn_of("a number with a check digit of Luhn", "[0-9]{2,19}", 19, "79927398713"),
    "credit_card": _luhn_of(
        "a payment card number",
        "[0-9]{12,19}|[0-9]{4}(?:[ -][0-9]{4}){3}|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}",
        19,
        "4111 1111 1111 1111",
        without=" -",
    ),
    "imei": _luhn_of("an IMEI", "[0-9]{15}", 15, "490154203237518"),
    "iban": Format(
        words="an IBAN",
        pattern=("[A-Z]{2}[0-9]{2}(?:[0-9A-Z]{11,30}|(?: [0-9A-Z]{4}){2,7}(?: [0-9A-Z]{1,4})?)"),
        checks=(Mod97(longest=34, moved=4),),
        without=" ",
        example="DE89 3704 0044 0532 0130 00",
    ),
    "lei": Format(
        words="a legal entity identifier",
        pattern="[0-9A-Z]{18}[0-9]{2}",
        checks=(Mod97(longest=20),),
        example="5493001KJTIIGC8Y1R12",
    ),
    "bic": Format(
        words="a BIC",
        pattern="[A-Z]{4}[A-Z]{2}[0-9A-Z]{2}(?:[0-9A-Z]{3})?",
        example="DEUTDEFF500",
    ),
    "isbn_10": Format(
        words="an ISBN of ten digits",
        pattern="[0-9](?:-?[0-9]){8}-?[0-9X]",
        checks=(weighted(range(10, 0, -1), 11, last=DIGITS + "X"),),
        without="-",
        example="0-306-40615-2",
    ),
    "isbn_13": Format(
        words="an ISBN of thirteen digits",
        pattern="97[89](?:-?[0-9]){10}",
        checks=(_EAN13,),
        without="-",
        example="978-0-306-40615-7",
    ),
    "issn": Format(
        words="an ISSN",
        pattern="[0-9]{4}-[0-9]{3}[0-9X]",
        checks=(weighted(range(8, 0, -1), 11, last=DIGITS + "X"),),
        without="-",
        example="0378-5955",
    ),
    "ean_8": Format(
        words="an EAN of eight digits",
        pattern="[0-9]{8}",
        checks=(weighted((3, 1) * 4, 10),),
        example="96385074",
    ),
    "ean_13": Format(
        words="an EAN of thirteen digits",
        pattern="[0-9]{13}",
        checks=(_EAN13,),
        example="4006381333931",
    ),
    "upc_a": Format(
        words="a UPC-A",
        pattern="[0-9]{12}",
        checks=(weighted((3, 1) * 6, 10),),
        example="036000291452",
    ),
    "sedol": Format(
        words="a SEDOL",
        pattern="[0-9BCDFGHJKLMNPQRSTVWXYZ]{6}[0-9]",
        checks=(
            named(
                (1, 3, 1, 7, 3, 9),
                10,
                check=7,
                table="0987654321",
                values=_ALNUM,
            ),
        ),
        example="B0YBKJ7",
    ),
    "cusip": Format(
        words="a CUSIP",
        pattern="[0-9A-Z]{8}[0-9]",
        checks=(
            Weighted(
                terms=tuple(
                    Term(
                        position=position,
                        alphabet=alphabet(
                            _DOUBLED
                            if position % 2 == 0
                            else {each: n // 10 + n % 10 for n, each in enumerate(_ALNUM)},
                            10,
                        ),
                    )
                    for position in range(1, 9)
                ),
                modulus=10,
                check=9,
                table="0987654321",
            ),
        ),
        example="037833100",
    ),
    "aba_routing": Format(
        words="a routing number of the ABA",
        pattern="[0-9]{9}",
        checks=(weighted((3, 7, 1) * 3, 10),),
        refused=("000000000",),
        example="111000025",
    ),
}

_NO_DATE = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
_SAME_11 = tuple(str(digit) * 11 for digit in range(10))
_NIE = DIGITS + FILLER * 13 + "XYZ"  # X, Y and Z are worth 23, 24 and 25, which is 0, 1 and 2
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_CNPJ = "".join(chr(code) for code in range(ord("0"), ord("Z") + 1)).translate(
    dict.fromkeys(range(ord(":"), ord("A")), FILLER)
)
_ODD_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22)
_ODD = dict(zip(_CAPITALS, (*_ODD_VALUES, 25, 24, 23), strict=True))
_ODD |= {str(digit): _ODD_VALUES[digit] for digit in range(10)}
_EVEN = {letter: value for value, letter in enumerate(_CAPITALS)} | {
    digit: int(digit) for digit in DIGITS
}
_CORSICA = alphabet({**{digit: int(digit) for digit in DIGITS}, "A": -1, "B": -2}, 97)

NATIONAL: Mapping[str, Format] = {
    "us_ssn": Format(
        words="a US social security number",
        pattern=(
            "(?:00[1-9]|0[1-9][0-9]|[1-57-8][0-9]{2}|6(?:[0-57-9][0-9]|6[0-57-9]))"
            "-?(?:0[1-9]|[1-9][0-9])-?(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
        ),
        example="536-22-8726",
    ),
    "us_npi": Format(
        words="a US national provider identifier",
        pattern="[12][0-9]{9}",
        checks=(luhn(10, remainder=6),),
        example="1234567893",
    ),
    "uk_nhs_number": Format(
        words="an NHS number",
        pattern="[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}",
        checks=(weighted(range(10, 0, -1), 11),),
        without=" -",
        example="943 476 5919",
    ),
    "ca_sin": _luhn_of(
        "a Canadian social insurance number",
        "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
        9,
        "046 454 286",
        without=" -",
    ),
    "au_tfn": Format(
        words="an Australian tax file number",
        pattern="[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        checks=(weighted((1, 4, 3, 7, 5, 8, 6, 9, 10), 11),),
        without=" ",
        example="123 456 782",
    ),
    "au_abn": Format(
        words="an Australian business number",
        pattern="[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        checks=(
            Weighted(
                terms=tuple(
                    Term(position=n, weight=weight)
                    for n, weight in enumerate((10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19), 1)
                ),
                modulus=89,
                remainders=(10,),
            ),
        ),
        without=" ",
        example="51 824 753 556",
    ),
    "de_tax_id": Format(
        words="a German tax identification number",
        pattern="[1-9][0-9]{10}",
        checks=(Mod11Then10(length=11),),
        example="86095742719",
    ),
    "fr_nir": Format(
        words="a French social security number",
        pattern=r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}",
        checks=(
            Weighted(
                terms=(
                    *(
                        Term(
                            position=n,
                            weight=pow(10, 13 - n, 97),
                            alphabet=_CORSICA if n == 7 else DIGITS,  # noqa: PLR2004
                        )
                        for n in range(1, 14)
                    ),
                    Term(position=14, weight=10),
                    Term(position=15),
                ),
                modulus=97,
            ),
        ),
        example="255081416802538",
    ),
    "es_nif": Format(
        words="a Spanish tax number of a person",
        pattern="[0-9XYZ][0-9]{7}[A-Z]",
        checks=(
            Weighted(
                terms=tuple(
                    Term(
                        position=n,
                        weight=pow(10, 8 - n, 23),
                        alphabet=_NIE if n == 1 else DIGITS,
                    )
                    for n in range(1, 9)
                ),
                modulus=23,
                check=9,
                table=_DNI,
            ),
        ),
        example="12345678Z",
    ),
    "it_codice_fiscale": Format(
        words="an Italian fiscal code",
        pattern="[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]",
        checks=(
            Weighted(
                terms=tuple(
                    Term(position=n, alphabet=alphabet(_ODD if n % 2 else _EVEN, 26))
                    for n in range(1, 16)
                ),
                modulus=26,
                check=16,
                table=_CAPITALS,
            ),
        ),
        example="RSSMRA85T10A562S",
    ),
    "nl_bsn": Format(
        words="a Dutch citizen service number",
        pattern="[0-9]{9}",
        checks=(weighted((9, 8, 7, 6, 5, 4, 3, 2, 10), 11),),
        refused=("000000000",),
        example="111222333",
    ),
    "be_national_number": Format(
        words="a Belgian national number",
        pattern=r"[0-9]{2}[.]?[0-9]{2}[.]?[0-9]{2}-?[0-9]{3}[.-]?[0-9]{2}",
        checks=(
            Weighted(
                terms=(
                    *(Term(position=n, weight=pow(10, 9 - n, 97)) for n in range(1, 10)),
                    Term(position=10, weight=10),
                    Term(position=11),
                ),
                modulus=97,
                # Who was born since 2000 has a 2 in front that is not written.
                remainders=(0, -2 * 10**9 % 97),
            ),
        ),
        without=".-",
        example="85.07.30-033.28",
    ),
    "pl_pesel": Format(
        words="a Polish PESEL",
        pattern="[0-9]{11}",
        checks=(weighted((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10),),
        refused=("00000000000",),
        example="44051401359",
    ),
    "pt_nif": Format(
        words="a Portuguese tax number",
        pattern="[1-35689][0-9]{8}",
        checks=(named(range(9, 1, -1), 11, check=9, table="00987654321"),),
        example="123456789",
    ),
    "ch_ahv": Format(
        words="a Swiss AHV number",
        pattern=r"756[.]?[0-9]{4}[.]?[0-9]{4}[.]?[0-9]{2}",
        checks=(_EAN13,),
        without=".",
        example="756.9217.0769.85",
    ),
    "se_personnummer": _luhn_of(
        "a Swedish personal identity number",
        rf"(?:(?:18|19|20)?[0-9]{{2}}{_MONTH}(?:{_NO_DATE}|6[1-9]|[78][0-9]|9[01]))[-+]?[0-9]{{4}}",
        10,
        "811228-9874",
        without="-+",
    ),
    "no_fodselsnummer": Format(
        words="a Norwegian national identity number",
        pattern="[0-7][0-9]{10}",
        checks=(
            weighted((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11),
            weighted((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11),
        ),
        refused=("00000000000",),
        example="01010750160",
    ),
    "fi_hetu": Format(
        words="a Finnish personal identity code",
        pattern=(
            rf"{_NO_DATE}{_MONTH}[0-9]{{2}}[-+ABCDEFUVWXY][0-9]{{3}}"
            "[0-9ABCDEFHJKLMNPRSTUVWXY]"
        ),
        checks=(
            Weighted(
                terms=tuple(
                    Term(position=position, weight=pow(10, 8 - n, 31))
                    for n, position in enumerate((1, 2, 3, 4, 5, 6, 8, 9, 10))
                ),
                modulus=31,
                check=11,
                table="0123456789ABCDEFHJKLMNPRSTUVWXY",
            ),
        ),
        example="131052-308T",
    ),
    "tr_tckn": Format(
        words="a Turkish identity number",
        pattern="[1-9][0-9]{10}",
        checks=(
            named((7, 9, 7, 9, 7, 9, 7, 9, 7), 10, check=10, table=DIGITS),
            named((1,) * 10, 10, check=11, table=DIGITS),
        ),
        example="10000000146",
    ),
    "br_cpf": Format(
        words="a Brazilian CPF",
        pattern=r"[0-9]{3}[.]?[0-9]{3}[.]?[0-9]{3}-?[0-9]{2}",
        checks=(
            named(range(1, 10), 11, check=10, table="01234567890"),
            named(range(10), 11, check=11, table="01234567890"),
        ),
        without=".-",
        refused=_SAME_11,
        example="529.982.247-25",
    ),
    "br_cnpj": Format(
        words="a Brazilian CNPJ",
        pattern=r"[0-9A-Z]{2}[.]?[0-9A-Z]{3}[.]?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}",
        checks=(
            named(
                (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2),
                11,
                check=13,
                table="00987654321",
                values=_CNPJ,
            ),
            named(
                (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2),
                11,
                check=14,
                table="00987654321",
                values=_CNPJ,
            ),
        ),
        without="./-",
        refused=("00000000000000",),
        example="11.222.333/0001-81",
    ),
    "cn_resident_id": Format(
        words="a Chinese resident identity number",
        pattern=rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_MONTH}{_NO_DATE}[0-9]{{3}}[0-9X]",
        checks=(
            named(
                (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2),
                11,
                check=18,
                table="10X98765432",
            ),
        ),
        example="11010519491231002X",
    ),
    "za_id": _luhn_of(
        "a South African identity number",
        rf"[0-9]{{2}}{_MONTH}{_NO_DATE}[0-9]{{4}}[012][0-9]{{2}}",
        13,
        "8001015009087",
    ),
}

FORMATS: Mapping[str, Format] = {**TECHNICAL, **CODES, **COMMERCIAL, **NATIONAL}
