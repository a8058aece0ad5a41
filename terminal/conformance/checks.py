"""The checklist, in the order it is run.  A line is a function with a name and a claim.

Money first moves in `settle`, and each settlement is taken back by the lines that follow it, or,
when one of them fails, at the end.
"""

from __future__ import annotations

from dataclasses import replace

from terminal.conformance.bench import Charge, Customer, Failed, Skipped
from terminal.conformance.run import Check, Run
from terminal.sale.money import NOTHING, Fen, yuan
from terminal.sale.reconcile import Booked, Group
from terminal.settlement import messages
from terminal.settlement.fields import Unreadable
from terminal.settlement.messages.accounts import Reconcile, Statement, Totals
from terminal.settlement.messages.people import Operator, SignIn
from terminal.settlement.messages.pharmacy import NameSettlement, SettlementNamed
from terminal.settlement.messages.settled import Settlement
from terminal.settlement.nodes import PHARMACY, TAKEN_BACK, lately, moment
from terminal.settlement.statement_file import result_lines
from terminal.settlement.sums import Sums, add_up

EQUAL = "000000"
"""`stmt_rslt` of 3201."""
REFERENCE_CHARS = 30
NO_SETTLEMENT = "0" * 30


# -- envelope and person


async def envelope_answer(run: Run) -> None:
    bench = run.bench
    sender = bench.sender
    who = Operator(opter_no=sender.operator, mac=sender.mac, ip=sender.ip)
    exchange = await bench.exchange(messages.SIGN_IN.infno, SignIn(signIn=who))
    reference = exchange.envelope.get("inf_refmsgid")
    if not isinstance(reference, str) or len(reference) != REFERENCE_CHARS:
        raise Failed(f"inf_refmsgid does not have {REFERENCE_CHARS} characters")


async def envelope_refusal(run: Run) -> None:
    customer = run.known_customer()
    named = SettlementNamed(setl_id=NO_SETTLEMENT, mdtrt_id="", psn_no=customer.psn_no)
    exchange = await run.bench.exchange(
        messages.FIND_SETTLEMENT.infno, NameSettlement(data=named), region=customer.region
    )
    if exchange.reply.ok:
        raise Failed("5203 finds a settlement that does not exist")
    if not exchange.reply.words:
        raise Failed("a refusal has no err_msg: the clerk would see nothing")


async def sign_in(run: Run) -> None:
    bench = run.bench
    sender = bench.sender
    who = Operator(opter_no=sender.operator, mac=sender.mac, ip=sender.ip)
    told = await bench.ask(messages.SIGN_IN, SignIn(signIn=who))
    bench.sign_no = told.signinoutb.sign_no


async def person(run: Run) -> None:
    run.customer = await run.bench.identify()
    if not run.customer.insurance.insutype or not run.customer.region:
        raise Failed("insuinfo has no insutype or no insuplc_admdvs")


# -- what a cart would cost


async def estimate(run: Run) -> None:
    customer = run.known_customer()
    cart = run.bench.cart(customer)
    run.estimate = await run.bench.ask(messages.ESTIMATE, cart, region=customer.region)
    run.balance_before = run.estimate.setlinfo.balc
    if run.estimate.setlinfo.medfee_sumamt != cart.druginfo.medfee_sumamt:
        raise Failed("medfee_sumamt is not the cart's total")


async def estimate_sums(run: Run) -> None:
    _sums(run.known_estimate())


async def wrong_total(run: Run) -> None:
    customer = run.known_customer()
    cart = run.bench.cart(customer, error_fen=1)
    exchange = await run.bench.exchange(messages.ESTIMATE.infno, cart, region=customer.region)
    if exchange.reply.ok:
        raise Failed("a total that is not the sum of its lines is taken")


# -- one settlement and its reversal


async def settle(run: Run) -> None:
    run.charge = await run.bench.settle(run.known_customer())
    run.standing.append(run.charge)
    if not run.charge.info.setl_id or not run.charge.info.mdtrt_id:
        raise Failed("setl_id or mdtrt_id is missing")


async def settle_sums(run: Run) -> None:
    _sums(run.known_charge().told)


