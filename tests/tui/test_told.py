from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from terminal.sale.events import (
    Account,
    CancelRequested,
    Event,
    LineAdded,
    Notice,
    PrinterChanged,
    Refused,
    SaleOpened,
    SaleSettled,
    SaleVoided,
    ScannerChanged,
    VoucherAccepted,
    Waiting,
)
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.tui.told import REMEMBERED_MAX, Told, Wait

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SALE = Sale("1", 1, "")
UNKNOWN = replace(SALE, tenders=(Tender("k", Account.FUND, Fen(1), Status.UNKNOWN),))
LINE = LineAdded(1, "6901234567892", "x", Fen(1), 1)
WAITING = Waiting("1", "asking", 2.0, 45.0)


def hear(told: Told, *happened: tuple[Event | Notice, Sale | None]) -> Told:
    for what, sale in happened:
        told.hear(what, sale, NOW, 100.0)
    return told


def test_a_notice_stands_until_something_happens() -> None:
    told = hear(Told(), (Refused("busy"), SALE))
    assert told.notice == Refused("busy")
    assert hear(told, (LINE, SALE)).notice is None


def test_what_happens_behind_the_counter_does_not_wipe_an_answer() -> None:
    cancelled = replace(SALE, cancelling="clerk", closed=True)
    told = hear(Told(), (Refused("no_goods"), None), (SaleVoided("now"), cancelled))
    assert told.notice == Refused("no_goods")


@pytest.mark.parametrize(
    ("event", "sale"),
    [(SaleSettled("now"), replace(SALE, closed=True)), (CancelRequested("clerk"), SALE)],
    ids=["settled", "cancelled"],
)
def test_the_sale_that_left_is_shown_until_the_next_opens(event: Event, sale: Sale) -> None:
    told = hear(Told(), (event, sale))
    assert told.ended == sale
    assert hear(told, (SaleOpened("now"), replace(SALE, sale_id="2"))).ended is None


def test_an_older_sale_that_is_undone_does_not_come_back_to_the_screen() -> None:
    older = replace(SALE, cancelling="clerk", closed=True)
    newer = replace(SALE, sale_id="2", closed=True)
    told = hear(Told(), (SaleSettled("now"), newer), (SaleVoided("now"), older))
    assert told.ended == newer


def test_the_wait_of_a_sale_ends_with_its_open_question() -> None:
    told = hear(Told(), (WAITING, UNKNOWN))
    assert told.waits == {"1": Wait(WAITING, 100.0)}
    assert hear(told, (LINE, SALE)).waits == {}


@pytest.mark.parametrize(
    ("now", "left"), [(100.0, 2), (101.0, 1), (101.1, 1), (102.0, 0), (500.0, 0)]
)
def test_a_countdown_runs_to_nought_and_stays_there(now: float, left: int) -> None:
    wait = Wait(WAITING, 100.0)
    assert wait.next_in_seconds(now) == left
    gives_up = wait.gives_up_in_seconds(now)
    assert gives_up is not None
    assert gives_up >= left


def test_a_reversal_never_gives_up() -> None:
    assert Wait(Waiting("1", "reversing", 2.0, None), 0.0).gives_up_in_seconds(1.0) is None


def test_each_lost_scanner_is_remembered_until_it_is_back() -> None:
    lost = [(ScannerChanged(url, "lost", "EIO"), None) for url in ("a", "b", "a")]
    told = hear(Told(), *lost)
    assert set(told.lost_scanners) == {"a", "b"}
    assert set(hear(told, (ScannerChanged("a", "ready", ""), None)).lost_scanners) == {"b"}


def test_a_printer_in_trouble_is_remembered_until_it_prints_again() -> None:
    told = hear(Told(), (PrinterChanged("x", "paper_out", 1), None), (LINE, SALE))
    assert told.notice is None
    assert told.printer_trouble == "paper_out"
    assert hear(told, (PrinterChanged("x", "ready", 0), None)).printer_trouble == ""


def test_only_a_verified_voucher_counts_as_a_good_scan() -> None:
    told = hear(Told(), (Refused("no_voucher"), None))
    assert told.last_voucher_at is None
    accepted = VoucherAccepted("i", "0" * 32, "0" * 32, "李*", "630100", "310", False, "c", 0)
    assert hear(told, (accepted, SALE)).last_voucher_at == NOW


def test_the_history_has_a_limit() -> None:
    told = hear(Told(), *[(Refused("busy"), None)] * (REMEMBERED_MAX + 1))
    assert len(told.history) == REMEMBERED_MAX
