"""Codes the platform decodes, cards when a phone fails: the same sale, and no number on disk."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from terminal.checkout.shown import Pseudonyms
from terminal.cli.build import Plan
from terminal.profile import OpaqueCodes
from terminal.sale.commands import AddItem, Cancel, Confirm, Present, Quote, ShowCard, TakeCash
from terminal.sale.events import (
    ChargeApproved,
    CodeNotUsable,
    Decoding,
    PlatformRefused,
    PlatformSilent,
    Refused,
    SaleOpened,
    SaleSettled,
    ShownAs,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sandbox.people import THE_SEVEN, card_number
from tests.till import BOXES, Till, make_plan, open_test_till, sandbox_app

EMPLOYEE = next(person for person in THE_SEVEN if person.id == "employee")
CARDS = {
    "identity": ShowCard("identity", EMPLOYEE.certno),
    "card": ShowCard("card", card_number(EMPLOYEE.psn_no), "SN1"),
}


class Line(httpx.AsyncBaseTransport):
    """Passes everything on and remembers the messages."""

    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self.sent: list[dict[str, object]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.sent.append(json.loads(request.content))
        return await self._inner.handle_async_request(request)

    @property
    def named(self) -> list[str]:
        return [str(message.get("infno") or message.get("transType")) for message in self.sent]

    def input_of(self, infno: str) -> dict[str, dict[str, str]]:
        (found,) = [message["input"] for message in self.sent if message.get("infno") == infno]
        assert isinstance(found, dict)
        return found


def by(name: str, profile: str = "sandbox-splits") -> Plan:
    """A till whose platform decodes codes this way; "" for none."""
    made = make_plan(profile)
    rule = make_plan("sandbox-splits").profile.opaque_codes
    assert rule
    if name == "ec.query":
        path = "/localcfc/api/hsecfc/localQrCodeQuery"
        rule = msgspec.structs.replace(rule, by="ec.query", path=path)
    return replace(
        made,
        profile=msgspec.structs.replace(made.profile, opaque_codes=rule if name else None),
    )


@asynccontextmanager
async def opened(
    tmp_path: Path, made: Plan, app: Starlette | None = None
) -> AsyncIterator[tuple[Till, Line]]:
    own = app or sandbox_app()
    line = Line(own)
    try:
        async with open_test_till(tmp_path / "j.db", own, made=made, transport=line) as till:
            yield till, line
    finally:
        if app is None:
            own.state.store.close()


async def code_of(till: Till, person: str = "employee") -> str:
    asked = {"person": person, "opaque": "1"}
    text: str = (await till.sandbox.get("/vouchers/new", params=asked)).json()["text"]
    return text


def on_disk(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in tmp_path.glob("j.db*"))


async def present(till: Till, text: str) -> None:
    await till.do(Present(text.encode(), "]Q1", "camera"))


@pytest.mark.parametrize("way", ["1162", "ec.query"])
async def test_a_code_is_decoded_and_the_sale_goes_as_always(tmp_path: Path, way: str) -> None:
    async with opened(tmp_path, by(way)) as (till, line):
        await till.do(AddItem(BOXES[0]))
        code = await code_of(till)
        await present(till, code)
        accepted, *more = till.told(VoucherAccepted)
        assert not more
        assert (accepted.shown_as, accepted.region) == (ShownAs.OPAQUE, "630100")
        assert accepted.masked_name == EMPLOYEE.name[:1] + "*" * (len(EMPLOYEE.name) - 1)
        asked = till.happened.index(Decoding(5.0))
        assert asked < till.happened.index(accepted)
        await till.do(Confirm())
        if till.checkout.sale:
            await till.do(TakeCash())
        assert till.told(ChargeApproved)
        assert till.told(SaleSettled)
        assert line.named[0] == way
        token = line.input_of("1101")["data"]["mdtrt_cert_no"]
        assert token.startswith("630000")
        assert line.input_of("2102")["druginfo"]["mdtrt_cert_no"] == token
        told = repr(till.happened)
    for secret in (code, token, EMPLOYEE.certno, EMPLOYEE.name):
        assert secret.encode() not in on_disk(tmp_path), secret
        assert secret not in told


@pytest.mark.parametrize("symbology", [None, "]Q1"])
async def test_an_aim_identifier_is_no_part_of_the_code(
    tmp_path: Path, symbology: str | None
) -> None:
    async with opened(tmp_path, by("1162")) as (till, _):
        await till.do(Present(b"]Q1" + (await code_of(till)).encode(), symbology))
        assert till.told(VoucherAccepted)


async def test_a_code_opens_one_sale_in_this_shop_ever(tmp_path: Path) -> None:
    app = sandbox_app()
    async with opened(tmp_path, by("1162"), app) as (till, _):
        code = await code_of(till)
        await present(till, code)
        await present(till, code)
        assert till.told(Refused) == [Refused("already_read")]
        await till.do(Cancel())
        await present(till, code)
        assert till.told(VoucherRefused) == [VoucherRefused("replayed")]
        assert till.checkout.sale is None
    async with opened(tmp_path, by("1162"), app) as (till, _):
        await present(till, code)
        assert till.told(VoucherRefused) == [VoucherRefused("replayed")]
        assert till.told(SaleOpened) == []
    app.state.store.close()


async def test_a_phone_left_in_view_opens_no_second_sale(tmp_path: Path) -> None:
    async with opened(tmp_path, by("1162")) as (till, _):
        await till.do(AddItem(BOXES[0]))
        await present(till, await code_of(till))
        await till.do(Confirm())
        if till.checkout.sale:
            await till.do(TakeCash())
        await present(till, await code_of(till))
        assert till.told(Refused) == [Refused("just_served")]
        assert till.checkout.sale is None


@pytest.mark.parametrize("way", ["1162", "ec.query"])
async def test_a_code_the_platform_does_not_know_changes_nothing(tmp_path: Path, way: str) -> None:
    async with opened(tmp_path, by(way)) as (till, _):
        await present(till, "1" * 28)
        (refused,) = till.told(PlatformRefused)
        assert (refused.question, refused.words) == ("decode", "医保码无效")
        assert till.checkout.sale is None
        assert till.told(SaleOpened) == []


@pytest.mark.parametrize(("way", "infno"), [("1162", "1162"), ("ec.query", "ec")])
async def test_a_silence_is_told_and_the_same_code_may_be_tried_again(
    tmp_path: Path, way: str, infno: str
) -> None:
    async with opened(tmp_path, by(way)) as (till, _):
        await till.fault(infno, "5xx_before")
        code = await code_of(till)
        await present(till, code)
        (silent,) = till.told(PlatformSilent)
        assert silent.question == "decode"
        assert till.checkout.sale is None
        await present(till, code)
        assert till.checkout.sale
        assert till.checkout.sale.person


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ("134567890123456789", "wechat_pay"),
        ("281234567890123456", "alipay"),
        ("6212345678901234567", "unionpay"),
        ("83999990000000000001", "trace_code"),
        ("https://example.com/" + "1" * 20, "web_link"),
        ("9" * 27, "unknown"),
        ("9" * 29, "unknown"),
        ("9" * 27 + "x", "unknown"),
        ("９" * 28, "unknown"),
    ],
)
async def test_what_is_told_apart_is_never_sent_to_be_decoded(
    tmp_path: Path, payload: str, kind: str
) -> None:
    async with opened(tmp_path, by("1162")) as (till, line):
        await present(till, payload)
        assert [notice.kind for notice in till.told(CodeNotUsable)] == [kind]
        assert line.sent == []


async def test_where_nothing_decodes_the_clerk_is_told_so(tmp_path: Path) -> None:
    async with opened(tmp_path, by("")) as (till, line):
        await present(till, "9" * 28)
        assert [notice.kind for notice in till.told(CodeNotUsable)] == ["insurance_code"]
        assert line.sent == []


@pytest.mark.parametrize("kind", CARDS)
async def test_a_card_stands_in_for_a_code_any_number_of_times(tmp_path: Path, kind: str) -> None:
    card = CARDS[kind]
    async with opened(tmp_path, by("")) as (till, line):
        for _ in range(2):
            await till.do(AddItem(BOXES[0]), card, Confirm())
            if till.checkout.sale:
                await till.do(TakeCash())
        assert len(till.told(SaleSettled)) == 2
        first, second = till.told(VoucherAccepted)
        assert first.holder == second.holder
        assert first.voucher_id != second.voucher_id
        cert_type = {"identity": "02", "card": "03"}[kind]
        for message in line.sent:
            asked = message["input"]
            assert isinstance(asked, dict)
            about = asked.get("data") or asked.get("druginfo") or {}
            if "mdtrt_cert_type" in about:
                assert (about["mdtrt_cert_type"], about["mdtrt_cert_no"]) == (
                    cert_type,
                    card.number,
                )
        if kind == "card":
            assert '"card_sn": "SN1"' in json.dumps(line.sent)
        told = repr(till.happened) + repr(card)
    assert card.number.encode() not in on_disk(tmp_path)
    assert card.number not in told


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (ShowCard("identity", "123"), "not_an_identity_number"),
        (ShowCard("identity", "x" * 18), "not_an_identity_number"),
        (ShowCard("identity", "１" * 18), "not_an_identity_number"),
        (ShowCard("card", "12345"), "not_a_card_number"),
        (ShowCard("card", "1" * 33), "not_a_card_number"),
        (ShowCard("card", "12345\x1b6"), "not_a_card_number"),
        (ShowCard("card", "123456", "S" * 33), "not_a_card_number"),
    ],
)
async def test_what_is_no_number_is_refused_before_anything_is_asked(
    tmp_path: Path, card: ShowCard, reason: str
) -> None:
    async with opened(tmp_path, by("")) as (till, line):
        await till.do(card)
        assert till.told(Refused) == [Refused(reason)]
        assert (line.sent, till.checkout.sale) == ([], None)


async def test_a_card_nobody_has_is_refused_by_the_platform(tmp_path: Path) -> None:
    async with opened(tmp_path, by("")) as (till, _):
        await till.do(AddItem(BOXES[0]), ShowCard("identity", "0" * 17 + "X"))
        (refused,) = till.told(PlatformRefused)
        assert refused.question == "identify"


async def test_after_a_restart_a_card_is_shown_again_and_a_code_anew(tmp_path: Path) -> None:
    app = sandbox_app()
    card = CARDS["identity"]
    async with opened(tmp_path, by("1162"), app) as (till, _):
        await till.do(AddItem(BOXES[0]), card)
    async with opened(tmp_path, by("1162"), app) as (till, line):
        for command in (Quote(), Confirm()):
            await till.do(command)
        assert till.told(Refused) == [Refused("show_again")] * 2
        assert line.sent == []
        await till.do(card)
        assert till.told(VoucherAccepted) == []
        await till.do(Confirm())
        assert till.told(ChargeApproved)
        await till.do(Cancel(), AddItem(BOXES[0]))
        await present(till, await code_of(till, "resident"))
        assert till.checkout.sale
        assert till.checkout.sale.quote
    async with opened(tmp_path, by("1162"), app) as (till, _):
        await till.do(Confirm())
        assert till.told(Refused) == [Refused("show_again")]
        await present(till, await code_of(till, "resident"))
        await till.do(Confirm())
        assert till.told(ChargeApproved)
    app.state.store.close()


async def test_a_sale_half_paid_by_card_goes_on_after_a_restart(tmp_path: Path) -> None:
    app = sandbox_app()
    card, made = CARDS["identity"], by("", "sandbox")
    async with opened(tmp_path, made, app) as (till, _):
        await till.fault("X101", "5xx_before")
        await till.do(*(AddItem(box) for box in BOXES), card, Confirm())
        await till.until_resolved()
        sale = till.checkout.sale
        assert sale
        assert sale.standing
        assert sale.lapsed == "given_up"
    async with opened(tmp_path, made, app) as (till, line):
        await till.do(Confirm(), ShowCard("identity", "0" * 17 + "X"))
        assert till.told(Refused) == [Refused("show_again"), Refused("not_now")]
        assert line.sent == []
        await till.do(card, Confirm())
        assert till.told(Refused)[-1] == Refused("card_known")
        if till.checkout.sale:
            await till.do(TakeCash())
        assert till.told(SaleSettled)
    app.state.store.close()


async def test_where_no_account_is_asked_any_more_nothing_has_to_be_shown_again(
    tmp_path: Path,
) -> None:
    app = sandbox_app()
    async with opened(tmp_path, by("1162"), app) as (till, _):
        await till.do(*(AddItem(box) for box in BOXES))
        await present(till, await code_of(till, "employee-both-short"))
        await till.do(Confirm())
        assert till.checkout.sale
        assert till.checkout.sale.due_fen
    async with opened(tmp_path, by("1162"), app) as (till, _):
        await till.do(Confirm(), TakeCash())
        assert till.told(Refused) == []
        assert till.told(SaleSettled)
    app.state.store.close()


def test_pseudonyms_of_one_number_are_one_and_of_another_till_are_others() -> None:
    made = [Pseudonyms(lambda text, n=n: f"{hash((text, n)):032x}", None) for n in (1, 2)]  # type: ignore[misc]
    first, second = (each.card(CARDS["identity"]) for each in made)
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    assert first.holder != second.holder


@pytest.mark.parametrize(
    ("text", "fits"), [("1" * 28, True), ("1" * 27, False), ("a" * 28, False), ("²" * 28, False)]
)
def test_the_shape_of_a_code_is_the_profiles(text: str, fits: bool) -> None:
    rule = by("1162").profile.opaque_codes
    assert rule
    assert rule.fits(text) is fits
    letters = msgspec.structs.replace(rule, digits_only=False)
    assert isinstance(letters, OpaqueCodes)
    assert letters.fits("a" * 28)