async def settle_own_id(run: Run) -> None:
    charge = run.known_charge()
    if charge.info.medins_setl_id != charge.msgid:
        raise Failed("medins_setl_id is not the id of the message that settled")


async def settle_as_estimated(run: Run) -> None:
    expected, charge = run.known_estimate().setlinfo, run.known_charge().info
    for name in ("fund_pay_sumamt", "acct_pay", "acct_mulaid_pay", "psn_cash_pay"):
        was, became = (Fen(getattr(info, name) or 0) for info in (expected, charge))
        if was != became:
            raise Failed(f"{name}: 2101 says {yuan(was)}, 2102 {yuan(became)}")


async def query(run: Run) -> None:
    charge = run.known_charge()
    found = (await run.bench.look_up(charge)).setlinfo
    for name in ("setl_id", "medfee_sumamt", "acct_pay"):
        if getattr(found, name) != getattr(charge.info, name):
            raise Failed(f"{name} of 5203 is not that of 2102")
    if found.cash != charge.info.cash:
        raise Failed("the cash part of 5203 is not that of 2102")


async def query_by_own_id(run: Run) -> None:
    if not run.bench.profile.capabilities.query_by_own_id:
        raise Skipped("the profile does not promise capabilities.query_by_own_id")
    charge = run.known_charge()
    asked = lately(charge.customer.psn_no, run.bench.now())
    told = await run.bench.ask(messages.FIND_VISITS, asked, region=charge.customer.region)
    ours = [visit for visit in told.mdtrtinfo if visit.medins_setl_id == charge.msgid]
    if [visit.setl_id for visit in ours] != [charge.info.setl_id]:
        raise Failed("5201 has no row with our message id as medins_setl_id")


async def reverse(run: Run) -> None:
    charge = run.known_charge()
    run.taken_back = await run.bench.take_back(charge)
    run.standing.remove(charge)


async def reverse_sums(run: Run) -> None:
    sums, total = _sums(run.known_reversal()), run.known_charge().info.medfee_sumamt
    if total is None or sums.total_fen != -total:
        raise Failed("medfee_sumamt of 2103 is not the opposite of that of 2102")


async def reverse_shown(run: Run) -> None:
    run.known_reversal()
    found = (await run.bench.look_up(run.known_charge())).setlinfo
    if found.refd_setl_flag != TAKEN_BACK:
        raise Failed('5203 does not say refd_setl_flag "1" of a settlement that was taken back')


async def reverse_balance(run: Run) -> None:
    run.known_reversal()
    if run.balance_before is None:
        raise Skipped("2101 does not say what the account holds")
    now = await run.bench.projected_balance(run.known_customer())
    if now != run.balance_before:
        raise Failed("after 2103 the personal account does not hold what it held before")


async def reverse_twice(run: Run) -> None:
    run.known_reversal()
    charge = run.known_charge()
    exchange = await run.bench.exchange(
        messages.TAKE_BACK.infno, run.bench.named(charge), region=charge.customer.region
    )
    if exchange.reply.ok:
        raise Failed("a settlement can be taken back twice")


# -- lost replies


async def lost_reply(run: Run) -> None:
    """2601 of a settlement that arrived."""
    bench = run.bench
    customer = await bench.identify()
    before = await bench.projected_balance(customer)
    charge = await bench.settle(customer)
    run.standing.append(charge)
    reply = await bench.reverse(customer, charge.msgid)
    if not reply.ok:
        raise Failed(f"2601 is refused: {reply.words}")
    again = await bench.projected_balance(customer)
    if before is None:
        raise Skipped("2101 does not say what the account holds")
    if before != again:
        raise Failed("after 2601 the personal account does not hold what it held before")
    run.standing.remove(charge)


