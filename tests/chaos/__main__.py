"""``make chaos``: at least 2,000 transitions under fire, and not one of them missing or twice."""

from __future__ import annotations

import argparse
import signal
import sys

from chaos.scenario import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--transitions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--seconds", type=float, default=200, help="no strikes after this time")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # leaves no process behind
    outcome = play(transitions=options.transitions, seed=options.seed, within=options.seconds)
    verdict = "nothing is missing and nothing is double" if outcome.is_well else "FAILED"
    sys.stdout.write(f"\n{outcome}\n\n{verdict}\n")
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
