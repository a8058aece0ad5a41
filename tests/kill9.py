"""Kills the running till with SIGKILL at random moments, then restarts it.

    python -m tests.kill9 --rounds 200 --seed 1 [--hostile]

Real processes, real sockets: `gongji run --headless` against `gongji sandbox`.  Each round sells to
one person, sometimes takes the sale back, and kills the till somewhere on the way; sometimes it
kills the restarted till too, while that one opens its journal or settles what it found.  The last
till of the round finishes or undoes what there is.  Then the journal and the platform's ledger are
compared, and every link of the journal's chain.

--hostile puts a bad network between the two (tests/proxy.py), which heals only when the last till
of the round has had its time with it.  Prints one JSON line; exits 1 when anything disagreed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from terminal.config import SHIPPED
from terminal.journal import snapshot
from terminal.journal.verify import Verdict, verify
from terminal.sale.events import Entry
from tests.audit import disagreements
from tests.processes import LATENCY_SECONDS, Line, Nest, TillEnded, TillProcess, sandbox
from tests.proxy import FAULTS, Fault, ProxyThread, proxying
from tests.till import BOXES

PEOPLE = ("employee", "employee-short", "employee-both-short", "employee-empty", "resident")
PROFILES = ("sandbox", "sandbox-splits")
LINES_OF_A_SALE = 20
LINES_OF_A_REFUND = 8
"""A kill falls after one of these, and a random part of a request later."""
ASKS_AGAIN_MAX = 5
"""How often the clerk asks once more where the platform was silent."""
SECONDS_BEFORE_A_KILL_MAX = 5.0
"""A bad network can hold a till up for long."""
START_SECONDS = 0.4
"""About how long a till takes to start and to settle what it finds."""
TIMEOUT_SECONDS = {"connect": 1, "query": 1, "settle": 1, "reverse": 1}
HOSTILE_SECONDS = 1.5
"""How long the last till of a round works on a bad network."""
STARTS_MAX = 30
NOT_SIGNED_IN = "did not sign this till in"
"""What a till says that ends because it could not reach the platform."""
ROUNDS_A_SHIFT = 40
"""Then both books begin anew, so that they stay short enough to compare after each round."""


def quick_profile(name: str, folder: Path, *, timeouts: bool = False) -> Path:
    """A shipped profile with schedules of a second instead of a minute.

    timeouts  also waits no longer than a second for an answer
    """
    text = (SHIPPED / "platforms" / f"{name}.toml").read_text(encoding="utf-8")
    quick = {"ask_at_seconds": "[0, 0.2, 0.4]", "reverse_every_seconds": "[0.2, 0.5]"}
    if timeouts:
        quick |= {f"{key}_seconds": str(value) for key, value in TIMEOUT_SECONDS.items()}
    lines = [
        f"{key} = {quick[key]}" if (key := line.partition(" ")[0]) in quick else line
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


@dataclass(frozen=True, slots=True)
class Trouble:
    """What there is beside the kills."""

    faults: tuple[Fault, ...] = ()
    """Of the network; without any there is no proxy in between."""
    sandbox_options: tuple[str, ...] = ()
    rate: float = 0.35
    """Of the exchanges, how many suffer."""
    only: bytes = b""
    """No request suffers but those with these bytes in them."""


PEACEFUL = Trouble()
HOSTILE = Trouble(FAULTS)


@dataclass
class Tally:
    seed: int
    rounds: int = 0
    kills: int = 0
    killed_after: Counter[str] = field(default_factory=Counter)
    """The last event in the journal at the kill, and whether the till was recovering."""
    ended: Counter[str] = field(default_factory=Counter)
    """Sales, by what became of them."""
    refused_starts: int = 0
    """Starts that ended because the platform could not be reached."""
    faults: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Shift:
    """A sandbox, a journal, and the network between them."""

    nest: Nest
    folder: Path
    platform: str
    proxy: ProxyThread | None
    http: httpx.Client
    rng: random.Random
    tally: Tally
    trouble: Trouble

    def __post_init__(self) -> None:
        self.journal = self.folder / "journal.db"
        self._opening = self._balances()

    def round(self, profile: Path) -> list[str]:
        """One sale and its kills.  Returns what disagreed afterwards."""
        self._fill_accounts()
        try:
            self._first_life(profile)
            while self.rng.random() < 0.4:
                self._killed_while_recovering(profile)
            wrong = self._last_life(profile)
        except AssertionError as exc:
            wrong = [str(exc)]
        self._network(0.0)
        entries = self._entries()
        with snapshot.raw(self.journal) as (db, key):
            verdict = verify(db, key).verdict
        if verdict is not Verdict.INTACT:
            wrong.append(f"the journal is {verdict}")
        return wrong + disagreements(entries, self.http.get("/ledger").json())

    def _first_life(self, profile: Path) -> None:
        rng = self.rng
        refunds = rng.random() < 0.3
        lines = rng.randrange(LINES_OF_A_SALE + LINES_OF_A_REFUND * refunds)
        asks_left = ASKS_AGAIN_MAX
        ends = time.monotonic() + SECONDS_BEFORE_A_KILL_MAX
        till = self._start(profile, "ask")
        self._network(self.trouble.rate)
        sell(till, self.http, rng.choice(PEOPLE))
        if rng.random() < 0.15:
            till.say(do="cancel")
        for line in till.lines(ends):
            if line.get("event") == "SaleSettled" and refunds:
                keeps = [1] if rng.random() < 0.3 else []
                till.say(do="refund", sale_id=line["sale_id"], reason="returned", keeps=keeps)
            if line.get("notice") == "PlatformSilent" and asks_left:
                asks_left -= 1
                for wish in ("quote", "confirm", "take_cash"):
                    till.say(do=wish)
            lines -= 1
            if lines < 0 or (_closed(line) and not refunds):
                break
        time.sleep(rng.choice((0.0, rng.uniform(0, 2 * LATENCY_SECONDS))))
        self._kill(till, "")

    def _killed_while_recovering(self, profile: Path) -> None:
        till = self._spawn(profile, self.rng.choice(("ask", "cancel")))
        time.sleep(self.rng.uniform(0, START_SECONDS))
        self._kill(till, "recovering, ")

    def _kill(self, till: TillProcess, prefix: str) -> None:
        """Raises TillEnded where it had ended by itself before, and not for want of a platform."""
        told = till.kill()
        if told and NOT_SIGNED_IN not in told:
            raise TillEnded(told)
        entries = self._entries()
        moment = type(entries[-1].event).__name__ if entries else "nothing"
        self.tally.kills += 1
        self.tally.killed_after[prefix + moment] += 1

    def _last_life(self, profile: Path) -> list[str]:
        stays = self.rng.random() < 0.5
        till = self._start(profile, "ask" if stays else "cancel")
        try:
            self._finish(till, customer_stays=stays)
        except AssertionError:
            till.kill()
            raise
        code = till.end()
        return [f"the last till ended with {code}"] if code else []

    def _finish(self, till: TillProcess, *, customer_stays: bool) -> None:
        """What a clerk does after the restart, until nothing is open.  Raises AssertionError."""
        heals_at = time.monotonic() + HOSTILE_SECONDS * self.rng.random()
        for _ in range(60):
            if time.monotonic() > heals_at:
                self._network(0.0)
            till.say(do="look_again")
            till.say(do="confirm" if customer_stays else "cancel")
            if customer_stays:
                till.say(do="take_cash")
            # The answer to this says whether anything is left, also behind the counter.
            till.say(do="close_day")
            line = till.until(_answers_close_day)
            if line["notice"] == "DayClosed":
                return
            if line["phase"] in ("filling", "quotable", "identifying", "quoted"):
                # Nothing was agreed before the cut: the customer starts anew.
                customer_stays = False
            time.sleep(0.1)
        raise AssertionError(f"nothing closes the sale; last was {till.last}")

    # -- one step down

    def _start(self, profile: Path, after_restart: str) -> TillProcess:
        """A till that is ready.  Raises TillEnded where the network lets none start."""
        for count in range(STARTS_MAX):
            if count == STARTS_MAX // 2:
                self._network(0.0)
            till = self._spawn(profile, after_restart)
            try:
                till.until(lambda line: line.get("notice") == "Ready")
            except TillEnded as exc:
                if NOT_SIGNED_IN not in str(exc):
                    raise
                self.tally.refused_starts += 1
            else:
                return till
        raise TillEnded("no till could start")

    def _spawn(self, profile: Path, after_restart: str) -> TillProcess:
        url = self.proxy.url if self.proxy else self.platform
        return TillProcess(url, profile, self.journal, after_restart, nest=self.nest)

    def _network(self, rate: float) -> None:
        if self.proxy and rate:
            self.proxy.rage(rate)
        elif self.proxy:
            self.proxy.heal()

    def _entries(self) -> list[Entry]:
        """Read from a copy: the next till finds the files as the killed one left them."""
        if not self.journal.is_file():
            return []
        with snapshot.reading(self.journal) as journal:
            return journal.all_entries()

    def _balances(self) -> dict[str, int]:
        accounts = self.http.get("/ledger").json()["accounts"]
        return {a["account"]: a["balance_fen"] for a in accounts if a["kind"] in ("own", "pot")}

    def _fill_accounts(self) -> None:
        """So that who is short stays short, and who is not does not become it."""
        for account, balance_fen in self._balances().items():
            missing_fen = self._opening[account] - balance_fen
            if missing_fen:
                wanted = {"account": account, "amount_fen": missing_fen}
                self.http.post("/_adjust", json=wanted).raise_for_status()


def _answers_close_day(line: Line) -> bool:
    return line.get("notice") == "DayClosed" or line.get("reason") == "open_items"


def _closed(line: Line) -> bool:
    return line.get("event") in ("SaleSettled", "SaleVoided", "SaleRefunded")


@contextmanager
def shift(nest: Nest, rng: random.Random, tally: Tally, trouble: Trouble) -> Iterator[Shift]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongji-kill9-")))
        platform = stack.enter_context(sandbox(*trouble.sandbox_options, nest=nest))
        port = httpx.URL(platform).port
        assert port
        proxy: ProxyThread | None = None
        if trouble.faults:
            proxy = stack.enter_context(
                proxying(
                    port,
                    rng.randrange(1 << 32),
                    faults=trouble.faults,
                    only=trouble.only,
                    patience_seconds=TIMEOUT_SECONDS["settle"],
                )
            )
        http = stack.enter_context(httpx.Client(base_url=platform, trust_env=False, timeout=30))
        yield Shift(nest, folder, platform, proxy, http, rng, tally, trouble)
        if proxy:
            tally.faults.update(proxy.dealt)


def campaign(rounds: int, seed: int, trouble: Trouble) -> Tally:
    """Ends early with the first round that disagrees: every later one would disagree too."""
    tally = Tally(seed)
    rng = random.Random(seed)
    began = time.monotonic()
    with Nest() as nest:
        while tally.rounds < rounds and not tally.disagreements:
            with shift(nest, rng, tally, trouble) as now:
                profiles = _profiles(now.folder, trouble)
                for _ in range(min(ROUNDS_A_SHIFT, rounds - tally.rounds)):
                    tally.rounds += 1
                    found = now.round(profiles[tally.rounds % len(profiles)])
                    tally.disagreements += [f"round {tally.rounds}: {one}" for one in found]
                    if found:
                        break
                _count_ends(now, tally)
            print(f"{tally.rounds}/{rounds} rounds, {tally.kills} kills", file=sys.stderr)
    tally.seconds = round(time.monotonic() - began, 1)
    return tally


def _profiles(folder: Path, trouble: Trouble) -> list[Path]:
    return [quick_profile(name, folder, timeouts=bool(trouble.faults)) for name in PROFILES]


def _count_ends(now: Shift, tally: Tally) -> None:
    for entry in now._entries():
        name = type(entry.event).__name__
        if name in ("SaleOpened", "SaleSettled", "SaleVoided", "SaleRefunded", "ChargeReversed"):
            tally.ended[name] += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill9", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hostile", action="store_true", help="a bad network between the two")
    args = parser.parse_args()
    tally = campaign(args.rounds, args.seed, HOSTILE if args.hostile else PEACEFUL)
    print(json.dumps(as_json(tally) | {"hostile": args.hostile}, ensure_ascii=False))
    return 1 if tally.disagreements else 0


def as_json(tally: Tally) -> dict[str, Any]:
    return {
        **{key: value for key, value in vars(tally).items() if not isinstance(value, Counter)},
        **{key: dict(v.most_common()) for key, v in vars(tally).items() if isinstance(v, Counter)},
    }


__all__ = ["TillProcess", "campaign", "quick_profile", "sandbox", "sell"]

if __name__ == "__main__":
    sys.exit(main())
