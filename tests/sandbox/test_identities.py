"""Random baskets, settled, queried and cancelled: every reply adds up, and so do the books."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest

from terminal.sandbox import ledger
from terminal.sandbox.people import settle_in
from terminal.sandbox.rules import AccountSplit
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import open_store
from terminal.sandbox.transactions import Platform
from terminal.sandbox.vouchers import load_issuer, new_voucher
from terminal.sandbox.wire import Writer, parse_json, to_json
from tests.sandbox import identities
from tests.sandbox.counter import Clock, Counter, Customer, Json, Line, Reply, audit, read

BASKETS = 250
CODES = (
    "XJ01CAA040E001010300001",
    "ZA01BAL0189010200001",
    "XM01AEB174E002010300002",
    "X-not-in-the-catalogue",
    "",
)
PEOPLE = {
    "employee": ("SBX0000000001", "310"),
    "employee-short": ("SBX0000000002", "310"),
    "employee-both-short": ("SBX0000000003", "310"),
    "employee-empty": ("SBX0000000004", "310"),
    "resident": ("SBX0000000005", "390"),
    "resident-alone": ("SBX0000000006", "390"),
}


class Direct:
    """The platform without HTTP, but through its JSON both ways."""

    def __init__(self, settings: Settings) -> None:
        rules = settings.rules()
        self.store = open_store(":memory:", settings.clock)
        self.issuer = load_issuer(settings.issuer, settings.issuer_key_file, settings.bundle_file)
        with self.store.transaction() as tx:
            settle_in(tx, settings.people, settings.families, rules.policy.mutual_aid)
        self.platform = Platform(rules, Writer(settings.region))

    def send(self, envelope: Json) -> Reply:
        with self.store.transaction() as tx:
            reply = read(self.platform.answer(tx, parse_json(to_json(envelope)), 0.0))
        assert reply.code == 0, reply.err_msg
        return reply

    def scan(self, counter: Counter, person: str) -> Customer:
        with self.store.transaction() as tx:
            issued = new_voucher(tx, person, self.issuer, lifetime_seconds=60, by_relative=False)
        assert issued
        data = {"mdtrt_cert_type": "01", "mdtrt_cert_no": issued.voucher_id}
        self.send(counter.envelope("1101", {"data": data}, region=""))
        psn_no, insutype = PEOPLE[person]
        return Customer(person, psn_no, issued.voucher_id, insutype)


def random_lines(chance: random.Random) -> tuple[Line, ...]:
    lines = []
    for _ in range(chance.randint(0, 8)):
        price = Decimal(chance.randint(1, 30000)).scaleb(-chance.choice((2, 3, 4)))
        count = Decimal(chance.randint(1, 40000)).scaleb(-chance.choice((0, 0, 0, 2, 4)))
        lines.append((chance.choice(CODES), str(price), str(min(count, Decimal(9)))))
    return (*lines, (CODES[-1], "0.95", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("split", AccountSplit)
@pytest.mark.parametrize("seed", range(4))
def test_random_baskets_add_up_everywhere(split: AccountSplit, seed: int) -> None:
    """2 000 baskets in all, about 9 400 messages."""
    chance = random.Random(seed)
    clock = Clock()
    direct = Direct(Settings(clock=clock, account_split=split))
    # Only the envelope writer of the counter is used: there is no HTTP here.
    counter = Counter(None, clock)  # type: ignore[arg-type]  # never called
    is_inside = split is AccountSplit.INSIDE
    parts_seen = set()
    for _ in range(BASKETS):
        clock.now += 1
        customer = direct.scan(counter, chance.choice(list(PEOPLE)))
        nodes = counter.purchase(customer, random_lines(chance), chance.choice("0111"))
        quoted = direct.send(counter.envelope("2101", nodes))
        settled = direct.send(counter.envelope("2102", nodes))
        info = settled.setlinfo
        for name in ("fund_pay_sumamt", "acct_pay", "acct_mulaid_pay", "psn_cash_pay", "balc"):
            assert quoted.setlinfo[name] == info[name]
        about = {name: info[name] for name in ("psn_no", "setl_id", "mdtrt_id")}
        found = direct.send(counter.envelope("5203", {"data": about}))
        replies = [quoted, settled, found]
        if chance.random() < 0.7:
            replies.append(direct.send(counter.envelope("2103", {"data": about})))
            negative = replies[-1].setlinfo
            for name in identities.COST:
                assert negative[name] == -info[name]
            assert negative["balc"] == info["balc"] + _own(info, is_inside)
        for reply in replies:
            identities.check(reply.output, inside=is_inside)
        parts_seen.add(tuple(bool(info[name]) for name in ("acct_mulaid_pay", "psn_cash_pay")))
    assert len(parts_seen) == 4, "the baskets never exhausted anything"
    with direct.store.transaction() as tx:
        audit(json.loads(to_json(ledger.whole(tx))))
    direct.store.close()


def _own(info: Json, is_inside: bool) -> Decimal:
    own: Decimal = info["acct_pay"] - (info["acct_mulaid_pay"] if is_inside else 0)
    return own
