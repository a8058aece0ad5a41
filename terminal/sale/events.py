"""Everything that can happen at the till, and how it is written down.

One list of frozen dataclasses serves four readers: the journal stores them, the screen draws them,
the headless command prints them as JSON, and tests compare them.  An event states a fact in the
past tense and carries codes, never prose.  No event holds the text of a code, an unmasked name or
an identity number.

`Event` changes a sale and is journalled before anyone sees it.  `Notice` is only told: it changes
nothing and is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from terminal.sale.answers import DayRead, Reconciled, SaleFound, SalesListed
from terminal.sale.money import NOTHING, Fen


class Account(StrEnum):
    """Who is asked to pay."""

    INSURANCE = "insurance"
    """The platform, which divides the amount among fund, personal and mutual-aid by itself."""
    FUND = "fund"
    """The pooled fund alone; the accounts are then asked one by one."""
    PERSONAL = "personal"
    MUTUAL_AID = "mutual_aid"


class ShownAs(StrEnum):
    """What a customer showed to be known by."""

    SIGNED = "signed"
    """A code that proves itself; its id is the number the platform wants."""
    OPAQUE = "opaque"
    """A code the platform decoded."""
    CARD = "card"
    """The number of a social-security card."""
    IDENTITY = "identity"
    """The number of an identity card."""


class Decline(StrEnum):
    """Why an account did not pay.  Nothing has moved."""

    INSUFFICIENT = "insufficient"
    """The account holds less than was asked; `available_fen` says how much."""
    NO_ACCOUNT = "no_account"
    """The customer has no such account."""
    SUSPENDED = "suspended"
    VOUCHER_EXPIRED = "voucher_expired"
    VOUCHER_USED = "voucher_used"
    UNREACHABLE = "unreachable"
    """No connection could be made, so the charge never left the till."""
    REFUSED = "refused"
    """Any other reason; the platform's own words say which."""


@dataclass(frozen=True, slots=True)
class Split:
    """Who paid how much of one charge, or of a whole sale."""

    fund_fen: Fen = NOTHING
    personal_fen: Fen = NOTHING
    mutual_aid_fen: Fen = NOTHING

    @property
    def paid_fen(self) -> Fen:
        return Fen(self.fund_fen + self.personal_fen + self.mutual_aid_fen)

    def __add__(self, other: Split) -> Split:
        return Split(
            Fen(self.fund_fen + other.fund_fen),
            Fen(self.personal_fen + other.personal_fen),
            Fen(self.mutual_aid_fen + other.mutual_aid_fen),
        )


UNPAID = Split()


@dataclass(frozen=True, slots=True)
class Clearing:
    """How the platform books a settlement, in its own convention: what reconciliation adds up."""

    at: str
    """`setl_time`, China time, yyyy-MM-dd HH:mm:ss; empty where the reply told none."""
    kind: str
    """`clr_type`; empty as above."""
    place: str
    """`clr_optins`; empty as above."""
    fund_fen: Fen
    """`fund_pay_sumamt`; some platforms count the accounts in it."""
    account_fen: Fen
    """`acct_pay`; some platforms count the mutual aid in it."""
    cash_fen: Fen


@dataclass(frozen=True, slots=True)
class SaleOpened:
    at: str
    """ISO 8601, UTC."""
    replaces: str = ""
    """The refunded sale whose kept goods this one settles anew; empty for an ordinary sale."""


@dataclass(frozen=True, slots=True)
class LineAdded:
    line: int
    """1, 2, 3 … within the sale; never used again after a removal."""
    code: str
    """The goods' own code: usually the EAN-13."""
    name: str
    unit_fen: Fen
    quantity: int
    insurance_code: str = ""
    """`med_list_codg` of the national catalogue; empty: not an insured item."""
    insurance_class: str = ""
    """甲, 乙, or empty for wholly own cost."""
    trace_prefix: str = ""
    """First seven digits of the trace code on each box; empty: none is asked for."""
    price_limit_fen: Fen | None = None
    """Of one unit (限价), as it was known when the goods were added; shown, never reckoned with."""
    first_share_bp: int | None = None
    """First share of the customer (先自付比例) in hundredths of a per cent; as above."""

    @property
    def amount_fen(self) -> Fen:
        return Fen(self.unit_fen * self.quantity)


@dataclass(frozen=True, slots=True)
class LineRemoved:
    line: int


@dataclass(frozen=True, slots=True)
class QuantitySet:
    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class BoxScanned:
    """One box of a line, by the trace code on it (药品追溯码): in one sale only, as long as that
    sale stands."""

    line: int
    code: str
    """20 digits; the first seven name the product."""


@dataclass(frozen=True, slots=True)
class SaleHeld:
    """Put aside for the next customer (挂单).  A voucher read before is let go: it would be stale
    when the sale comes back."""


@dataclass(frozen=True, slots=True)
class SaleRecalled:
    """Back on the counter (解单)."""


