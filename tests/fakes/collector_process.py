"""A collector with one duty that writes down when it begins and ends, as a process of its own.

``python collector_process.py NAME JOURNAL SECONDS``: the duty takes so many seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta

LASTING = timedelta(seconds=3)


def main(name: str, journal: str, seconds: str) -> None:
    from airflow_gov_provider.collector.duties import Duty
    from airflow_gov_provider.collector.leadership import Leadership
    from airflow_gov_provider.collector.loop import Collector

    opened = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def work() -> int:
        os.write(opened, f"{name} begins\n".encode())
        time.sleep(float(seconds))
        os.write(opened, f"{name} ends\n".encode())
        return 1

    duty = Duty(name="work", run=work, interval=0.05, single=True)
    collector = Collector([duty], leadership=Leadership(holder=name, lasting=LASTING))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    collector.start()
    signal.sigwait({signal.SIGTERM})
    collector.stop(within=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
