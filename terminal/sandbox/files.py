"""9101 and 9102: files beside the messages.

Own choices: the node of 9101's reply is `fsUploadOut`; a file is kept for ever, whatever
`dld_endtime` says, and only for the institution that uploaded it or that it was made for.
"""

from __future__ import annotations

import base64
import binascii

from terminal.sandbox import publishing
from terminal.sandbox.moment import compact, seconds_text
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal
from terminal.sandbox.wrong import Wrong

KEPT_SECONDS = 7 * 86_400
NOT_FOUND = "未找到该文件"


def upload(tx: Tx, call: Call, rules: Rules) -> Output:
    """9101."""
    (given,) = call.input["fsUploadIn"]
    if given.text("fixmedins_code") != call.institution:
        raise Refusal("fsUploadIn.fixmedins_code 与报文不符")
    try:
        content = base64.b64decode(given.text("in"), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refusal("fsUploadIn.in 不是 Base64") from exc
    named = keep(tx, call.institution, given.text("filename"), content)
    return {"fsUploadOut": {**named, "fixmedins_code": call.institution}}


def download(tx: Tx, call: Call, rules: Rules) -> bytes:
    """9102: the file itself, without an envelope; the institution's own, or a published one."""
    (wanted,) = call.input["fsDownloadIn"]
    own = kept(tx, call.institution, wanted.text("file_qury_no"))
    if own is None:
        return publishing.send_file(tx, call, rules)
    filename, content = own
    if wanted.text("filename") != filename:
        raise Refusal(NOT_FOUND)
    return content[: len(content) // 2] if Wrong.CUT_FILE in rules.wrong else content


def keep(tx: Tx, institution: str, filename: str, data: bytes) -> dict[str, object]:
    """Stores a file for an institution; how it is named to it."""
    number = f"F{compact(tx.now)}{tx.serial('file'):010d}"
    tx.run("INSERT INTO files VALUES (?, ?, ?, ?)", number, institution, filename, data)
    until = seconds_text(tx.now + KEPT_SECONDS)
    return {"file_qury_no": number, "filename": filename, "dld_endtime": until}


def kept(tx: Tx, institution: str, file_qury_no: str) -> tuple[str, bytes] | None:
    """Name and content of a file of this institution; None: it has none of that number."""
    row = tx.row(
        "SELECT filename, content FROM files WHERE file_qury_no = ? AND institution = ?",
        file_qury_no,
        institution,
    )
    return (row["filename"], row["content"]) if row else None