@dataclass(frozen=True, slots=True)
class VoucherAccepted:
    """A verified voucher, reserved for this sale: its (issuer, voucher_id) is used from now on."""

    issuer: str
    voucher_id: str
    """32 lower-case hex digits; of a signed voucher sent to the platform as `mdtrt_cert_no`."""
    holder: str
    """Pseudonym of the holder at this issuer, 32 hex digits.  Same holder, same pseudonym."""
    masked_name: str
    region: str
    """Six digits, where the customer is insured."""
    insutype: str
    """310 employees, 390 residents …"""
    by_relative: bool
    """True: shown by a relative through 亲情账户; it is still the holder's money."""
    channel: str
    expires_at: int
    """Seconds since 1970 UTC."""
    shown_as: ShownAs = ShownAs.SIGNED
    """Of any other, `voucher_id` and `holder` are pseudonyms only this till can make again; the
    number itself is never written down."""


@dataclass(frozen=True, slots=True)
class PersonIdentified:
    """The platform's answer to the voucher (1101)."""

    psn_no: str
    """The platform's number for the person; not an identity number."""
    insutype: str
    region: str
    masked_name: str
    balance_fen: Fen | None
    """Of the personal account; None where the insurance type has none."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A pre-settlement (2101).  Moves no money and promises none."""

    total_fen: Fen
    fund_fen: Fen
    personal_fen: Fen | None
    """None: this platform does not say before the account is asked."""
    mutual_aid_fen: Fen | None
    """None: as above."""


@dataclass(frozen=True, slots=True)
class SelfPayAgreed:
    """The customer pays all of it: no account is asked, and a voucher read before is let go."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The clerk and the customer saw the quote and said yes; charges may follow."""


@dataclass(frozen=True, slots=True)
class ConfirmationLapsed:
    """The yes no longer holds: ask again before anything new is charged."""

    cause: str
    """"restart", "given_up" (a charge without an answer was taken back), "declined" (an account
    said no, and no other may be asked instead) or "differs" (it was charged, but not as quoted)."""


@dataclass(frozen=True, slots=True)
class ChargeIntended:
    """About to be sent, and sent at most once.  Durable before a byte is on the wire."""

    key: str
    """The message id (`msgid`) of the charge: its name for ever."""
    account: Account
    amount_fen: Fen
    digest: str
    """SHA-256 of the exact request body, hex."""


@dataclass(frozen=True, slots=True)
class ChargeApproved:
    key: str
    settlement_id: str
    """`setl_id`, or the platform's serial number of an account debit."""
    visit_id: str
    """`mdtrt_id`; a reversal needs it beside the settlement id."""
    split: Split
    """What was really paid; never more than was asked."""
    balance_after_fen: Fen | None
    """Of the personal account, where the reply told it."""
    clearing: Clearing | None = None
    """None: a debit of one account, which no statement lists, or an event of an older journal."""


@dataclass(frozen=True, slots=True)
class ChargeDeclined:
    key: str
    reason: Decline
    available_fen: Fen
    """With INSUFFICIENT: what the account holds.  Otherwise 0."""
    words: str
    """The platform's own words, filtered for display."""


@dataclass(frozen=True, slots=True)
class ChargeUnknown:
    """May or may not have happened.  Not a kind of declined."""

    key: str
    cause: str
    """A code: "restart", "ReadTimeout", "HTTP 503", "sums" …"""


@dataclass(frozen=True, slots=True)
class ChargeRepeated:
    """About to be sent again, the same bytes under the same id: the platform promises that this
    counts once."""

    key: str


@dataclass(frozen=True, slots=True)
class ReversalIntended:
    """From now on this charge is to end as reversed, whatever its late answer says."""

    key: str
    reversal_key: str
    """The message id of the reversal; the same on every retry."""


@dataclass(frozen=True, slots=True)
class ChargeLanded:
    """A charge without an answer turned out to stand while it was being reversed by its message.
    From now on it is reversed by its own number, under a new id."""

    key: str
    settlement_id: str
    visit_id: str
    reversal_key: str


@dataclass(frozen=True, slots=True)
class ChargeReversed:
    """The platform promises that the charge has no effect, now or later."""

    key: str


@dataclass(frozen=True, slots=True)
class CashTaken:
    amount_fen: Fen
    """What stays in the drawer."""
    tendered_fen: Fen
    """What the customer handed over; the difference is the change."""


@dataclass(frozen=True, slots=True)
class CancelRequested:
    reason: str
    """"clerk" or "restart"."""


@dataclass(frozen=True, slots=True)
class SaleSettled:
    at: str


@dataclass(frozen=True, slots=True)
class SaleVoided:
    at: str


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """A settled sale is to be taken back, all of it: no platform takes back a part."""

    reason: str
    keeps: tuple[int, ...] = ()
    """Lines the customer keeps, to be settled anew; empty: everything came back."""


