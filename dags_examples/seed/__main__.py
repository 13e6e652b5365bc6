"""Fill a governance database with a believable year, and an Airflow that shows it.

Run it as `make seed-demo`. Everything is made by the code that runs in production, by a simulated
clock and from a fixed seed: contracts are evaluated, groups are compared, requests are answered and
promotions decided, promises are judged and incidents opened, and all of it is sealed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from home import ENVIRONMENT, REPOSITORY, USERS, Home, enter, fresh, prepare_airflow

PORT = 8181


def say(text: str = "") -> None:
    print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make seed-demo", description=__doc__)
    parser.add_argument("--home", type=Path, default=REPOSITORY / ".seed", help="its directory")
    parser.add_argument("--port", type=int, default=PORT, help="of the Airflow that shows it")
    parser.add_argument("--database", default="", help="URL of a migrated governance database")
    parser.add_argument("--events", type=int, default=0, help="fill up to so many events")
    parser.add_argument("--days", type=int, default=365, help="how long the story is")
    parser.add_argument("--seed", type=int, default=7, help="another one tells another year")
    parser.add_argument("--until", type=datetime.fromisoformat, help="where it ends; now")
    arguments = parser.parse_args()
    home = fresh(arguments.home.resolve(), port=arguments.port, database=arguments.database)
    say(f"Making an Airflow in {home.path} ...")
    prepare_airflow(home)
    enter(home)
    logging.disable(logging.WARNING)
    from telling import tell

    began = time.monotonic()
    say(f"Telling the story of {arguments.days} days ...")
    made = tell(
        days=timedelta(days=arguments.days),
        seed=arguments.seed,
        events=arguments.events,
        until=arguments.until,
    )
    (home.path / "airflow.cfg").unlink(missing_ok=True)  # it would tie a copy to this very place
    say(f"Done in {time.monotonic() - began:.0f} s.\n")
    say(made)
    say(how_to_look(home))
    return 0


def how_to_look(home: Home) -> str:
    users = "\n".join(
        f"    {user:10} password {home.password(user):16} ({role})" for user, role in USERS.items()
    )
    airflow = Path(sys.executable).parent / "airflow"
    return (
        f"\nLook at it:\n\n    . {home.path / ENVIRONMENT} && {airflow} api-server\n\n"
        f"and open {home.url} as one of\n\n{users}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
