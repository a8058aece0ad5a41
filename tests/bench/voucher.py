"""How long the whole check of a voucher takes, beside the signature alone.

    python -m tests.bench.voucher [--rounds 3000]

One JSON object: for each algorithm the median and 99th percentile, in microseconds, of

    whole    base45, CBOR, key, signature, claims
    bare     the signature alone: 64 bytes as COSE has them, a prepared key
    library  one call of the library, the signature already in the form it wants

and the ratio of the medians, `whole` to each of the other two.  The three alternate in one run, in
an order drawn for each round, so that a busy machine or a warm cache favours none of them.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from terminal.voucher import algorithms, envelope, libcrypto, sm2
from terminal.voucher.issue import Claims, issue
from terminal.voucher.keys import parse_bundle
from terminal.voucher.voucher import verify

KEYS = Path(__file__).parents[2] / "config" / "keys"
NOW = 1_800_000_000


def library(public_key: bytes, signed: envelope.Envelope) -> Callable[[], object]:
    """The library's own call for this signature, and nothing of ours."""
    message, signature = signed.to_be_signed, signed.signature
    if algorithms.algorithm_of(public_key).name == "sm2":
        lib = sm2.library()
        if lib is None:
            by_gmalg = sm2.verifier(public_key[-64:], None)
            return lambda: by_gmalg(message, signature, None)
        sm2_key = libcrypto.public_key(lib, public_key[-64:])
        return lambda: sm2_key.verify(message, signature, sm2.USER_ID)
    key = serialization.load_der_public_key(public_key)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return lambda: key.verify(signature, message)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    der, ecdsa = encode_dss_signature(r, s), ec.ECDSA(hashes.SHA256())
    return lambda: key.verify(der, message, ecdsa)


def measure(alg: str, rounds: int) -> dict[str, float]:
    root = algorithms.load_public_key((KEYS / "test-root.pub.pem").read_bytes())
    bundle = parse_bundle((KEYS / "test-bundle.cbor").read_bytes(), [root])
    key = algorithms.load_private_key((KEYS / f"test-{alg}.pem").read_bytes())
    claims = Claims(
        "qh-test", "ab" * 16, "cd" * 16, "欧阳*明", "630100", "310", False, "wechat",
        NOW, NOW + 60, NOW,
    )  # fmt: skip
    text = issue(claims, key)
    now = datetime.fromtimestamp(NOW + 5, UTC)
    signed = envelope.parse(text)
    check = algorithms.prepared(alg, key.public_key)
    primitive = library(key.public_key, signed)
    calls = {
        "whole": lambda: verify(text, bundle, now),
        "bare": lambda: check(signed.to_be_signed, signed.signature, None),
        "library": primitive,
    }
    taken: dict[str, list[float]] = {name: [] for name in calls}
    chance = random.Random(1)
    for _ in range(rounds):
        for name, call in chance.sample(sorted(calls.items()), len(calls)):
            begun = time.perf_counter_ns()
            call()
            taken[name].append((time.perf_counter_ns() - begun) / 1000)
    figures = {"text_chars": float(len(text))}
    for name, samples in taken.items():
        figures[f"{name}_median_us"] = round(statistics.median(samples), 1)
        figures[f"{name}_p99_us"] = round(statistics.quantiles(samples, n=100)[98], 1)
    for name in ("bare", "library"):
        ratio = figures["whole_median_us"] / figures[f"{name}_median_us"]
        figures[f"ratio_to_{name}"] = round(ratio, 3)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.voucher")
    parser.add_argument("--rounds", type=int, default=3000)
    rounds = parser.parse_args().rounds
    print(json.dumps({alg: measure(alg, rounds) for alg in algorithms.BY_NAME}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
