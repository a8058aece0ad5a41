"""The fuzzer runs, and finds what it is there to find."""

from __future__ import annotations

import hashlib

import pytest

from terminal.voucher.reasons import Reason, VoucherRefused
from tests.fuzz.engines import by_hypothesis
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import Watch


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_half_a_second_of_mutations_is_refused_by_name_quickly_and_cheaply(target: Target) -> None:
    report = by_hypothesis(target, 0.5)
    assert report["failures"] == []
    assert isinstance(report["inputs"], int)
    assert report["inputs"] > 20


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_seed_is_a_failure_itself(target: Target) -> None:
    watch = Watch(target)
    for seed in target.seeds:
        watch(seed)
    assert watch.failures == []


def _raise(data: bytes) -> None:
    if data == b"boom":
        raise KeyError(data)
    raise VoucherRefused(Reason.CBOR)


def _hoard(data: bytes) -> None:
    bytearray(11_000_000)


def _dawdle(data: bytes) -> None:
    hashlib.pbkdf2_hmac("sha256", b"", b"", 300_000)


def test_the_watch_notices_other_exceptions() -> None:
    watch = Watch(Target("raise", _raise, ()))
    watch(b"fine")
    assert watch.failures == []
    watch(b"boom")
    assert watch.failures[0] == {"what": "raised KeyError", "input": b"boom".hex()}
    assert watch.report()["outcomes"] == {"cbor": 1, "raised KeyError": 1}


def test_the_watch_notices_memory_and_time() -> None:
    hungry, slow = Watch(Target("hoard", _hoard, ())), Watch(Target("dawdle", _dawdle, ()))
    hungry(b"")
    slow(b"")
    assert hungry.failures[0]["what"].endswith("bytes")
    assert slow.failures[0]["what"].endswith("ms")
