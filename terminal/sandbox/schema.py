"""The tables of the ledger, once, in the SQL both databases understand.

One rule: a table whose rows have an order says so with `seq SERIAL`; each database writes that, and
its own names of the other types, where it makes the tables.
"""

VERSION = 4

SERIALS = ("posting", "setl", "debit", "visit", "sign_in", "reply", "file")
"""What `Tx.serial` counts."""

TABLES = """
CREATE TABLE persons (
    psn_no TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    shown INTEGER NOT NULL,        -- on /people and /phone; creators of mutual aid are not
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    certno TEXT NOT NULL,
    gend TEXT NOT NULL,
    brdy TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL
);
CREATE TABLE enrolments (
    seq SERIAL,
    psn_no TEXT NOT NULL REFERENCES persons,
    insutype TEXT NOT NULL,
    psn_type TEXT NOT NULL,
    stas TEXT NOT NULL,            -- psn_insu_stas: 1 active, 2 suspended, 4 ended
    region TEXT NOT NULL,
    UNIQUE (psn_no, insutype, region)
);
CREATE TABLE statuses (
    psn_no TEXT NOT NULL REFERENCES persons,
    status TEXT NOT NULL,          -- what is true of a person beside the insurance
    PRIMARY KEY (psn_no, status)
);
CREATE TABLE undesignated (
    institution TEXT PRIMARY KEY   -- not 定点 any longer
);
CREATE TABLE accounts (
    seq SERIAL,
    account TEXT NOT NULL UNIQUE,  -- own:ID, pot:ID, fund:TYPE, shop:CODE, outside
    kind TEXT NOT NULL,
    psn_no TEXT REFERENCES persons,
    is_open INTEGER NOT NULL DEFAULT 1,
    balance_fen INTEGER NOT NULL DEFAULT 0,
    CHECK (kind NOT IN ('own', 'pot') OR balance_fen >= 0)
);
CREATE TABLE movements (
    seq SERIAL,
    posting INTEGER NOT NULL,      -- the movements of one posting add up to nothing
    at TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (account),
    amount_fen INTEGER NOT NULL,
    msgid TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE TABLE relations (
    seq SERIAL,
    creator TEXT NOT NULL REFERENCES persons,
    member TEXT NOT NULL REFERENCES persons,
    kinship TEXT NOT NULL,
    bound_on TEXT NOT NULL,
    closed_at TEXT                 -- NULL: still in force
);
CREATE TABLE vouchers (
    voucher_id TEXT PRIMARY KEY,
    psn_no TEXT NOT NULL REFERENCES persons,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    institution TEXT,              -- NULL: no 1101 yet
    opter TEXT,
    device TEXT,
    bound_at REAL,
    mdtrt_id TEXT,
    used_by TEXT                   -- msgid of the settlement that holds it
);
CREATE INDEX vouchers_nobody_presented ON vouchers (expires_at) WHERE institution IS NULL;
CREATE TABLE codes (
    code TEXT PRIMARY KEY,         -- as the phone shows it
    voucher_id TEXT NOT NULL,
    decoded_by TEXT                -- institution; NULL: nobody asked yet
);
CREATE TABLE messages (
    seq SERIAL,
    msgid TEXT NOT NULL UNIQUE,
    infno TEXT NOT NULL,
    psn_no TEXT NOT NULL,
    institution TEXT NOT NULL,
    digest TEXT NOT NULL,          -- of the transaction's input; empty: never arrived
    is_reversed INTEGER NOT NULL,  -- refused whenever it arrives
    reply BLOB                     -- NULL: never arrived
);
CREATE TABLE settlements (
    seq SERIAL,
    setl_id TEXT NOT NULL UNIQUE,
    msgid TEXT NOT NULL,
    mdtrt_id TEXT NOT NULL,
    psn_no TEXT NOT NULL REFERENCES persons,
    kind TEXT NOT NULL,            -- charge, refund
    reverses TEXT,                 -- a refund's charge
    state TEXT NOT NULL,           -- settled, reversed
    institution TEXT NOT NULL,
    institution_name TEXT NOT NULL,
    region TEXT NOT NULL,
    insutype TEXT NOT NULL,
    med_type TEXT NOT NULL,
    voucher_id TEXT NOT NULL,
    begntime TEXT NOT NULL,
    setl_time TEXT NOT NULL,
    acct_used INTEGER NOT NULL,
    pot TEXT REFERENCES accounts (account),
    total_fen INTEGER NOT NULL,
    own_cost_fen INTEGER NOT NULL,
    over_limit_fen INTEGER NOT NULL,
    first_pay_fen INTEGER NOT NULL,
    in_scope_fen INTEGER NOT NULL,
    ratio TEXT NOT NULL,
    fund_fen INTEGER NOT NULL,
    own_fen INTEGER NOT NULL,
    mutual_aid_fen INTEGER NOT NULL,
    cash_fen INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL   -- own account afterwards
);
CREATE INDEX settlements_of_message ON settlements (msgid);
CREATE INDEX settlements_of_person ON settlements (psn_no, setl_time);
CREATE TABLE debits (
    seq SERIAL,
    trns_id TEXT NOT NULL UNIQUE,
    msgid TEXT NOT NULL,
    setl_id TEXT NOT NULL,
    psn_no TEXT NOT NULL,
    acct_type TEXT NOT NULL,
    account TEXT REFERENCES accounts (account),
    state TEXT NOT NULL,           -- debited, refused, reversed
    asked_fen INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL,
    available_fen INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL,
    err_msg TEXT NOT NULL
);
CREATE INDEX debits_of_message ON debits (msgid);
CREATE INDEX debits_of_settlement ON debits (setl_id);
CREATE TABLE goods (
    seq SERIAL,
    institution TEXT NOT NULL,
    bchno TEXT NOT NULL,           -- fixmedins_bchno
    kind TEXT NOT NULL,            -- sold, returned
    sale TEXT NOT NULL,            -- bchno of the row that sold it
    goods TEXT NOT NULL,
    setl_id TEXT NOT NULL,
    quantity TEXT NOT NULL,
    codes TEXT NOT NULL,           -- on the boxes, commas between
    digest TEXT NOT NULL,
    UNIQUE (institution, bchno)
);
CREATE TABLE trace_codes (code TEXT PRIMARY KEY);
CREATE TABLE files (
    file_qury_no TEXT PRIMARY KEY,
    institution TEXT NOT NULL,
    filename TEXT NOT NULL,
    content BLOB NOT NULL
);
"""
