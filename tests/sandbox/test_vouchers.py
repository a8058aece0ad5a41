"""A voucher is alive for a minute, bound for a quarter of an hour, and pays once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from terminal.sandbox.settings import SHIPPED
from terminal.voucher.algorithms import load_public_key
from terminal.voucher.keys import parse_bundle
from terminal.voucher.reasons import VoucherRefused
from terminal.voucher.voucher import verify
from tests.sandbox.conftest import Open
from tests.sandbox.counter import OTHER_SHOP, Counter

EXPIRED = "医保码已过期，请重新出示"
USED = "医保码已使用，请重新出示"
INVALID = "医保码无效"


@pytest.mark.parametrize("alg", ["es256", "ed25519", "sm2"])
async def test_an_issued_voucher_passes_the_till_s_own_check(open_sandbox: Open, alg: str) -> None:
    """With the trust list of /keys and the shipped root, at its first and its last second."""
    counter = open_sandbox(issuer_key_file=SHIPPED / "keys" / f"test-{alg}.pem")
    issued = await counter.voucher("resident")
    root = load_public_key((SHIPPED / "keys" / "test-root.pub.pem").read_bytes())
    bundle = parse_bundle((await counter.http.get("/keys")).content, [root])
    now = dt.datetime.fromtimestamp(counter.clock.now, dt.UTC)
    for moment in (now, now + dt.timedelta(seconds=59)):
        voucher = verify(issued["text"], bundle, moment)
        assert voucher.voucher_id == issued["voucher_id"]
        assert voucher.expires_at == issued["expires_at"] == counter.clock.now + 60
        assert (voucher.issuer, voucher.masked_name) == ("qh-test", "陈*")
        assert (voucher.region, voucher.insutype) == ("630100", "390")
        assert not voucher.by_relative
    with pytest.raises(VoucherRefused):
        verify(issued["text"], bundle, now + dt.timedelta(seconds=90))


async def test_a_voucher_shown_by_a_relative_says_so_and_is_still_the_holder_s(
    counter: Counter,
) -> None:
    query = {"person": "resident", "by_relative": "1"}
    shown = (await counter.http.get("/vouchers/new", params=query)).json()
    own = await counter.voucher("resident")
    root = load_public_key((SHIPPED / "keys" / "test-root.pub.pem").read_bytes())
    bundle = parse_bundle((await counter.http.get("/keys")).content, [root])
    now = dt.datetime.fromtimestamp(counter.clock.now, dt.UTC)
    voucher, plain = (verify(one["text"], bundle, now) for one in (shown, own))
    assert voucher.by_relative
    assert dataclasses.replace(voucher, by_relative=False, voucher_id="") == dataclasses.replace(
        plain, voucher_id=""
    )


async def test_no_voucher_for_nobody_and_none_for_those_not_on_show(counter: Counter) -> None:
    for person in ("", "nobody", "creator-1", "SBX0000000001"):
        answer = await counter.http.get("/vouchers/new", params={"person": person})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("seconds", "err_msg"), [(0, ""), (60, ""), (89, ""), (90, EXPIRED), (10**6, EXPIRED)]
)
async def test_1101_takes_a_voucher_until_thirty_seconds_after_its_end(
    counter: Counter, seconds: int, err_msg: str
) -> None:
    voucher = await counter.voucher("employee")
    counter.clock.now += seconds
    assert (await counter.identify(voucher["voucher_id"])).err_msg == err_msg


async def test_a_voucher_nobody_issued_is_invalid(counter: Counter) -> None:
    for voucher_id in ("0" * 32, "x", "f" * 50):
        assert (await counter.identify(voucher_id)).err_msg == INVALID


@pytest.mark.parametrize(("seconds", "err_msg"), [(899, ""), (900, EXPIRED)])
async def test_a_bound_voucher_settles_for_a_quarter_of_an_hour(
    counter: Counter, seconds: int, err_msg: str
) -> None:
    customer = await counter.scan("employee")
    counter.clock.now += seconds
    assert (await counter.quote(customer)).err_msg == err_msg
    assert (await counter.settle(customer)).err_msg == err_msg


async def test_asking_1101_again_does_not_lengthen_the_window(counter: Counter) -> None:
    customer = await counter.scan("employee")
    counter.clock.now += 80
    assert (await counter.identify(customer.voucher_id)).code == 0
    counter.clock.now += 900 - 80
    assert (await counter.settle(customer)).err_msg == EXPIRED


async def test_a_settlement_uses_the_voucher_up(counter: Counter) -> None:
    customer = await counter.scan("employee")
    assert (await counter.settle(customer)).code == 0
    before = await counter.balances()
    assert (await counter.settle(customer)).err_msg == USED
    assert (await counter.quote(customer)).err_msg == USED
    assert (await counter.identify(customer.voucher_id)).err_msg == USED
    assert await counter.balances() == before


@pytest.mark.parametrize("how", ["2103", "2601"])
async def test_taking_the_settlement_back_gives_the_voucher_back(
    counter: Counter, how: str
) -> None:
    customer = await counter.scan("employee")
    first = await counter.settle(customer)
    if how == "2103":
        await counter.cancel(first)
    else:
        await counter.reverse(customer, counter.last_envelope["msgid"])
    second = await counter.settle(customer)
    assert second.code == 0
    assert second.setlinfo["mdtrt_id"] == first.setlinfo["mdtrt_id"]
    assert second.setlinfo["setl_id"] != first.setlinfo["setl_id"]


async def test_a_voucher_belongs_to_the_institution_that_identified_it(counter: Counter) -> None:
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    customer = await counter.scan("employee")
    assert (await other.identify(customer.voucher_id)).err_msg == USED
    assert (await other.settle(customer)).err_msg == USED
    assert (await counter.settle(customer)).code == 0


async def test_a_purchase_needs_1101_first_and_the_same_person(counter: Counter) -> None:
    customer = await counter.scan("employee")
    unseen = await counter.voucher("employee")
    hasty = dataclasses.replace(customer, voucher_id=unseen["voucher_id"])
    assert (await counter.settle(hasty)).err_msg == "医保码尚未用于人员信息获取，请先调用1101"
    swapped = dataclasses.replace(customer, psn_no="SBX0000000004")
    assert (await counter.settle(swapped)).err_msg == "psn_no 与医保码不符"


async def test_the_region_and_the_insurance_must_be_the_person_s(counter: Counter) -> None:
    customer = await counter.scan("employee")
    elsewhere = dataclasses.replace(customer, region="630200")
    assert (await counter.quote(elsewhere)).err_msg == "insuplc_admdvs 与参保地不符"
    resident = dataclasses.replace(customer, insutype="390")
    assert (await counter.quote(resident)).err_msg == "druginfo.insutype 与参保信息不符"


async def test_vouchers_nobody_presented_are_forgotten_and_the_others_kept(
    counter: Counter, tmp_path: Path
) -> None:
    kept = await counter.scan("employee")
    await counter.voucher("employee")
    counter.clock.now += 60 + 3601
    await counter.voucher("employee")
    store = counter.http._transport.app.state.store  # type: ignore[attr-defined]  # in-process
    with store.transaction() as tx:
        ids = [row["voucher_id"] for row in tx.rows("SELECT voucher_id FROM vouchers")]
    assert len(ids) == 2
    assert kept.voucher_id in ids
