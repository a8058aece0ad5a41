"""Every exit of the program, on a real terminal: nothing that came from outside commands it.

What is hostile here: words and names of the platform, the catalogue, a code, a journal, a trust
list, a counter file, a command line.  What comes out of each exit is read as bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from terminal.cli.output import json_text
from terminal.demo.serial_scanner import SerialScanner
from terminal.escpos.reading import Cut, Raster, Row, deeds
from terminal.journal import Journal
from terminal.sale.events import (
    CashTaken,
    ConfirmationLapsed,
    Confirmed,
    Entry,
    Event,
    LineAdded,
    PersonIdentified,
    Quoted,
    SaleOpened,
    SaleSettled,
    VoucherAccepted,
)
from terminal.sale.money import NOTHING, Fen
from terminal.voucher.issue import sign_bundle
from tests.processes import sandbox
from tests.terminals import SECONDS_MAX, OnTerminal
from tests.voucher.crafting import bundle_key, bundle_of, root

COMMANDS = "\x1b[7;77H\x1b]0;PWNED\x07\x9b1m\x1d!\x11\x1b@\x85\u2028\u202e\u2066\u200b\x7f\ue000"
HOSTILE = f"A{COMMANDS}[@click=app.exit]B[/]"
SIGNS = ("\x1b[7;77H", "PWNED\x07", "\x9b", "\x1d", "\x1b@", "\u202e", "\u2066", "\u2028", "\x7f")
"""Parts of it that no library of ours would write by itself."""
GOODS = "4006381333931"


def ran(*words: str, typed: str = "") -> str:
    """What a command that ends by itself wrote on its terminal."""
    command = OnTerminal(*words)
    try:
        command.type(typed)
        told = command.read()
        command.process.wait(SECONDS_MAX)
        return told
    finally:
        command.close()


def assert_plain(text: str) -> None:
    """Letters, digits, punctuation and line ends."""
    strange = {char for char in text if unicodedata.category(char)[0] not in "LMNPS"} - set(" \r\n")
    assert not strange, (sorted(map(hex, map(ord, strange))), text)


@contextmanager
def between(upstream: str) -> Iterator[str]:
    """A platform whose every name and message is hostile; all else is the sandbox's."""

    def spoilt(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: HOSTILE if key in ("psn_name", "err_msg") and held else spoilt(held)
                for key, held in value.items()
            }
        return [spoilt(held) for held in value] if isinstance(value, list) else value

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = {"Content-Type": "application/json"}
            reply = httpx.post(upstream + self.path, content=body, headers=kind, trust_env=False)
            content = json.dumps(spoilt(reply.json())).encode()
            self.send_response(reply.status_code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with sandbox() as url:
        yield url


def code(issuer: str, person: str) -> str:
    text: str = httpx.get(f"{issuer}/vouchers/new", params={"person": person}).json()["text"]
    return text


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """A counter file with goods of a hostile name, and a shop whose name is markup."""
    row = f'{GOODS},"{HOSTILE}","{HOSTILE}",12.00,X,甲,x,'
    columns = "code,name,spec,unit_price,insurance_code,insurance_class,pinyin,trace_prefix"
    (tmp_path / "goods.csv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    path = tmp_path / "counter.toml"
    path.write_text(
        """
        platform = "sandbox"
        policy = "qinghai-2024-12"
        catalogue = "goods.csv"
        language = "en"
        after_restart = "ask"
        trace_codes = "shown"
        [shop]
        code = "P63010200001"
        name = "[@click=app.exit]B[/]"
        region = "630102"
        [till]
        number = 1
        operator = "0001"
        operator_name = "x"
        [keys]
        bundle = "test-bundle.cbor"
        roots = ["test-root.pub.pem"]
        warn_after_days = 3650
        refuse_after_days = 5475
        warn_before_end_days = 30
        """,
        encoding="utf-8",
    )
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """One settled sale and one half done, as a till without filters at its entries wrote them."""
    at = "2026-03-02T06:10:00+00:00"
    begun: tuple[Event, ...] = (
        SaleOpened(at),
        LineAdded(1, GOODS, HOSTILE, Fen(1200), 1, HOSTILE, HOSTILE),
    )
    customer: tuple[Event, ...] = (
        VoucherAccepted("i", "0" * 32, "0" * 32, HOSTILE, HOSTILE, HOSTILE, True, HOSTILE, 0),
        PersonIdentified(HOSTILE, HOSTILE, HOSTILE, HOSTILE, Fen(1)),
        Quoted(Fen(1200), NOTHING, NOTHING, NOTHING),
        Confirmed(),
    )
    paid: tuple[Event, ...] = (
        ConfirmationLapsed("declined"),
        CashTaken(Fen(1200), Fen(1200)),
        SaleSettled(at),
    )
    path = tmp_path / "hostile.db"
    with Journal(path) as made:
        for sale, events in (("settled", begun + customer + paid), ("open", begun)):
            entries = [Entry(sale, n, event) for n, event in enumerate(events, start=1)]
            made.append(*entries)
    return path


def test_json_for_programs_decodes_to_what_it_was_and_is_plain() -> None:
    value = {"a": HOSTILE, "b": ["药·①￥", "\U000e0041\U0001f600\n"]}
    text = json_text(value)
    assert_plain(text)
    assert json.loads(text) == value
    assert "药·①￥" in text
    assert json.loads(json_text(value, indent=2)) == value


@pytest.mark.parametrize(
    "words",
    [
        ("journal", "export"),
        ("journal", "show", "settled"),
        ("journal", "show", HOSTILE),
        ("journal", "verify"),
        ("journal", "verify", "--witness", HOSTILE),
        ("receipt", "settled"),
        ("receipt", HOSTILE),
        ("receipt", "settled", "--png", f"/nowhere/{HOSTILE}"),
        ("open",),
        ("open", "--json"),
        ("open", "--lang", HOSTILE),
    ],
    ids=lambda words: " ".join(words).replace(HOSTILE, "HOSTILE"),
)
def test_what_a_journal_holds(journal: Path, words: Sequence[str]) -> None:
    told = ran(*words, "--journal", str(journal))
    assert_plain(told)
    assert told.strip()


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize("prefix", ["", "YB1:", "-", "http://x/"])
def test_a_code_on_the_command_line(prefix: str, more: tuple[str, ...]) -> None:
    assert_plain(ran("voucher", "check", *more, prefix + HOSTILE))


def test_names_of_files_and_the_content_of_trust_lists(tmp_path: Path) -> None:
    told = ran("voucher", "check", "x", "--keys", str(tmp_path / HOSTILE.replace("/", "")))
    assert_plain(told)
    assert "No such file" in told
    file = tmp_path / "list.cbor"
    for issuer, answer in (("qh-1", '"issuer"'), (HOSTILE[:32], "bundle_format")):
        file.write_bytes(sign_bundle(bundle_of(bundle_key(issuer=issuer)), root()))
        told = ran("keys", "show", str(file))
        assert_plain(told)
        assert answer in told
    assert_plain(ran("run", "--headless", "--counter", str(tmp_path / "\x1b]0;x\x07")))


@pytest.mark.parametrize("key", ["name", "operator_name"])
def test_a_counter_file_with_commands_in_a_name_is_refused(counter: Path, key: str) -> None:
    lines = counter.read_text(encoding="utf-8").splitlines()
    hostile = f'{key} = "\\u001b[31m"'
    spoilt = [hostile if line.strip().startswith(f"{key} =") else line for line in lines]
    counter.write_text("\n".join(spoilt), encoding="utf-8")
    told = ran("run", "--headless", "--counter", str(counter))
    assert_plain(told)
    assert f".{key}" in told


@pytest.mark.parametrize("scheme", ["", "tcp", "serial", "usb", "file"])
def test_the_address_of_a_printer(scheme: str) -> None:
    for words in (("printer", "test"), ("run", "--headless", "--printer")):
        told = ran(*words, f"{scheme}://{HOSTILE}")
        assert_plain(told)
        assert "cannot be used" in told


def test_json_lines_slips_and_prints_of_a_till_in_hostile_surroundings(
    tmp_path: Path, counter: Path, issuer: str
) -> None:
    wishes = [
        HOSTILE,
        {"do": HOSTILE},
        {"do": "add_item", "code": HOSTILE},
        {"do": "present", "text": HOSTILE},
        {"do": "add_item", "code": GOODS},
        {"do": "present", "text": code(issuer, "suspended")},
        {"do": "cancel"},
        {"do": "add_item", "code": GOODS},
        {"do": "present", "text": code(issuer, "employee-both-short")},
        {"do": "confirm"},
        {"do": "take_cash"},
    ]
    slips = tmp_path / "slips"
    stdin = "".join(json.dumps(wish) + "\n" for wish in wishes)
    with between(issuer) as platform:
        command = subprocess.run(
            [
                *(sys.executable, "-m", "terminal.cli", "run", "--headless"),
                *("--counter", str(counter), "--platform", platform),
                *("--journal", str(tmp_path / "j"), "--slips", str(slips)),
                *("--printer", f"file://{tmp_path}/printed"),
            ],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    assert_plain(command.stdout + command.stderr)
    lines = [json.loads(line) for line in command.stdout.splitlines()]
    refusals = [line["words"] for line in lines if line.get("event") == "ChargeDeclined"]
    assert any("A·" in words for words in refusals), command.stdout[-4000:]
    assert any(line.get("event") == "SaleSettled" for line in lines), command.stdout[-3000:]
    (slip,) = slips.iterdir()
    assert_plain(slip.read_text(encoding="utf-8"))
    assert "[@click=app.exit]" in slip.read_text(encoding="utf-8").replace("\n", "")
    printed = deeds((tmp_path / "printed").read_bytes())
    rows = [deed.text for deed in printed if isinstance(deed, Row)]
    assert_plain("".join(rows))
    assert "[@click=app.exit]" in "".join(rows)
    # The slip as it was meant: its text, one code, one cut; no drawer, no other size of letters.
    others = [type(deed) for deed in printed if not isinstance(deed, Row)]
    assert others == [Raster, Cut]


def test_the_screen_of_a_till_in_hostile_surroundings(
    tmp_path: Path, counter: Path, issuer: str
) -> None:
    with between(issuer) as platform, SerialScanner() as scanner:
        till = OnTerminal(
            *("run", "--counter", str(counter), "--platform", platform),
            *("--journal", str(tmp_path / "j"), "--serial", str(scanner.path)),
        )
        try:
            till.read("Till 01")
            scanner.send(GOODS.encode())
            till.read("12.00")
            scanner.send(HOSTILE.encode())
            scanner.send(code(issuer, "employee").encode())
            till.read("A * * *")
            till.type(HOSTILE)
            time.sleep(1.0)
            till.read(seconds=2.0)
            assert till.process.poll() is None
            for sign in SIGNS:
                assert sign not in till.text, ascii(sign)
        finally:
            till.close()