async def unknown_id(run: Run) -> None:
    """2601 of an id that has yet to arrive."""
    bench = run.bench
    customer, msgid = await bench.identify(), bench.new_msgid()
    reply = await bench.reverse(customer, msgid)
    if not bench.profile.capabilities.reversal_binds_unknown:
        answer = "accepted" if reply.ok else f"refused: {reply.words}"
        raise Skipped(f"capabilities.reversal_binds_unknown is not promised; 2601 is {answer}")
    if not reply.ok:
        raise Failed(f"2601 of an id that never arrived is refused: {reply.words}")
    late = await bench.exchange(
        messages.SETTLE.infno,
        bench.cart(customer),
        region=customer.region,
        msgid=msgid,
        token=customer.token,
    )
    if late.reply.ok:
        told = bench.told(messages.SETTLE, late)
        run.standing.append(Charge(customer, msgid, told.setlinfo, told))
        raise Failed("a message that was reversed before it arrived is carried out all the same")


async def repeated_id(run: Run) -> None:
    """The same bytes twice."""
    bench = run.bench
    if not bench.profile.capabilities.idempotent_repeat:
        raise Skipped("capabilities.idempotent_repeat is not promised")
    customer = await bench.identify()
    first = await bench.exchange(
        messages.SETTLE.infno, bench.cart(customer), region=customer.region, token=customer.token
    )
    told = [bench.told(messages.SETTLE, first)]
    again = await bench.send(first.request)
    if again.reply.ok:
        told.append(bench.told(messages.SETTLE, again))
    msgid = first.request.msgid
    made = {each.setlinfo.setl_id: Charge(customer, msgid, each.setlinfo, each) for each in told}
    run.standing += made.values()
    if len(made) > 1:
        raise Failed("a message sent twice is carried out twice")
    if not again.reply.ok:
        raise Failed(f"a message sent twice is not answered alike: {again.reply.words}")


async def foreign_content(run: Run) -> None:
    """The id of a settlement on another cart."""
    bench, charge = run.bench, run.known_charge()
    customer = await bench.identify()
    cart = bench.cart(customer)
    exchange = await bench.exchange(
        messages.SETTLE.infno,
        cart,
        region=customer.region,
        msgid=charge.msgid,
        token=customer.token,
    )
    if not exchange.reply.ok:
        return
    told = bench.told(messages.SETTLE, exchange)
    if told.setlinfo.setl_id != charge.info.setl_id:
        run.standing.append(Charge(customer, charge.msgid, told.setlinfo, told))
        raise Failed("an id that is used already settles another cart")


# -- the day's books


async def reconcile(run: Run) -> None:
    """3201 with what stands from this run, with one settlement more, and with a fen too much."""
    bench = run.bench
    customer = run.known_customer()
    place = run.known_charge().info.clr_optins
    if (await _statement(run, customer, place)).stmt_rslt != EQUAL:
        raise Skipped("the institution has other settlements today: their sums are not known here")
    charge = await bench.settle(await bench.identify())
    run.standing.append(charge)
    if (await _statement(run, customer, place)).stmt_rslt != EQUAL:
        raise Failed("3201 does not find equal what was settled")
    wrong = await _statement(run, customer, place, error_fen=1)
    if wrong.stmt_rslt == EQUAL:
        raise Failed("3201 finds equal what is a fen too much")


async def _statement(run: Run, customer: Customer, place: str, error_fen: int = 0) -> Statement:
    def total(name: str) -> Fen:
        return Fen(sum(getattr(charge.info, name) or 0 for charge in run.standing))

    today = moment(run.bench.now())[:10]
    totals = Totals(
        insutype=customer.insurance.insutype,
        clr_type=PHARMACY,
        setl_optins=place,
        stmt_begndate=today,
        stmt_enddate=today,
        medfee_sumamt=Fen(total("medfee_sumamt") + error_fen),
        fund_pay_sumamt=total("fund_pay_sumamt"),
        acct_pay=total("acct_pay"),
        fixmedins_setl_cnt=len(run.standing),
    )
    told = await run.bench.ask(messages.RECONCILE, Reconcile(data=totals))
    return told.stmtinfo


