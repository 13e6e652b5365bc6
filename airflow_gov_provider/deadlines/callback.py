"""What Airflow's triggerer calls when a run is late: the miss is told within seconds.

The collector judges the same run from Airflow's tables, and its word counts. This module is also
imported wherever a Dag file is parsed, so it imports next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


async def judge(*, commitment: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """:param commitment: the content of a ``Commitment``."""
    import asyncio

    return await asyncio.to_thread(_judge, commitment, context)


def _judge(commitment: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    raise NotImplementedError
