"""A key the till does not know: asked for once, believed only by the root, never an older list."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from terminal.cli.build import Plan
from terminal.cli.exits import Stop
from terminal.clock import SystemClock
from terminal.config import SHIPPED
from terminal.sale.commands import AddItem, Present
from terminal.sale.events import ClockApart, KeysAgeing, VoucherAccepted, VoucherRefused
from terminal.voucher.algorithms import SigningKey, generate, load_private_key
from terminal.voucher.issue import Claims, issue, sign_bundle
from terminal.voucher.keys import BundleKey, KeyBundle, key_id
from tests.till import BOXES, make_plan, open_test_till, sandbox_app

ROOT = load_private_key((SHIPPED / "keys" / "test-root.pem").read_bytes())
TEST_KEY = load_private_key((SHIPPED / "keys" / "test-es256.pem").read_bytes())
YEAR = 366 * 86_400


def listed(key: SigningKey) -> BundleKey:
    now = int(time.time())
    return BundleKey(
        key_id(key.public_key), "es256", key.public_key, "qh-test", now - YEAR, now + YEAR
    )


def newer(made: Plan, *keys: SigningKey, version: int = 9, root: SigningKey = ROOT) -> bytes:
    now = int(time.time())
    bundle = KeyBundle(version, now - 5, now + YEAR, (*made.bundle.keys, *map(listed, keys)))
    return sign_bundle(bundle, root)


def code(key: SigningKey, number: int, *, age_seconds: int = 0) -> bytes:
    now = int(time.time()) - age_seconds
    claims = Claims(
        issuer="qh-test",
        voucher_id=f"{number:032x}",
        holder="ab" * 16,
        masked_name="王*",
        region="630102",
        insutype="310",
        by_relative=False,
        channel="qinghai",
        not_before=now,
        expires_at=now + 60,
        issued_at=now,
    )
    return issue(claims, key).encode()


class Keys:
    """A platform that hands out this list, and counts how often it is asked."""

    def __init__(self, data: bytes) -> None:
        self.data, self.asked = data, 0
        self.date: str | None = None

    def app(self) -> Starlette:
        sandbox = sandbox_app()

        async def keys(request: Request) -> Response:
            self.asked += 1
            return Response(self.data)

        return Starlette(routes=[Route("/keys", keys), Mount("/", sandbox)])


async def test_a_new_key_is_fetched_once_and_kept_across_a_restart(tmp_path: Path) -> None:
    made, key = make_plan(), generate("es256")
    platform = Keys(newer(made, key))
    app = platform.app()
    async with open_test_till(tmp_path / "j", app, made=made) as till:
        await till.do(AddItem(BOXES[0]), Present(code(key, 1)))
        assert len(till.told(VoucherAccepted)) == 1
        assert platform.asked == 1
    async with open_test_till(tmp_path / "j", app, made=made) as till:
        await till.do(Present(code(key, 2)))
        assert len(till.told(VoucherAccepted)) == 1
        assert platform.asked == 1


@pytest.mark.parametrize("what", ["older", "foreign root", "garbage", "nothing new"])
async def test_a_list_that_is_not_newer_or_not_the_roots_changes_nothing(
    tmp_path: Path, what: str
) -> None:
    made, key = make_plan(), generate("es256")
    data = {
        "older": newer(made, key, version=made.bundle.version),
        "foreign root": newer(made, key, root=generate("ed25519")),
        "garbage": b"\xff" * 200_000,
        "nothing new": (SHIPPED / "keys" / "test-bundle.cbor").read_bytes(),
    }[what]
    platform = Keys(data)
    async with open_test_till(tmp_path / "j", platform.app(), made=made) as till:
        await till.do(*(Present(code(key, number)) for number in range(5)))
        assert till.told(VoucherRefused) == [VoucherRefused("unknown_key")] * 5
        assert platform.asked == 1
        kept = (tmp_path / "keys" / "bundle.cbor").read_bytes()
        assert kept == (SHIPPED / "keys" / "test-bundle.cbor").read_bytes()


async def test_a_till_that_has_used_a_newer_list_does_not_start_with_an_older_one(
    tmp_path: Path,
) -> None:
    made, key = make_plan(), generate("es256")
    platform = Keys(newer(made, key))
    async with open_test_till(tmp_path / "j", platform.app(), made=made) as till:
        await till.do(Present(code(key, 1)))
    (tmp_path / "keys" / "bundle.cbor").unlink()
    with pytest.raises(Stop, match="bundle_older"):
        async with open_test_till(tmp_path / "j", platform.app(), made=made):
            raise AssertionError("it started")


class Slipped(SystemClock):
    """A clock that is wrong by so much."""

    def __init__(self, seconds: int) -> None:
        self._off = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._off


class Dated(httpx.AsyncBaseTransport):
    """A platform that says what time it is."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        response = await self._inner.handle_async_request(request)
        response.headers["Date"] = f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT"
        return response


