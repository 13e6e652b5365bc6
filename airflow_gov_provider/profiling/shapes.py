"""What a text looks like without its letters and digits: ``jane@x.org`` is ``aaaa@a.aaa``."""

from __future__ import annotations

import re

# In this order: a letter that is not plain is neither a nor 9, and so becomes an x.
MASKS = (("[A-Za-z]", "a"), ("[0-9]", "9"), ("[^a9 .,:;@/_+()#-]", "x"))
SQLITE_SHAPE = "governance_shape"


def shape_of(value: object) -> str | None:
    """The mask as a function for SQLite, which cannot replace by a pattern."""
    if value is None:
        return None
    text = str(value)
    for pattern, sign in MASKS:
        text = re.sub(pattern, sign, text)
    return text
