"""Who shows what to the demo camera: phones that come and go, and where vouchers come from.

One rule: nothing here draws or waits for a frame; the camera asks at its own pace what is in view.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

import httpx

from terminal.demo.phone_screen import PhonePicture

ENTER_SECONDS = 0.6
LEAVE_SECONDS = 0.3
NEVER = float("inf")
UNIX_SECONDS_MAX = 10**11
"""Some thousand years ahead: anything later is no time of expiry."""


class Sandbox(StrEnum):
    """How the sandbox answered last."""

    NOT_ASKED = "not asked"
    OK = "ok"
    UNREACHABLE = "unreachable"
    """No connection, or no answer in time."""
    REFUSED = "refused"
    """It answered that it knows no such person."""
    GARBLED = "garbled"
    """It answered something that is no voucher."""


class SandboxSilent(Exception):
    """No voucher came."""

    def __init__(self, reason: Sandbox) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FreshVoucher:
    text: str
    voucher_id: str
    expires_at: float
    """Seconds since 1970."""


def fetch_voucher(client: httpx.Client, person: str) -> FreshVoucher:
    """A new voucher of `person` from `GET /vouchers/new`; raises SandboxSilent."""
    try:
        reply = client.get("/vouchers/new", params={"person": person})
    except httpx.HTTPError as exc:
        raise SandboxSilent(Sandbox.UNREACHABLE) from exc
    if 400 <= reply.status_code < 500:
        raise SandboxSilent(Sandbox.REFUSED)
    if reply.status_code != HTTPStatus.OK:
        raise SandboxSilent(Sandbox.GARBLED)
    try:
        fields = reply.json()
    except ValueError as exc:
        raise SandboxSilent(Sandbox.GARBLED) from exc
    match fields:
        case {
            "text": str(text),
            "voucher_id": str(voucher_id),
            "expires_at": int() | float() as expires_at,
        } if 0 < expires_at < UNIX_SECONDS_MAX:
            return FreshVoucher(text, voucher_id, float(expires_at))
    raise SandboxSilent(Sandbox.GARBLED)


@dataclass(frozen=True, slots=True)
class Visit:
    """One phone before the camera.  Times are seconds, monotonic."""

    phone: PhonePicture
    voucher: FreshVoucher | None
    """None: the phone shows some other text."""
    enters_at: float
    leaves_at: float = NEVER

    def presence(self, now: float) -> float:
        """0 out of view .. 1 held still.  A hand comes in fast and slows down."""
        came = min(1.0, max(0.0, (now - self.enters_at) / ENTER_SECONDS))
        went = min(1.0, max(0.0, (now - self.leaves_at) / LEAVE_SECONDS))
        return float(min(1 - (1 - came) ** 3, 1 - went))


class Stage:
    """Which phone is before the camera.  Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leaving: Visit | None = None
        self._current: Visit | None = None

    def enter(self, phone: PhonePicture, voucher: FreshVoucher | None) -> None:
        """Another phone; the one in view leaves first."""
        with self._lock:
            now = time.monotonic()
            self._clear(now)
            starts_at = now if self._leaving is None else self._leaving.leaves_at + LEAVE_SECONDS
            self._current = Visit(phone, voucher, max(now, starts_at))

    def renew(self, phone: PhonePicture, voucher: FreshVoucher) -> None:
        """The phone in view shows its next code."""
        with self._lock:
            assert self._current is not None, "only what is shown is renewed"
            self._current = replace(self._current, phone=phone, voucher=voucher)

    def leave(self) -> None:
        with self._lock:
            self._clear(time.monotonic())

    def in_view(self, now: float) -> Visit | None:
        """The phone the camera sees; None: the counter is empty."""
        with self._lock:
            for visit in (self._leaving, self._current):
                if visit is not None and visit.presence(now) > 0:
                    return visit
            return None

    @property
    def current(self) -> Visit | None:
        """Who is shown or about to be; None as soon as the phone was told to leave."""
        with self._lock:
            return self._current

    def _clear(self, now: float) -> None:
        if self._current is not None and self._current.presence(now) > 0:
            self._leaving = replace(self._current, leaves_at=now)
        self._current = None
