"""The two pages people look at: a customer's phone, and the overview of the books.

One rule: nothing is loaded from anywhere else and nothing inserted runs.  Every value is escaped,
script and style carry a nonce, and the policy in the header forbids the rest.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import segno
from starlette.responses import HTMLResponse

from terminal.sandbox.wire import to_json

LANGUAGES = ("zh", "en")
ROWS_SHOWN = 30
"""Of settlements, and of movements: the latest."""

_PHONE = Path(__file__).with_name("phone.html").read_text(encoding="utf-8")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "title": "医保码（演示）",
        "choose": "请选择要出示医保码的人",
        "code_label": "医保码二维码",
        "note": "演示用沙箱：人物、账户与金额均为虚构。",
        "renews": "{seconds} 秒后自动更新",
        "ends": "未能更新，本码 {seconds} 秒后失效",
        "unreachable": "无法连接沙箱，正在重试。请确认 gongji sandbox 仍在运行。",
        "unknown": "没有这个人。",
        "other_lang_name": "English",
        "overview": "沙箱总览",
        "name": "姓名",
        "who": "情形",
        "own": "个人账户",
        "aid": "共济账户",
        "phone": "手机页面",
        "show": "出示医保码",
        "relations": "家庭共济关系",
        "creator": "创建人",
        "member": "成员",
        "kinship": "关系",
        "bound": "绑定日期",
        "closed": "解除时间",
        "accounts": "全部账户",
        "settlements": "最近的结算",
        "settlement": "结算编号",
        "total": "总额",
        "fund": "基金",
        "cash": "现金",
        "state": "状态",
        "movements": "最近的资金变动",
        "at": "时间",
        "account": "账户",
        "amount": "金额（元）",
        "kind": "原因",
        "message": "报文编号",
        "none": "无",
    },
    "en": {
        "title": "Insurance code (demonstration)",
        "choose": "Whose code is to be shown?",
        "code_label": "QR code of the insurance voucher",
        "note": "A sandbox for demonstration: people, accounts and amounts are invented.",
        "renews": "New code in {seconds} s",
        "ends": "Could not renew; this code ends in {seconds} s",
        "unreachable": "The sandbox cannot be reached; trying again. Is gongji sandbox running?",
        "unknown": "There is no such person.",
        "other_lang_name": "中文",
        "overview": "Sandbox overview",
        "name": "Name",
        "who": "Case",
        "own": "Own account",
        "aid": "Mutual aid",
        "phone": "Phone page",
        "show": "Show code",
        "relations": "Mutual-aid relations",
        "creator": "Creator",
        "member": "Member",
        "kinship": "Kinship",
        "bound": "Bound on",
        "closed": "Ended at",
        "accounts": "All accounts",
        "settlements": "Latest settlements",
        "settlement": "Settlement",
        "total": "Total",
        "fund": "Fund",
        "cash": "Cash",
        "state": "State",
        "movements": "Latest movements",
        "at": "Time",
        "account": "Account",
        "amount": "Amount (yuan)",
        "kind": "Reason",
        "message": "Message id",
        "none": "none",
    },
}

Json = Mapping[str, object]


def language(asked: str | None) -> str:
    return asked if asked in LANGUAGES else LANGUAGES[0]


def modules(text: str) -> list[str]:
    """The QR code of a voucher, level M, row by row, "1" dark; without the quiet zone."""
    code = segno.make(text, error="m", boost_error=False, micro=False)
    return ["".join("1" if dark else "0" for dark in row) for row in code.matrix]


def phone(
    people: Sequence[Json], person_id: str, lang: str, renew_seconds: float, *, opaque: bool = False
) -> HTMLResponse:
    """The customer's phone.  `person_id` "" asks whose; an unknown one answers 404.

    opaque  True: it shows codes only the platform can read
    """
    words = _WORDS[lang]
    chosen = next((person for person in people if person["id"] == person_id), None)
    other = LANGUAGES[1 - LANGUAGES.index(lang)]
    holder = ""
    if chosen:
        holder = f"{chosen['name_masked']}  {chosen[f'title_{lang}']}"
    elif person_id:
        holder = words["unknown"]
    kind = {"opaque": "1"} if opaque else {}
    settings = {
        "url": _href("/vouchers/new", person=person_id, qr="1", **kind) if chosen else "",
        "renew_seconds": renew_seconds,
        "words": {name: words[name] for name in ("renews", "ends", "unreachable")},
    }
    nonce = secrets.token_urlsafe(16)
    values = {
        "lang": "zh-CN" if lang == "zh" else "en",
        "nonce": nonce,
        "title": words["title"],
        "choose": words["choose"],
        "code_label": words["code_label"],
        "note": words["note"],
        "holder": holder,
        "other_lang": other,
        "other_lang_name": words["other_lang_name"],
        "other_lang_href": _href("/phone", person=person_id, lang=other, **kind),
    }
    page = _PHONE
    for name, value in values.items():
        page = page.replace("{{" + name + "}}", escape(value))
    page = page.replace("{{show_hidden}}", "" if person_id else "hidden")
    page = page.replace("{{people}}", "".join(_choice(one, chosen, lang) for one in people))
    page = page.replace("{{settings}}", to_json(settings).decode().replace("<", "\\u003c"))
    return _page(page, nonce, 404 if person_id and not chosen else 200)


@dataclass(frozen=True, slots=True)
class Books:
    """What the overview shows, as `ledger` tells it."""

    people: Sequence[Json]
    relations: Sequence[Json]
    accounts: Sequence[Json]
    settlements: Sequence[Json]
    movements: Sequence[Json]


def overview(books: Books, lang: str) -> HTMLResponse:
    """People, relations, every account, the latest settlements and movements; without script."""
    words = _WORDS[lang]
    nonce = secrets.token_urlsafe(16)
    other = LANGUAGES[1 - LANGUAGES.index(lang)]
    people = "".join(_person_row(person, lang) for person in books.people)
    families = "".join(
        _cells(
            f"{row['creator']} {row['creator_masked']}",
            f"{row['member']} {row['member_masked']}",
            row["kinship"],
            row["bound_on"],
            row["closed_at"] or "",
            row["pot"],
        )
        for row in books.relations
    )
    accounts = "".join(_cells(row["account"], row["balance"]) for row in books.accounts)
    sales = "".join(_settlement_row(row) for row in reversed(books.settlements))
    moves = "".join(
        _cells(move["at"], move["account"], move["amount"], move["kind"], move["msgid"])
        for move in reversed(books.movements)
    )
    page = f"""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(words["overview"])}</title>
