"""Codes that must not be taken, and wishes that cannot be granted: named, and no fen moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal.config import SHIPPED
from terminal.sale.commands import (
    AddItem,
    Cancel,
    Confirm,
    Present,
    PrintReceipt,
    Quote,
    RemoveLine,
    SetQuantity,
    TakeCash,
)
from terminal.sale.events import (
    ChargeIntended,
    CodeNotUsable,
    Decline,
    LineAdded,
    PlatformRefused,
    PlatformSilent,
    ReceiptPrinted,
    Refused,
    SaleVoided,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sale.money import Fen
from terminal.sale.steps import Phase
from terminal.sandbox.settings import Settings
from terminal.voucher.algorithms import SigningKey, generate, load_private_key
from terminal.voucher.issue import Claims, issue
from tests.till import BOXES, open_test_till, sandbox_app

TEST_KEY = load_private_key((SHIPPED / "keys" / "test-es256.pem").read_bytes())


def code(key: SigningKey = TEST_KEY, *, age_seconds: int = 0, issuer: str = "qh-test") -> str:
    issued = int(time.time()) - age_seconds
    return issue(
        Claims(
            issuer=issuer,
            voucher_id=f"{issued:032x}",
            holder="ab" * 16,
            masked_name="王*",
            region="630102",
            insutype="310",
            by_relative=False,
            channel="qinghai",
            not_before=issued,
            expires_at=issued + 60,
            issued_at=issued,
        ),
        key,
    )


def tampered() -> str:
    text = code()
    return text[:-1] + ("0" if text[-1] != "0" else "1")


BAD_CODES: dict[str, Callable[[], str]] = {
    "expired": lambda: code(age_seconds=600),
    "not_yet_valid": lambda: code(age_seconds=-600),
    "signature": tampered,
    "unknown_key": lambda: code(generate("es256")),
    "issuer_mismatch": lambda: code(issuer="elsewhere"),
    "alphabet": lambda: "YB1:不是",
    "too_long": lambda: "YB1:" + "A" * 2000,
}


@pytest.mark.parametrize("reason", BAD_CODES)
async def test_each_bad_voucher_has_its_own_reason_and_no_charge(
    tmp_path: Path, reason: str
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(AddItem(BOXES[0]), Present(BAD_CODES[reason]().encode()), Confirm())
        assert till.told(VoucherRefused) == [VoucherRefused(reason)]
        assert till.told(VoucherAccepted) == []
        assert till.told(ChargeIntended) == []
        assert till.told(Refused) == [Refused("no_voucher")]


async def test_a_voucher_is_good_for_one_sale_also_after_a_restart(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app) as till:
        text = (await till.voucher("employee")).encode()
        await till.do(AddItem(BOXES[0]), Present(text), Confirm())
        assert till.checkout.last
        assert till.checkout.last.settled
    async with open_test_till(tmp_path / "j", app) as till:
        await till.do(AddItem(BOXES[0]), Present(text))
        assert till.told(VoucherRefused) == [VoucherRefused("replayed")]
        assert till.checkout.sale
        assert till.checkout.sale.voucher is None
        await till.do(Cancel(), Present(text))
        assert till.told(Refused) == [Refused("just_served")]
        assert till.checkout.sale is None
        await till.do(AddItem(BOXES[0]), Present(text))
        assert till.told(VoucherRefused) == [VoucherRefused("replayed")] * 2


async def test_the_same_code_held_in_view_changes_nothing(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        text = (await till.voucher("employee")).encode()
        await till.do(Present(text), Present(text), AddItem(BOXES[0]), Present(text))
        assert len(till.told(VoucherAccepted)) == 1
        assert till.told(Refused) == [Refused("already_read")] * 2


async def test_a_phone_left_in_view_does_not_open_the_next_sale(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.sell("employee")
        await till.show("employee")
        assert till.checkout.sale is None
        assert till.told(Refused) == [Refused("just_served")]
        await till.show("resident")
        assert till.checkout.sale


async def test_a_customer_whose_sale_was_cancelled_is_served_again_at_once(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.quoted("employee")
        await till.do(Cancel())
        await till.until_resolved()
        await till.sell("employee")
        assert till.told(Refused) == []


async def test_a_fresh_code_replaces_the_old_one_while_nothing_is_agreed(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        first = await till.quoted("employee")
        await till.show("employee")
        sale = till.checkout.sale
        assert sale
        assert first.voucher
        assert sale.voucher
        assert sale.voucher.voucher_id != first.voucher.voucher_id
        assert sale.quote


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"134567890123456789", "wechat_pay"),
        (b"6900000000198", "unknown"),
        (b"6930000000011", "goods_not_sold"),
        (b"81234567890123456789", "trace_code"),
        (b"\x00\xff\x1b[2J", "unknown"),
        (b"", "unknown"),
    ],
)
async def test_another_code_is_named_and_opens_nothing(
    tmp_path: Path, payload: bytes, kind: str
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(Present(payload))
        assert [notice.kind for notice in till.told(CodeNotUsable)] == [kind]
        assert till.checkout.sale is None


async def test_a_suspended_customer_is_named_and_nothing_is_charged(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(AddItem(BOXES[0]))
        await till.show("suspended")
        await till.do(Confirm())
        told = till.told(PlatformRefused)
        assert [notice.reason for notice in told] == [Decline.SUSPENDED]
        assert till.told(ChargeIntended) == []


async def test_a_silent_platform_at_the_question_costs_nothing_and_can_be_asked_again(
    tmp_path: Path,
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.fault("1101", "5xx_before")
        await till.do(AddItem(BOXES[0]))
        await till.show("employee")
        assert [notice.question for notice in till.told(PlatformSilent)] == ["identify"]
        phases = [till.checkout.phase]
        await till.do(Quote())
        phases.append(till.checkout.phase)
        assert phases == [Phase.IDENTIFYING, Phase.QUOTED]


async def test_wishes_at_the_wrong_moment_are_refused_by_name(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(Confirm(), TakeCash(), Cancel(), Quote(), RemoveLine(1), PrintReceipt("x"))
        assert [notice.reason for notice in till.told(Refused)] == [
            "no_goods",
            "no_cash_due",
            "nothing_open",
            "no_goods",
            "no_such_line",
            "no_such_sale",
        ]
        await till.quoted("employee-both-short")
        await till.do(AddItem(BOXES[0], 0), SetQuantity(1, 10_000))
        await till.do(Confirm(), AddItem(BOXES[0]), RemoveLine(1), Confirm(), TakeCash(Fen(1)))
        assert [notice.reason for notice in till.told(Refused)][6:] == [
            "quantity",
            "quantity",
            "not_now",
            "not_now",
            "cash_due",
            "too_little_cash",
        ]
        await till.do(TakeCash(Fen(5000)))
        assert till.checkout.last
        assert till.checkout.last.tendered_fen == 5000


async def test_a_second_command_while_the_first_is_being_done_is_refused(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.quoted("employee")
        till.checkout.do(Confirm())
        till.checkout.do(Confirm())
        till.checkout.do(Cancel())
        await till.checkout.idle()
        assert till.told(Refused) == [Refused("busy")] * 2
        assert till.checkout.last
        assert till.checkout.last.settled


async def test_lines_change_while_nothing_is_agreed_and_the_quote_goes(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.quoted("employee")
        await till.do(SetQuantity(1, 3), RemoveLine(2), AddItem(BOXES[1], 2))
        sale = till.checkout.sale
        assert sale
        assert sale.quote is None
        assert sale.total_fen == 3 * 1850 + 990 + 2 * 3280
        assert [line.line for line in till.told(LineAdded)] == [1, 2, 3, 4]


async def test_a_slip_is_recorded_and_its_second_print_is_a_copy(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        sale = await till.sell("employee")
        await till.do(PrintReceipt(sale.sale_id), PrintReceipt(sale.sale_id))
        assert len(till.told(ReceiptPrinted)) == 2
        found = await till.checkout.find(sale.sale_id)
        assert found
        assert found.receipts == 2


async def test_a_cancelled_sale_is_undone_behind_the_next_customer(tmp_path: Path) -> None:
    """The platform is silent about the first sale; the second one is served meanwhile."""
    app = sandbox_app(Settings())
    async with open_test_till(tmp_path / "j", app) as till:
        await till.quoted("employee-both-short")
        await till.do(Confirm())
        assert till.checkout.phase is Phase.CASH_DUE
        await till.fault("X102", "5xx_before", count=3)
        await till.do(Cancel())
        assert till.checkout.sale is None
        assert len(till.checkout.open) == 1
        await till.sell("employee")
        await till.until_resolved()
        assert len(till.told(SaleVoided)) == 1
        people = (await till.sandbox.get("/people")).json()
        own = {person["id"]: person["balance_fen"] for person in people}
        assert own["employee-both-short"] == 500


async def test_the_sale_number_goes_on_counting_across_restarts(tmp_path: Path) -> None:
    app = sandbox_app()
    numbers = []
    for _ in range(3):
        async with open_test_till(tmp_path / "j", app) as till:
            await till.do(AddItem(BOXES[0]))
            assert till.checkout.sale
            numbers.append(till.checkout.sale.sale_id)
            await till.do(Cancel())
            await till.until_resolved()
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3]
