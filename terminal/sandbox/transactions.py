"""One handler for each transaction number, and what holds for all of them.

One rule: a message that may move money is answered once.  Its id, what it asked for and the reply
are kept with the money, in the same transaction; the same id again gets the same reply, or, where
the id was reversed in the meantime, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from terminal.sandbox import (
    debit,
    files,
    goods,
    identity,
    publishing,
    purchase,
    query,
    records,
    statement,
    undo,
)
from terminal.sandbox.nodes import Malformed
from terminal.sandbox.records import Message
from terminal.sandbox.rules import Repeat, Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal, Writer, read_call
from terminal.sandbox.wrong import Wrong, distorted

Handler = Callable[[Tx, Call, Rules], Output | bytes]
"""Bytes are a file, which has no envelope."""

HANDLERS: Mapping[str, Handler] = {
    "9001": identity.sign_in,
    "9002": identity.sign_out,
    "1101": identity.identify,
    "1162": identity.decode,
    "2101": purchase.quote,
    "2102": purchase.settle,
    "2103": undo.cancel,
    "2601": undo.reverse_message,
    "5201": query.visits,
    "5203": query.settlement,
    "3201": statement.compare,
    **dict.fromkeys(publishing.FILES, publishing.name_file),
    **dict.fromkeys(publishing.LISTS, publishing.page),
    "3202": statement.compare_rows,
    "9101": files.upload,
    "9102": files.download,
    "3505": goods.tell_one,
    "3505A": goods.tell_many,
    "3506": goods.tell_returned,
    "X101": debit.debit,
    "X102": debit.reverse,
    "X103": debit.ask,
}

MOVES_MONEY = ("2102", "2103", "X101")
TAKES_BACK = ("2601", "X102")
"""These need no memory: carrying them out twice is carrying them out once."""

BOUND = "该报文已被冲正"
OTHER_CONTENT = "报文编号 msgid 已用于另一报文"


class Platform:
    """Answers envelopes, each inside one transaction of the store."""

    def __init__(self, rules: Rules, writer: Writer) -> None:
        self._rules = rules
        self._writer = writer

    def answer(self, tx: Tx, envelope: Mapping[str, object], received: float) -> bytes:
        """The reply envelope of one request, carried out; of a 9102, the file.

        received   when the request came in, seconds since 1970 UTC
        Raises     nothing for anything a caller can send
        """
        try:
            call = read_call(envelope)
        except Malformed as exc:
            return self._refuse(tx, Refusal(str(exc)), received)
        if call.infno in (*MOVES_MONEY, *TAKES_BACK):
            records.hold(tx, _psn_no(call))
        if call.infno in MOVES_MONEY:
            return self._once(tx, call, received)
        return self._carry_out(tx, call, received)

    def _once(self, tx: Tx, call: Call, received: float) -> bytes:
        earlier = records.message(tx, call.msgid)
        if earlier is not None:
            if earlier.is_reversed:
                return self._refuse(tx, Refusal(BOUND), received)
            if earlier.digest != call.digest or earlier.institution != call.institution:
                return self._refuse(tx, Refusal(OTHER_CONTENT), received)
            if self._rules.repeat is Repeat.FIRST_REPLY:
                assert earlier.reply is not None
                return earlier.reply
        reply = self._carry_out(tx, call, received)
        if earlier is not None:
            records.reply_instead(tx, call.msgid, reply)
            return reply
        records.remember(
            tx,
            Message(
                msgid=call.msgid,
                infno=call.infno,
                psn_no=_psn_no(call),
                institution=call.institution,
                digest=call.digest,
                is_reversed=False,
                reply=reply,
            ),
        )
        return reply

    def _carry_out(self, tx: Tx, call: Call, received: float) -> bytes:
        """A refusal leaves nothing behind but, for an account debit, the note of it."""
        try:
            with tx.attempt():
                output = HANDLERS[call.infno](tx, call, self._rules)
                if isinstance(output, bytes):
                    return output
                if self._rules.wrong:
                    output = distorted(self._rules.wrong, call.infno, output)
        except Refusal as refusal:
            if call.infno == "X101":
                debit.note_refusal(tx, call, refusal)
            return self._refuse(tx, refusal, received)
        return self._writer.accept(output, received=received, now=tx.now, serial=tx.serial("reply"))

    def _refuse(self, tx: Tx, refusal: Refusal, received: float) -> bytes:
        is_silent = Wrong.SILENT_REFUSAL in self._rules.wrong
        return self._writer.refuse(
            "" if is_silent else refusal.err_msg,
            refusal.output,
            received=received,
            now=tx.now,
            serial=tx.serial("reply"),
        )


def _psn_no(call: Call) -> str:
    """Of the person a message that changes the books is about."""
    (about,) = call.input["druginfo" if "druginfo" in call.input else "data"]
    return about.text("psn_no")
