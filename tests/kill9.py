"""Kills the running till with SIGKILL at random moments of a sale, then restarts it.

    python -m tests.kill9 --rounds 50 --seed 1

Real processes, real sockets: `gongji run --headless` against `gongji sandbox`.  Each round sells to
one person, kills the till somewhere between the first box and the slip, starts it again, and
lets it settle or undo what it finds.  Then the journal and the platform's ledger are compared.
Prints one JSON line; exits 1 when anything disagreed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx

from terminal.config import SHIPPED
from terminal.journal import Journal
from tests.audit import disagreements
from tests.till import BOXES

PEOPLE = ("employee", "employee-short", "employee-both-short", "employee-empty", "resident")
PROFILES = ("sandbox", "sandbox-splits")
LATENCY_SECONDS = 0.03
"""At the sandbox, so that most kills fall while something is under way."""
LINES_OF_A_SALE = 20
"""A kill falls after one of these, and a random part of a request later."""
SECONDS_MAX = 40.0

Line = dict[str, Any]


class TillProcess:
    """One life of the till."""

    def __init__(
        self, platform: str, profile: Path, journal: Path, after_restart: str, *more: str
    ) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "terminal.cli", "run", "--headless"),
                *("--platform", platform, "--profile", str(profile)),
                *("--journal", str(journal), "--after-restart", after_restart),
                *more,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[Line | None] = Queue()
        self.last: Line = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                self._lines.put(json.loads(line))
        self._lines.put(None)

    def say(self, **command: object) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()

    def until(self, wanted: Callable[[Line], bool]) -> Line:
        """The first line that fits.  Raises AssertionError when the till ends or is too slow."""
        ends = time.monotonic() + SECONDS_MAX
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, ends - time.monotonic()))
            except Empty:
                raise AssertionError(
                    f"no answer in {SECONDS_MAX} s; last was {self.last}"
                ) from None
            if line is None:
                raise AssertionError(f"the till ended: {self.error()}")
            self.last = line
            if wanted(line):
                return line

    def error(self) -> str:
        self._process.wait()
        assert self._process.stderr
        return self._process.stderr.read()[-2000:]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._close()

    def end(self) -> int:
        """Closes stdin: the till finishes what it is doing and ends."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        code = self._process.wait(SECONDS_MAX)
        self._close()
        return code

    def _close(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@contextmanager
def sandbox() -> Iterator[str]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "terminal.cli", "sandbox", "--port", "0"),
            *("--latency", str(LATENCY_SECONDS)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        yield json.loads(process.stdout.readline())["sandbox"]
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


def quick_profile(name: str, folder: Path) -> Path:
    """A shipped profile with schedules of a second instead of a minute."""
    text = (SHIPPED / "platforms" / f"{name}.toml").read_text(encoding="utf-8")
    lines = [
        "ask_at_seconds = [0, 0.2, 0.4]"
        if line.startswith("ask_at_seconds")
        else "reverse_every_seconds = [0.2, 0.5]"
        if line.startswith("reverse_every_seconds")
        else line
        for line in text.splitlines()
    ]
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def sell(till: TillProcess, http: httpx.Client, person: str) -> None:
    """All commands of a sale at once; the till takes them in turn.  Does not wait."""
    for box in BOXES:
        till.say(do="add_item", code=box)
    code = http.get("/vouchers/new", params={"person": person}).json()["text"]
    till.say(do="present", text=code)
    till.say(do="confirm")
    till.say(do="take_cash")


def finish(till: TillProcess, *, customer_stays: bool) -> None:
    """What a clerk does after the restart, until nothing is open."""
    till.until(lambda line: line.get("notice") == "Ready")
    for _ in range(20):
        till.say(do="look_again")
        till.say(do="cancel" if not customer_stays else "confirm")
        if customer_stays:
            till.say(do="take_cash")
        line = till.until(lambda line: line.get("notice") == "Refused" or _closed(line))
        if _closed(line) or line.get("phase") == "empty":
            return
        if line["phase"] in ("filling", "quotable", "identifying", "quoted"):
            # Nothing was agreed before the cut: the customer starts anew.
            till.say(do="cancel")
            till.until(_closed)
            return
        time.sleep(0.2)
    raise AssertionError(f"nothing closes the sale; last was {till.last}")


def _closed(line: Line) -> bool:
    return line.get("event") in ("SaleSettled", "SaleVoided")


def one_round(
    platform: str, profile: Path, folder: Path, rng: random.Random
) -> tuple[str, list[str]]:
    """One kill.  Returns the last event before it, and what disagreed afterwards."""
    journal = folder / "journal.db"
    person = rng.choice(PEOPLE)
    stays = rng.random() < 0.5
    with httpx.Client(base_url=platform, trust_env=False) as http:
        till = TillProcess(platform, profile, journal, "ask")
        till.until(lambda line: line.get("notice") == "Ready")
        sell(till, http, person)
        remaining = iter(range(rng.randrange(LINES_OF_A_SALE)))
        till.until(lambda line: _closed(line) or next(remaining, None) is None)
        time.sleep(rng.uniform(0, 2 * LATENCY_SECONDS))
        till.kill()
        at = Journal(journal)
        events = at.all_entries()
        at.close()
        moment = type(events[-1].event).__name__ if events else "nothing"
        after = TillProcess(platform, profile, journal, "ask" if stays else "cancel")
        finish(after, customer_stays=stays)
        code = after.end()
        ledger = http.get("/ledger").json()
    with Journal(journal) as read:
        entries = read.all_entries()
    wrong = disagreements(entries, ledger)
    if code:
        wrong.append(f"the restarted till ended with {code}")
    return moment, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    moments: Counter[str] = Counter()
    began = time.monotonic()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name, sandbox() as platform:
        for number in range(1, args.rounds + 1):
            profile = quick_profile(PROFILES[number % len(PROFILES)], Path(name))
            moment, found = one_round(platform, profile, Path(name), rng)
            moments[moment] += 1
            wrong += [f"round {number} (seed {args.seed}): {w}" for w in found]
            print(f"{number}/{args.rounds} killed after {moment}", file=sys.stderr)
    result = {
        "rounds": args.rounds,
        "seed": args.seed,
        "killed_after": dict(moments.most_common()),
        "disagreements": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(result))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
