"""`gongji voucher` and `gongji keys`: what they print, and the exit code, are a contract."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from terminal.cli import main
from terminal.voucher.algorithms import generate, load_private_key, private_pem, public_pem
from terminal.voucher.issue import sign_bundle
from terminal.voucher.keys import key_id
from tests.voucher.crafting import (
    ALGS,
    ISSUER,
    KEYS,
    NOW,
    ROOT_FOLDER,
    Craft,
    bundle_key,
    bundle_of,
    claims,
    key,
    root,
)

WHEN = "2027-01-15T08:00:05Z"
"""Five seconds after the crafted voucher was issued."""
CENTURY = 3_155_760_000


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def write(path: Path, content: bytes | str) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """What the command reads from `-`."""
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    return content


@pytest.mark.parametrize("alg", ALGS)
def test_a_valid_voucher(alg: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voucher", "check", Craft(alg).text(), "--now", WHEN, "--json"]) == 0
    assert answer(capsys) == {
        "ok": True,
        "kind": "voucher",
        "reason": None,
        "claims": {
            "issuer": ISSUER,
            "voucher_id": "…020100",
            "holder": "…ddeeff",
            "masked_name": "欧阳*明",
            "region": "630100",
            "insutype": "310",
            "by_relative": False,
            "channel": "wechat",
            "not_before": "2027-01-15T08:00:00Z",
            "expires_at": "2027-01-15T08:01:00Z",
            "issued_at": "2027-01-15T08:00:00Z",
            "kid": key_id(key(alg).public_key).hex(),
        },
    }


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        (Craft("ed25519", signature=bytes(64)).text(), "voucher", "signature"),
        (Craft("ed25519", claims(details={3: "\x1b[2J"})).text(), "voucher", "name"),
        (Craft("ed25519").text().lower(), "unknown", "prefix"),
        ("6901234567892", "goods", "prefix"),
        ("134567890123456789", "wechat_pay", "prefix"),
        ("", "unknown", "prefix"),
        ("张", "unknown", "prefix"),
    ],
)
def test_a_refused_code(
    text: str, kind: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voucher", "check", text, "--now", WHEN, "--json"]) == 1
    assert answer(capsys) == {"ok": False, "kind": kind, "reason": reason, "claims": None}


def test_words_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voucher", "check", Craft().text(), "--now", WHEN]) == 0
    assert capsys.readouterr().out.startswith("valid\n  issuer       qh-test\n")
    assert main(["voucher", "check", Craft().text(), "--now", "2027-01-15T08:01:30Z"]) == 1
    assert capsys.readouterr().out == "refused: expired\n"
    assert main(["voucher", "check", "6901234567892"]) == 1
    assert capsys.readouterr().out == "no voucher: goods\n"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_voucher_from_stdin(
    ending: str, stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]
) -> None:
    stdin.write((Craft().text() + ending).encode())
    stdin.seek(0)
    assert main(["voucher", "check", "-", "--now", WHEN]) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ["voucher"],
        ["voucher", "check"],
        ["voucher", "check", "x", "--now", "soon"],
        ["voucher", "check", "x", "--now", "2027-01-15T08:00:05"],
        ["voucher", "issue", "--key", "x"],
        ["keys", "new"],
        ["keys", "new", "--alg", "rsa"],
        ["keys", "unknown"],
    ],
)
def test_a_wrong_command_line_is_exit_code_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ["voucher", "check", "x", "--keys", "{missing}"],
        ["voucher", "check", "x", "--keys", "{junk}"],
        ["voucher", "check", "x", "--root", "{missing}"],
        ["voucher", "check", "x", "--root", "{junk}"],
        ["voucher", "check", "x", "--root", "{other_root}"],
        ["voucher", "issue", "--key", "{missing}", "--claims", "{junk}"],
        ["voucher", "issue", "--key", "{junk}", "--claims", "{junk}"],
        ["voucher", "issue", "--key", "{key}", "--claims", "{junk}"],
        ["voucher", "issue", "--key", "{key}", "--claims", "{missing}"],
        ["keys", "show", "{missing}"],
        ["keys", "show", "{junk}"],
        ["keys", "check", "{junk}"],
        ["keys", "update", "{junk}", "--store", "{store}"],
        ["keys", "sign", "{junk}", "--root", "{key}", "--out", "{out}"],
        ["keys", "sign", "{missing}", "--root", "{key}", "--out", "{out}"],
    ],
)
def test_a_file_that_cannot_be_used_is_exit_code_3_and_one_sentence(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = generate("ed25519").public_key
    files = {
        "missing": str(tmp_path / "missing"),
        "junk": write(tmp_path / "junk", b"\x00junk"),
        "key": write(tmp_path / "key", private_pem(key("es256"))),
        "other_root": write(tmp_path / "other", public_pem(other)),
        "store": str(tmp_path / "store"),
        "out": str(tmp_path / "out"),
    }
    assert main([word.format(**files) for word in wrong]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert not (tmp_path / "store").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("alg", ALGS)
def test_an_issued_voucher_is_valid(
    alg: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {
        "issuer": ISSUER, "holder": "ab" * 16, "masked_name": "Li*", "region": "630100",
        "insutype": "390", "channel": "bank", "by_relative": True,
    }  # fmt: skip
    file = write(tmp_path / "claims.json", json.dumps(asked))
    assert main(["voucher", "issue", "--key", str(KEYS / f"test-{alg}.pem"), "--claims", file]) == 0
    text = capsys.readouterr().out.removesuffix("\n")
    assert main(["voucher", "check", text, "--json"]) == 0
    printed = answer(capsys)["claims"]
    assert isinstance(printed, dict)
    assert printed["masked_name"] == "Li*"
    assert printed["by_relative"] is True


def test_claims_are_issued_as_they_are_asked_for(
    stdin: io.BytesIO, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {
        "issuer": ISSUER, "holder": "ab" * 16, "masked_name": "\u202e", "region": "63",
        "insutype": "390", "channel": "bank", "voucher_id": "cd" * 16,
        "issued_at": NOW, "not_before": NOW + 1, "expires_at": NOW + 400,
    }  # fmt: skip
    stdin.write(json.dumps(asked).encode())
    stdin.seek(0)
    pem = str(KEYS / "test-ed25519.pem")
    assert main(["voucher", "issue", "--key", pem, "--claims", "-"]) == 0
    text = capsys.readouterr().out.strip()
    assert main(["voucher", "check", text, "--now", WHEN]) == 1
    assert capsys.readouterr().out == "refused: claim_value\n"


@pytest.mark.parametrize("changes", [{"holder": "AB" * 16}, {"holder": "x"}, {"extra": 1}])
def test_a_claims_file_with_a_wrong_key_is_refused(
    changes: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {
        "issuer": ISSUER, "holder": "ab" * 16, "masked_name": "Li*", "region": "630100",
        "insutype": "390", "channel": "bank", **changes,
    }  # fmt: skip
    file = write(tmp_path / "claims.json", json.dumps(asked))
    pem = str(KEYS / "test-ed25519.pem")
    assert main(["voucher", "issue", "--key", pem, "--claims", file]) == 3
    assert next(iter(changes)) in capsys.readouterr().err


@pytest.mark.parametrize("alg", ALGS)
def test_a_new_key_is_readable_by_its_owner_alone(
    alg: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new.pem"
    assert main(["keys", "new", "--alg", alg, "--out", str(file)]) == 0
    made = load_private_key(file.read_bytes())
    assert made.alg == alg
    assert file.stat().st_mode & 0o777 == 0o600
    printed = capsys.readouterr().out
    assert printed == f"{alg} {key_id(made.public_key).hex()}\n" + public_pem(
        made.public_key
    ).decode("ascii")
    assert main(["keys", "new", "--alg", alg, "--out", str(file)]) == 1
    assert load_private_key(file.read_bytes()).der() == made.der()


@pytest.mark.parametrize("alg", ALGS)
def test_a_new_key_to_stdout(alg: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "--alg", alg]) == 0
    assert load_private_key(capsys.readouterr().out.encode()).alg == alg


@pytest.mark.parametrize("alg", ALGS)
def test_showing_a_private_key_shows_its_public_half(
    alg: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "show", str(KEYS / f"test-{alg}.pem")]) == 0
    public_key = key(alg).public_key
    assert answer(capsys) == {
        "alg": alg,
        "kid": key_id(public_key).hex(),
        "public_key": public_pem(public_key).decode("ascii"),
    }


def test_showing_and_checking_the_published_bundle(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "show", str(KEYS / "test-bundle.cbor")]) == 0
    shown = answer(capsys)
    assert shown["version"] == 1
    assert isinstance(shown["keys"], list)
    assert {one["alg"] for one in shown["keys"]} == set(ALGS)
    assert main(["keys", "check", str(KEYS / "test-bundle.cbor")]) == 0
    assert answer(capsys)["ok"] is True


def test_the_published_bundle_can_be_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle.cbor"
    listed, signer = str(KEYS / "test-list.json"), str(KEYS / "test-root.pem")
    assert main(["keys", "sign", listed, "--root", signer, "--out", str(out)]) == 0
    assert out.read_bytes() == (KEYS / "test-bundle.cbor").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0},
        {"not_after": "2020-01-01T00:00:00Z"},
        {"not_after": "2036-01-01T00:00:00"},
        {"keys": [{"file": "missing.pem"}]},
        {"revoked_vouchers": [["qh-test", "zz"]]},
        {"revoked_vouchers": [["qh-test", "00"]]},
        {"more": 1},
    ],
)
def test_a_list_that_no_counter_would_take_is_not_signed(
    changes: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = json.loads((KEYS / "test-list.json").read_text("utf-8"))
    for one in usual["keys"]:
        one["file"] = str(KEYS / one["file"])
    listed = write(tmp_path / "list.json", json.dumps({**usual, **changes}))
    signer, out = str(KEYS / "test-root.pem"), tmp_path / "out"
    assert main(["keys", "sign", listed, "--root", signer, "--out", str(out)]) == 3
    assert not out.exists()


def test_a_store_takes_newer_bundles_and_never_an_older_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"

    def offer(version: int, **changes: object) -> tuple[int, object]:
        usual: dict[str, object] = {"issued": 1, "not_after": NOW + CENTURY, **changes}
        signed = sign_bundle(bundle_of(bundle_key(), version=version, **usual), root())
        file = write(tmp_path / "offered.cbor", signed)
        code = main(["keys", "update", file, "--store", str(store)])
        return code, answer(capsys)["reason"]

    def held() -> int:
        version = json.loads((store / "held.json").read_text("utf-8"))["version"]
        assert isinstance(version, int)
        return version

    assert offer(3) == (0, None)
    assert offer(3) == (0, None)
    assert offer(5) == (0, None)
    newest = (store / "bundle.cbor").read_bytes()
    assert offer(4) == (1, "bundle_older")
    assert offer(5, issued=2) == (1, "bundle_older")
    assert offer(6, not_after=2) == (1, "bundle_expired")
    assert offer(6, issued=NOW + CENTURY - 1) == (1, "bundle_not_yet")
    assert (store / "bundle.cbor").read_bytes() == newest
    assert held() == 5
    assert offer(6) == (0, None)
    assert held() == 6


def test_a_store_with_a_broken_memory_takes_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    write(store / "held.json", "{}")
    published = str(KEYS / "test-bundle.cbor")
    assert main(["keys", "update", published, "--store", str(store)]) == 3
    assert not (store / "bundle.cbor").exists()


def test_a_code_is_checked_against_a_store_unless_an_older_bundle_was_put_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, public_root = tmp_path / "store", KEYS / "test-root.pub.pem"
    now = datetime.fromtimestamp(NOW, UTC)

    def check(at: datetime) -> tuple[int, str]:
        words = ["--keys", str(store), "--root", str(public_root), "--now", at.isoformat()]
        code = main(["voucher", "check", "YB1:", *words])
        return code, capsys.readouterr().err

    older, newer = (
        sign_bundle(bundle_of(version=version, issued=1, not_after=NOW + CENTURY), root())
        for version in (1, 2)
    )
    for signed in (older, newer):
        file = write(tmp_path / "offered.cbor", signed)
        assert main(["keys", "update", file, "--store", str(store)]) == 0
    assert check(now) == (1, "")
    write(store / "bundle.cbor", older)
    code, sentence = check(now)
    assert code == 3
    assert "bundle_older" in sentence
    write(store / "bundle.cbor", newer)
    code, sentence = check(now + timedelta(days=40_000))
    assert code == 3
    assert "bundle_expired" in sentence


def test_a_store_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "file", b"")
    store = str(tmp_path / "file" / "store")
    assert main(["keys", "update", str(KEYS / "test-bundle.cbor"), "--store", store]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_short_overlap_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = bundle_of(
        bundle_key("es256", not_before=0, not_after=1000),
        bundle_key("sm2", not_before=900, not_after=NOW),
        issued=1,
        not_after=NOW + CENTURY,
    )
    file = write(tmp_path / "bundle.cbor", sign_bundle(made, root()))
    assert main(["keys", "check", file]) == 0
    assert answer(capsys)["warnings"] == ["short_overlap:qh-test"]


def test_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "terminal.cli", "voucher", "check", "-", "--now", WHEN, "--json"],
        input=Craft("sm2").text() + "\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT_FOLDER,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["ok"] is True
