"""Numbers of accounts, cards, securities, books and goods."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_gov_provider.domain.formats.checksums import (
    DIGITS,
    Mod97,
    Term,
    Weighted,
    alphabet,
    named,
    weighted,
)
from airflow_gov_provider.domain.formats.form import ALNUM, EAN_13, Format, luhn_of

_DOUBLED = {letter: (2 * value) // 10 + (2 * value) % 10 for value, letter in enumerate(ALNUM)}

COMMERCIAL: Mapping[str, Format] = {
    "luhn": luhn_of("a number with a check digit of Luhn", "[0-9]{2,19}", 19, "79927398713"),
    "credit_card": luhn_of(
        "a payment card number",
        "[0-9]{12,19}|[0-9]{4}(?:[ -][0-9]{4}){3}|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}",
        19,
        "4111 1111 1111 1111",
        without=" -",
    ),
    "imei": luhn_of("an IMEI", "[0-9]{15}", 15, "490154203237518"),
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
        checks=(EAN_13,),
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
        checks=(EAN_13,),
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
                values=ALNUM,
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
                            else {each: n // 10 + n % 10 for n, each in enumerate(ALNUM)},
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