@dataclass(frozen=True, slots=True)
class SaleRefunded:
    """Every account has its share back; the cash share is the clerk's to hand out."""

    at: str
    cash_fen: Fen


@dataclass(frozen=True, slots=True)
class ReceiptPrinted:
    """A slip left the till.  The first is the original, every later one is a 补打."""


Event = (
    SaleOpened
    | LineAdded
    | LineRemoved
    | QuantitySet
    | BoxScanned
    | SaleHeld
    | SaleRecalled
    | VoucherAccepted
    | PersonIdentified
    | Quoted
    | SelfPayAgreed
    | Confirmed
    | ConfirmationLapsed
    | ChargeIntended
    | ChargeApproved
    | ChargeDeclined
    | ChargeUnknown
    | ChargeRepeated
    | ReversalIntended
    | ChargeLanded
    | ChargeReversed
    | CashTaken
    | CancelRequested
    | SaleSettled
    | SaleVoided
    | RefundRequested
    | SaleRefunded
    | ReceiptPrinted
)
EVENTS: dict[str, type[Event]] = {cls.__name__: cls for cls in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Refused:
    """The clerk asked for something that is not possible now."""

    reason: str
    """A key of the message catalogue below `refused`."""


@dataclass(frozen=True, slots=True)
class VoucherRefused:
    """A code that is a voucher but is not valid.  Nothing from it is shown."""

    reason: str
    """A reason code of `terminal.voucher`, such as "expired" or "signature"."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """The platform is asked what a code stands for; nothing else is done meanwhile."""

    seconds_max: float
    """How long at most."""


@dataclass(frozen=True, slots=True)
class CodeNotUsable:
    """A code that was read but is neither a valid voucher nor goods of this shop."""

    kind: str
    """What it looks like: "wechat_pay", "trace_code", "unknown" …"""
    text: str
    """Filtered and shortened; empty where the content is none of our business."""


@dataclass(frozen=True, slots=True)
class BoxKnown:
    """This box was sold before, or is in this sale already; it is not counted again."""

    code: str
    sale_id: str
    """Where it is; the sale on the counter, or one that was settled."""
    here: bool
    """Whether that is the sale on the counter."""


@dataclass(frozen=True, slots=True)
class PlatformRefused:
    """The platform answered no to a question that moves no money."""

    question: str
    """"sign_in", "identify" or "quote"."""
    reason: Decline
    words: str


@dataclass(frozen=True, slots=True)
class PlatformSilent:
    """The platform gave no usable answer to a question that moves no money."""

    question: str
    cause: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A charge or reversal has no answer yet; the till asks again by itself."""

    sale_id: str
    doing: str
    """"asking" or "reversing"."""
    next_in_seconds: float
    gives_up_in_seconds: float | None
    """Until an unanswered charge is reversed; None while reversing, which never gives up."""
    words: str = ""
    """What the platform said to the latest try, filtered for display."""


@dataclass(frozen=True, slots=True)
class ScannerChanged:
    url: str
    state: str
    """"ready" or "lost"."""
    detail: str


@dataclass(frozen=True, slots=True)
class PrinterFailed:
    """A slip could not be written.  The sale is settled all the same; print it again later."""

    sale_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class PrinterChanged:
    """The printer began to fail, or prints again.  Slips wait meanwhile; no sale does."""

    url: str
    state: str
    """"ready", or why not: "paper_out", "cover_open", "hangs" …"""
    waiting: int
    """How many slips wait for it."""


@dataclass(frozen=True, slots=True)
class DayClosed:
    """A Z report was written; what it says is in the journal for ever."""

    z: int
    report: str
    """JSON of a `terminal.sale.day.DayReport`."""
    witness: str
    """To print: shows later whether the journal is still the one it was."""


@dataclass(frozen=True, slots=True)
class ClockApart:
    """This machine's clock and the platform's differ by more than they should."""

    seconds: int
    """Positive: the platform's is ahead."""


@dataclass(frozen=True, slots=True)
class KeysAgeing:
    """The list of voucher issuers should have been renewed by now; it still counts."""

    state: str
    """"bundle_ageing" or "bundle_ending"."""


@dataclass(frozen=True, slots=True)
class GoodsRefused:
    """The platform does not take a row of goods sold or returned; the sale stands all the same."""

    sale_id: str
    line: int
    name: str
    words: str
    """The platform's own, filtered for display."""


Notice = (
    Refused
    | VoucherRefused
    | Decoding
    | CodeNotUsable
    | BoxKnown
    | PlatformRefused
    | PlatformSilent
    | Waiting
    | ScannerChanged
    | PrinterFailed
    | PrinterChanged
    | DayClosed
    | DayRead
    | SalesListed
    | SaleFound
    | Reconciled
    | ClockApart
    | KeysAgeing
    | GoodsRefused
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal record: which sale, which change of it, and what happened."""

    sale_id: str
    version: int
    """1 for the first event of the sale; the journal refuses a version it already has."""
    event: Event