@pytest.mark.parametrize(("off", "told"), [(0, []), (20, []), (-95, [90]), (95, [-90])])
async def test_a_clock_apart_from_the_platforms_is_told_once(
    tmp_path: Path, off: int, told: list[int]
) -> None:
    app = sandbox_app()
    transport = Dated(httpx.ASGITransport(app=app))
    clock = Slipped(off)
    async with open_test_till(tmp_path / "j", app, clock=clock, transport=transport) as till:
        await till.checkout.sign_in()
        await till.do(AddItem(BOXES[0]))
        await till.checkout.sign_in()
        await till.do(AddItem(BOXES[0]))
        assert [notice.seconds for notice in till.told(ClockApart)] == told


@pytest.mark.parametrize(
    ("off", "reason", "told"), [(3600, "expired", [-3600]), (-3600, "not_yet_valid", [3600])]
)
async def test_a_code_refused_for_its_time_makes_the_till_compare_its_clock(
    tmp_path: Path, off: int, reason: str, told: list[int]
) -> None:
    app = sandbox_app()
    transport = Dated(httpx.ASGITransport(app=app))
    clock = Slipped(off)
    async with open_test_till(tmp_path / "j", app, clock=clock, transport=transport) as till:
        for number in range(3):
            await till.do(Present(code(TEST_KEY, number)))
        assert [refused.reason for refused in till.told(VoucherRefused)] == [reason] * 3
        assert [notice.seconds for notice in till.told(ClockApart)] == told
        assert transport.asked == 1


def aged(made: Plan, warn: int, refuse: int) -> Plan:
    keys = msgspec.structs.replace(
        made.counter.keys, warn_after_days=warn, refuse_after_days=refuse
    )
    return replace(made, counter=msgspec.structs.replace(made.counter, keys=keys))


async def test_an_ageing_list_is_told_and_a_stale_one_refuses_every_code(tmp_path: Path) -> None:
    made = aged(make_plan(), 1, 30_000)
    async with open_test_till(tmp_path / "a", sandbox_app(), made=made) as till:
        await till.show("employee")
        assert till.told(KeysAgeing) == [KeysAgeing("bundle_ageing")]
        assert len(till.told(VoucherAccepted)) == 1
    async with open_test_till(tmp_path / "b", sandbox_app(), made=aged(made, 1, 2)) as till:
        await till.show("employee")
        assert till.told(VoucherRefused) == [VoucherRefused("bundle_stale")]


async def test_a_clock_set_back_refuses_vouchers_also_after_a_restart(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app) as till:
        await till.do(AddItem(BOXES[0]))
    async with open_test_till(tmp_path / "j", app, clock=Slipped(-300)) as till:
        await till.do(Present(code(TEST_KEY, 1, age_seconds=300)))
        assert [refused.reason for refused in till.told(VoucherRefused)] == ["clock_set_back"]
    async with open_test_till(tmp_path / "j", app, clock=Slipped(-20)) as till:
        await till.do(Present(code(TEST_KEY, 2, age_seconds=20)))
        assert len(till.told(VoucherAccepted)) == 1
