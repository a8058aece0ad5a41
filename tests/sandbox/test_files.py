"""Policy, catalogue, keys and database: what is read, and what is refused by name."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import httpx
import psycopg
import pytest

from terminal.sandbox import accounts
from terminal.sandbox.app import create_app
from terminal.sandbox.catalogue import InsuranceClass, load_catalogue
from terminal.sandbox.policy import load_policy
from terminal.sandbox.quoted import PolicyError
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import IN_MEMORY, StoreError, Tx, open_store
from tests.sandbox.conftest import BOTH, Database
from tests.sandbox.counter import Clock, Counter, Json, audit

POLICY = Settings().policy_file


def test_the_shipped_policy_names_its_sources_and_that_it_is_not_verified() -> None:
    policy = load_policy(POLICY)
    assert policy.policy == POLICY.stem
    assert not policy.benefit.verified
    assert policy.benefit.fund_ratio == {"310": Decimal("0.60"), "390": Decimal("0.50")}
    whole = tomllib.loads(POLICY.read_text(encoding="utf-8"))
    assert whole["source"]
    assert whole["funding"]["platform_splits"] == {"*": ["insurance"]}
    assert whole["funding"]["terminal_falls_back"] == {
        "310": ["fund", "personal", "mutual_aid"],
        "390": ["fund", "mutual_aid"],
        "*": ["fund"],
    }


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('"310" = 0.60', '"310" = 1.01', "between 0 and 1"),
        ('"310" = 0.60', '"310" = nan', "between 0 and 1"),
        ("value = 6", "value = 0", "max_members"),
        ("value = 6", "", "max_members"),
        ("value = 6", "values = 6", "max_members.*values"),
        ("aid.max_members]", "aid.max_member]", "max_member"),
        ('value = 6\nsource = "S0"', "value = 6", "max_members.*source"),
        ("[mutual_aid.max_members]\n", "[mutual_aid]\nmax_members = 6\n[x]\n", "policy.toml"),
        ("最多可以邀请6位家庭成员", " ", "max_members: nobody is quoted"),
        ('value = 6\nsource = "S0"', 'value = 6\nsource = "S9"', "max_members: source 'S9'"),
        ('value = 5, source = "S1"', 'value = 5, source = "S9"', "max_members: source 'S9'"),
        ("[mutual_aid.scope]", "max = 1\n[mutual_aid.scope]", "active_voucher_needed.*max"),
        ('value = "province"', 'value = "planet"', "scope"),
        ('["create", "transfer"]', '["pay"]', "threshold_checked"),
        ("aid.min_transfer_fen]\nvalue = 50000", "aid.min_transfer_fen]\nvalue = 1.5", "min_trans"),
        ("aid.min_transfer_fen]\nvalue = 50000", "aid.min_transfer_fen]\nvalue = -1", "min_trans"),
        ('"child"]', '"cousin"]', "kinships"),
        ("2024-12-01\nvalue", "0\nvalue", "kinships"),
        ("\n[benefit]\n", "\n[benefits]\n", "benefit"),
        ("\n[sources]\n", "\n[others]\n", "sources"),
        ("\n[benefit]\n", "\n[benefit\n", "policy.toml"),
    ],
)
def test_a_policy_with_a_mistake_is_refused_by_name(
    tmp_path: Path, old: str, new: str, names: str
) -> None:
    text = POLICY.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "policy.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError, match=names):
        load_policy(path)


def test_a_family_the_rules_forbid_stops_the_sandbox_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    text = POLICY.read_text(encoding="utf-8").replace('"sibling", ', "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match="kinship"):
        create_app(Settings(policy_file=path))


def test_the_shipped_catalogue_knows_the_three_boxes() -> None:
    catalogue = load_catalogue(Settings().catalogue_file)
    assert catalogue["XJ01CAA040E001010300001"] is InsuranceClass.A
    assert catalogue["ZA01BAL0189010200001"] is InsuranceClass.B
    assert "" not in catalogue


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ("1,X1,丙", "row 2"),
        ("1,X1,甲\n2,X1,乙", "row 3: X1 has two classes"),
        ("1,X1,", "row 2"),
    ],
)
def test_a_catalogue_with_a_mistake_is_refused_by_row(
    tmp_path: Path, rows: str, names: str
) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_text(f"code,insurance_code,insurance_class\n{rows}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=names):
        load_catalogue(path)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for settings in (
        Settings(policy_file=missing),
        Settings(catalogue_file=missing),
        Settings(issuer_key_file=missing),
        Settings(bundle_file=missing),
    ):
        with pytest.raises(PolicyError, match="missing"):
            create_app(settings)


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(PolicyError, match=r"key\.pem"):
        create_app(Settings(issuer_key_file=path))


@pytest.mark.parametrize("ratio", ["1.01", "-0.1", "NaN"])
def test_a_ratio_out_of_range_is_refused(ratio: str) -> None:
    with pytest.raises(PolicyError, match="between 0 and 1"):
        Settings(fund_ratio={"*": Decimal(ratio)}).rules()


def test_ratios_are_put_over_the_policy_for_one_or_for_all() -> None:
    one = Settings(fund_ratio={"310": Decimal("0.7")}).rules().policy.benefit.fund_ratio
    assert one == {"310": Decimal("0.7"), "390": Decimal("0.50")}
    every = Settings(fund_ratio={"*": Decimal(0)}).rules().policy.benefit.fund_ratio
    assert every == {"310": 0, "390": 0}


@BOTH
async def test_a_ledger_outlives_its_sandbox(database: Database, tmp_path: Path) -> None:
    where = database()
    settings = Settings(
        database=str(tmp_path / "ledger.db") if where == IN_MEMORY else where, clock=Clock()
    )
    books: list[Json] = []
    for _ in range(2):
        app = create_app(settings)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
            counter = Counter(http, Clock(), serial=len(books) * 100)
            await counter.settle(await counter.scan("employee-short"))
            books.append(await counter.ledger())
        app.state.store.close()
    first, second = books
    audit(second)
    assert second["movements"][: len(first["movements"])] == first["movements"]
    assert [row["split_fen"]["own"] for row in second["settlements"]] == [1200, 0]
    assert len({row["setl_id"] for row in second["settlements"]}) == 2


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be looked at as one" * 10)
    with pytest.raises(StoreError, match="notes"):
        open_store(str(text), Clock())
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE guests (name TEXT)")
    db.close()
    with pytest.raises(StoreError, match="not a database of this sandbox"):
        open_store(str(foreign), Clock())
    with pytest.raises(StoreError, match="nowhere"):
        open_store(str(tmp_path / "nowhere" / "ledger.db"), Clock())


def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://till:secret@/ledgers?host={tmp_path}&password=secret"
    with pytest.raises(StoreError, match=r"^postgresql:///ledgers: ") as refused:
        open_store(url, Clock())
    assert "secret" not in str(refused.value)
    with pytest.raises(StoreError, match=r"^postgresql://%: "):
        open_store("postgresql://%", Clock())


def test_a_schema_of_somebody_else_is_refused(postgres_database: Database) -> None:
    url = postgres_database()
    open_store(url, Clock()).close()
    open_store(url, Clock()).close()
    for damage in ("UPDATE sandbox SET version = 1", "DROP TABLE sandbox"):
        with psycopg.connect(url) as db:
            db.execute(damage)
        with pytest.raises(StoreError, match="not a database of this sandbox"):
            open_store(url, Clock())


def test_sandboxes_that_start_together_on_one_database_make_it_once(
    postgres_database: Database,
) -> None:
    url = postgres_database()
    with ThreadPoolExecutor(6) as threads:
        apps = list(threads.map(lambda _: create_app(Settings(database=url)), range(6)))
    with apps[0].state.store.transaction() as tx:
        assert len(tx.rows("SELECT 1 AS one FROM persons")) == 10
    for app in apps:
        app.state.store.close()


@BOTH
def test_an_exception_leaves_nothing_behind(database: Database) -> None:
    store = open_store(database(), Clock())

    def write_and_fail(tx: Tx) -> None:
        accounts.ensure(tx, "outside")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        write_and_fail(tx)
    with store.transaction() as tx:
        assert _names(tx) == []
        with pytest.raises(ZeroDivisionError), tx.attempt():
            write_and_fail(tx)
        assert _names(tx) == []
        accounts.ensure(tx, "outside")
    with store.transaction() as tx:
        assert _names(tx) == ["outside"]
    store.close()


def _names(tx: Tx) -> list[str]:
    return [row["account"] for row in tx.rows("SELECT account FROM accounts")]


async def test_adjusting_refuses_what_no_account_can_do(counter: Counter) -> None:
    for account, amount_fen, status in [
        ("own:employee", -528641, 409),
        ("own:resident", 100, 409),
        ("fund:310", 100, 409),
        ("outside", 100, 409),
        ("own:employee", 1.5, 400),
        ("own:employee", -528640, 200),
    ]:
        body = json.dumps({"account": account, "amount_fen": amount_fen})
        assert (await counter.http.post("/_adjust", content=body)).status_code == status
    assert (await counter.balances())["own:employee"] == 0
    for body, status in [('{"person":"employee"}', 409), ('{"person":"x"}', 409), ("{}", 400)]:
        assert (await counter.http.post("/_dissolve", content=body)).status_code == status
