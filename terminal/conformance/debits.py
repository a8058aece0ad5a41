"""Lines for platforms where the terminal debits the accounts: X101, X102, X103."""

from __future__ import annotations

from terminal.conformance.bench import Bench, Charge, Customer, Exchange, Failed, Skipped
from terminal.conformance.run import Check, Run
from terminal.profile import Mode
from terminal.sale.money import Fen
from terminal.settlement import messages
from terminal.settlement.messages.pharmacy import (
    AskDebit,
    Debit,
    Debited,
    DebitNamed,
    NameDebit,
)
from terminal.settlement.nodes import BY_VOUCHER

OWN_ACCOUNT = "1"
AMOUNT = Fen(1)
"""Of the test debits: any test person's account holds a fen."""


def _debits(bench: Bench) -> None:
    if bench.profile.mode is not Mode.TERMINAL_FALLS_BACK:
        raise Skipped("the platform divides the amount itself (mode platform_splits)")


async def _debit(run: Run, charge: Charge, amount: Fen, msgid: str = "") -> Exchange:
    customer = charge.customer
    asked = Debit(
        psn_no=customer.psn_no,
        mdtrt_cert_type=BY_VOUCHER,
        mdtrt_cert_no=customer.token,
        mdtrt_id=charge.info.mdtrt_id,
        setl_id=charge.info.setl_id,
        acct_type=OWN_ACCOUNT,
        amt=amount,
    )
    return await run.bench.exchange(
        messages.DEBIT.infno, AskDebit(data=asked), region=customer.region, msgid=msgid
    )


async def _found(run: Run, customer: Customer, msgid: str) -> Debited:
    about = NameDebit(data=DebitNamed(psn_no=customer.psn_no, omsgid=msgid))
    told = await run.bench.ask(messages.FIND_DEBIT, about, region=customer.region)
    return told.acctinfo


async def _reversed(run: Run, customer: Customer, msgid: str) -> None:
    about = NameDebit(data=DebitNamed(psn_no=customer.psn_no, omsgid=msgid))
    await run.bench.ask(messages.REVERSE_DEBIT, about, region=customer.region)


async def debit(run: Run) -> None:
    """One debit, asked about, taken back, and asked about again."""
    _debits(run.bench)
    charge = await run.bench.settle(await run.bench.identify())
    run.standing.append(charge)
    made = await _debit(run, charge, AMOUNT)
    told = run.bench.told(messages.DEBIT, made).acctinfo
    msgid = made.request.msgid
    if told.pay_amt != AMOUNT or told.medins_setl_id != msgid or not told.trns_id:
        raise Failed("X101: pay_amt, medins_setl_id or trns_id is not that of this debit")
    if (await _found(run, charge.customer, msgid)).stas != "1":
        raise Failed("X103 does not know a debit that was made")
    await _reversed(run, charge.customer, msgid)
    if (await _found(run, charge.customer, msgid)).stas != "3":
        raise Failed("X103 does not say that a debit was reversed")


async def debit_all_or_nothing(run: Run) -> None:
    _debits(run.bench)
    charge = await run.bench.settle(await run.bench.identify())
    run.standing.append(charge)
    person = charge.info.borne_by_person
    if person is None:
        raise Skipped("2102 does not say what the person bears")
    exchange = await _debit(run, charge, Fen(person + 1))
    if exchange.reply.ok:
        await _reversed(run, charge.customer, exchange.request.msgid)
        raise Failed("X101 takes more than is left of the person's part")


async def debit_unknown_id(run: Run) -> None:
    """X102 of an id that has yet to arrive."""
    _debits(run.bench)
    bench = run.bench
    if not bench.profile.capabilities.reversal_binds_unknown:
        raise Skipped("the profile does not promise capabilities.reversal_binds_unknown")
    charge = await bench.settle(await bench.identify())
    run.standing.append(charge)
    msgid = bench.new_msgid()
    await _reversed(run, charge.customer, msgid)
    late = await _debit(run, charge, AMOUNT, msgid)
    if late.reply.ok:
        await _reversed(run, charge.customer, msgid)
        raise Failed("a debit that was reversed before it arrived is carried out all the same")


CHECKLIST: dict[str, tuple[Check, str]] = {
    "debit": (debit, "X101 debits, X103 tells of it, X102 takes it back"),
    "debit.all-or-nothing": (debit_all_or_nothing, "X101 takes no more than is left"),
    "debit.unknown-id": (debit_unknown_id, "X102 of an id that never arrived refuses it for ever"),
}
