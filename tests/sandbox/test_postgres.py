"""What two transactions on PostgreSQL keep from each other, met at the worst moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest

from terminal.sandbox import accounts, records, relations, vouchers
from terminal.sandbox.app import create_app
from terminal.sandbox.records import Message
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import Store, Tx
from terminal.sandbox.vouchers import load_issuer, new_voucher
from terminal.sandbox.wire import Call, Refusal
from tests.sandbox.conftest import Database
from tests.sandbox.counter import OTHER_SHOP, SHOP

T = TypeVar("T")
SECONDS_MAX = 30.0
WAITING = (
    "SELECT count(*) AS number FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
    " WHERE pid IN (SELECT pid FROM pg_locks WHERE NOT granted)"
    " AND relnamespace = to_regnamespace(current_schema())"
)


@pytest.fixture
def store(postgres_database: Database) -> Iterator[Store]:
    """With the shipped people."""
    app = create_app(Settings(database=postgres_database()))
    yield app.state.store
    app.state.store.close()


def after(store: Store, first: Callable[[Tx], object], second: Callable[[Tx], T]) -> T:
    """What `second` makes of it when it comes while `first` is done and not yet final."""
    with ThreadPoolExecutor(1) as threads:
        with store.transaction() as tx:
            first(tx)
            later: Future[T] = threads.submit(store.run, second)
            _until_it_waits(store, later)
        return later.result(SECONDS_MAX)


def _until_it_waits(store: Store, later: Future[T]) -> None:
    """Or is done without: then it saw nothing of the first."""
    until = time.monotonic() + SECONDS_MAX
    while not later.done():
        with store.transaction() as tx:
            waiting = tx.row(WAITING)
        if waiting and waiting["number"]:
            return
        assert time.monotonic() < until
        time.sleep(0.01)


def call_of(institution: str) -> Call:
    return Call("1101", "", "630102", "", institution, "店", "0001", "", {}, "")


def test_a_voucher_shown_to_two_shops_at_once_is_the_first_ones(store: Store) -> None:
    settings = Settings()
    issuer = load_issuer(settings.issuer, settings.issuer_key_file, settings.bundle_file)
    issued = store.run(
        lambda tx: new_voucher(tx, "employee", issuer, lifetime_seconds=60, by_relative=False)
    )
    assert issued
    with pytest.raises(Refusal, match="医保码已使用"):
        after(
            store,
            lambda tx: vouchers.identify(tx, call_of(SHOP), issued.voucher_id),
            lambda tx: vouchers.identify(tx, call_of(OTHER_SHOP), issued.voucher_id),
        )


def test_money_that_comes_back_while_the_family_ends_goes_to_the_creator(store: Store) -> None:
    member = "SBX0000000002"
    where = after(
        store,
        lambda tx: relations.dissolve(tx, member),
        lambda tx: relations.where_it_returns(tx, "pot:creator-1"),
    )
    assert where == "own:creator-1"


def test_a_family_is_not_joined_and_left_by_one_person_at_once(store: Store) -> None:
    rules = Settings().rules().policy.mutual_aid
    day = rules.kinships[-1].effective_from
    kinship = rules.kinships[-1].value[0]
    numbers = {"creator": "SBX0000000001", "other": "SBX0000000102", "member": "SBX0000000006"}
    with pytest.raises(relations.RelationRefused, match="already_bound"):
        after(
            store,
            lambda tx: relations.bind(
                tx, numbers["creator"], numbers["member"], kinship, day, rules
            ),
            lambda tx: relations.bind(tx, numbers["other"], numbers["member"], kinship, day, rules),
        )


def test_one_message_id_of_two_people_at_once_is_the_first_ones(store: Store) -> None:
    def claimed_by(psn_no: str) -> Callable[[Tx], str]:
        def claim(tx: Tx) -> str:
            earlier = records.message(tx, "M1")
            if earlier:
                return earlier.psn_no
            records.remember(tx, Message("M1", "2102", psn_no, SHOP, "", False, b"{}"))
            return psn_no

        return claim

    assert after(store, claimed_by("first"), claimed_by("second")) == "first"


def test_of_two_that_wait_for_each_other_one_begins_again(store: Store) -> None:
    meeting = threading.Barrier(2)
    tries: list[str] = []

    def take(one: str, other: str) -> Callable[[Tx], None]:
        def both(tx: Tx) -> None:
            tries.append(one)
            accounts.held_fen(tx, one)
            if tries.count(one) == 1:
                meeting.wait(SECONDS_MAX)
            accounts.held_fen(tx, other)

        return both

    names = ("own:employee", "own:employee-short")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(store.run, (take(*names), take(*reversed(names)))))
    assert len(tries) > 2
