"""Events out of their lines, for whoever reads many of them."""

from __future__ import annotations

from pydantic_core import from_json, to_json

from airflow_gov_provider.domain.events import Event


def event_of_line(line: bytes) -> Event:
    """The same as ``Event.from_document``, in a third of the time where the line is canonical.

    A line that comes out of the two compiled functions as it went in, and whose keys are sorted, is
    what ``Event.document`` would print, so that nothing has to be printed again.

    :raises ValueError: if it is not an envelope that this package can read and store.
    """
    try:
        content = from_json(line, cache_strings="keys")
        printed = to_json(content)
    except ValueError:  # of its kinds, and how deep things may nest, the other reader decides
        return Event.from_document(line)
    event = Event.from_content(content, line) if printed == line else None
    return Event.from_document(line) if event is None else event