<style nonce="{nonce}">
body {{ font-family: system-ui, "Noto Sans CJK SC", sans-serif; margin: 1.5rem; color: #16202a; }}
table {{ border-collapse: collapse; margin: .5rem 0 1.5rem; }}
th, td {{ border: 1px solid #b9c4cf; padding: .3rem .6rem; text-align: left; }}
td:nth-child(3), td:nth-child(4) {{ font-variant-numeric: tabular-nums; }}
</style></head><body>
<p><a href="{_href("/", lang=other)}" lang="{other}">{escape(words["other_lang_name"])}</a></p>
<h1>{escape(words["overview"])}</h1><p>{escape(words["note"])}</p>
<table>{_heads(words, "name", "who", "own", "aid", "phone")}{people}</table>
<h2>{escape(words["relations"])}</h2>
<table>{_heads(words, "creator", "member", "kinship", "bound", "closed", "aid")}{families}</table>
<h2>{escape(words["accounts"])}</h2>
<table>{_heads(words, "account", "amount")}{accounts}</table>
<h2>{escape(words["settlements"])}</h2>
<table>{_heads(words, *SALE_COLUMNS)}{sales}</table>
<h2>{escape(words["movements"])}</h2>
<table>{_heads(words, "at", "account", "amount", "kind", "message")}{moves}</table>
</body></html>"""
    return _page(page, nonce, 200)


SALE_COLUMNS = ("settlement", "who", "total", "fund", "own", "aid", "cash", "state")


def _settlement_row(row: Json) -> str:
    split = row["split"]
    assert isinstance(split, Mapping)
    parts = (split[name] for name in ("total", "fund", "own", "mutual_aid", "cash"))
    return _cells(row["setl_id"], row["person"] or "", *parts, row["state"])


def _person_row(person: Json, lang: str) -> str:
    words = _WORDS[lang]
    href = _href("/phone", person=str(person["id"]), lang=lang)
    aid = words["none"] if person["mutual_aid"] is None else person["mutual_aid"]
    cells = _cells(person["name_masked"], person[f"title_{lang}"], person["balance"], aid)
    link = f'<td><a href="{escape(href)}">{escape(words["show"])}</a></td>'
    return cells.replace("</tr>", f"{link}</tr>")


def _choice(person: Json, chosen: Json | None, lang: str) -> str:
    href = _href("/phone", person=str(person["id"]), lang=lang)
    current = ' aria-current="page"' if person is chosen else ""
    label = f"{person['name_masked']}  {person[f'title_{lang}']}"
    return f'<li><a href="{escape(href)}"{current}>{escape(label)}</a></li>'


def _heads(words: Mapping[str, str], *names: str) -> str:
    return "<tr>" + "".join(f"<th>{escape(words[name])}</th>" for name in names) + "</tr>"


def _cells(*values: object) -> str:
    return "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in values) + "</tr>"


def _href(path: str, **query: str) -> str:
    return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"


def _page(page: str, nonce: str, status: int) -> HTMLResponse:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page, status, headers)