async def reconcile_file(run: Run) -> None:
    """3202 with a settlement that is a fen too much; the result is for the lines after this."""
    bench = run.bench
    charge = await bench.settle(await bench.identify())
    run.standing.append(charge)
    rows = [_as_booked(each) for each in run.standing]
    forged = replace(rows[-1], total_fen=Fen(rows[-1].total_fen + 1))
    file = await bench.compared([*rows[:-1], forged], charge.info.clr_optins)
    try:
        lines = result_lines(file)
    except Unreadable as exc:
        raise Failed(f"9102: {exc}") from exc
    own = {row.settlement_id for row in rows}
    # The institution may have settled for others today: those are not this run's to judge.
    run.result = tuple(line for line in lines if line.settlement_id in own)


async def reconcile_rows(run: Run) -> None:
    forged = run.standing[-1].info.setl_id if run.result is not None else ""
    if [line.settlement_id for line in run.known_result()] != [forged]:
        raise Failed("3202 does not name exactly the settlement that is a fen too much")


async def reconcile_own_id(run: Run) -> None:
    by_settlement = {charge.info.setl_id: charge.msgid for charge in run.standing}
    named = run.known_result()
    if not named:
        raise Skipped("needs reconcile.rows")
    if any(line.message_id != by_settlement[line.settlement_id] for line in named):
        raise Failed("a line of the result does not carry the id of the message that settled")


def _as_booked(charge: Charge) -> Booked:
    info = charge.info
    return Booked(
        charge.msgid,
        info.setl_id,
        info.mdtrt_id,
        "",
        charge.customer.psn_no,
        Group(charge.customer.insurance.insutype, PHARMACY, info.clr_optins),
        info.setl_time[:10],
        info.medfee_sumamt or NOTHING,
        info.fund_pay_sumamt or NOTHING,
        info.acct_pay or NOTHING,
        info.cash or NOTHING,
    )


def _sums(told: Settlement) -> Sums:
    try:
        return add_up(told.setlinfo, told.setldetail, told.detlcutinfo)
    except Unreadable as exc:
        raise Failed(str(exc)) from exc


CHECKLIST: dict[str, tuple[Check, str]] = {
    "envelope": (envelope_answer, "an answer is an envelope with a reference of 30 characters"),
    "sign-in": (sign_in, "9001 gives a sign_no"),
    "person": (person, "1101 knows the voucher and says where its owner is insured"),
    "refusal": (envelope_refusal, "a refusal is an envelope with infcode -1 and words"),
    "estimate": (estimate, "2101 is of the cart's total"),
    "estimate.sums": (estimate_sums, "2101 adds up (I1 to I7)"),
    "estimate.total": (wrong_total, "a total that is not the sum of its lines is refused"),
    "settle": (settle, "2102 gives setl_id and mdtrt_id"),
    "settle.sums": (settle_sums, "2102 adds up (I1 to I7)"),
    "settle.own-id": (settle_own_id, "medins_setl_id is the sender's message id"),
    "settle.as-estimated": (settle_as_estimated, "2102 divides the amount as 2101 said"),
    "query": (query, "5203 shows what 2102 settled"),
    "query.own-id": (query_by_own_id, "5201 finds a settlement by the sender's message id"),
    "foreign-content": (foreign_content, "an id that is used does not settle another cart"),
    "reverse": (reverse, "2103 takes a settlement back"),
    "reverse.sums": (reverse_sums, "2103 adds up and is the exact opposite"),
    "reverse.shown": (reverse_shown, "5203 says that a settlement was taken back"),
    "reverse.balance": (reverse_balance, "2103 gives the money back"),
    "reverse.twice": (reverse_twice, "a second 2103 is refused"),
    "lost-reply": (lost_reply, "2601 takes back a settlement by the id of its message"),
    "unknown-id": (unknown_id, "2601 of an id that never arrived refuses it for ever"),
    "repeated-id": (repeated_id, "a message sent twice counts once and is answered alike"),
    "reconcile": (reconcile, "3201 tells equal sums from unequal ones"),
    "reconcile.file": (reconcile_file, "9101, 3202 and 9102 give a result that can be read"),
    "reconcile.rows": (reconcile_rows, "3202 names exactly the settlement that differs"),
    "reconcile.own-id": (reconcile_own_id, "it names it by the sender's message id"),
}
"""Line -> what is done, and what must come of it."""
