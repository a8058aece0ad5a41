"""The customer: what was shown, who that is, and who would pay.  Nothing here charges.

What the platform tells is written down before it is used; whatever it does not tell may be asked
again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from terminal.checkout.book import Book
from terminal.checkout.setup import Setup
from terminal.checkout.shown import ToDecode
from terminal.sale.commands import ShowCard
from terminal.sale.events import (
    Confirmed,
    Decoding,
    Event,
    Notice,
    PersonIdentified,
    PlatformRefused,
    PlatformSilent,
    Quoted,
    Refused,
    ShownAs,
)
from terminal.sale.evolve import evolve
from terminal.sale.sale import Sale
from terminal.sale.steps import Intend, next_step
from terminal.settlement.outcome import Declined, Person, Unknown

Take = Callable[[tuple[Event, ...] | Notice], Awaitable[None]]


class Customer:
    def __init__(self, setup: Setup, book: Book, take: Take) -> None:
        """take  puts events on the counter, in a new sale where there is none, or tells a notice"""
        self._book, self._take, self._platform = book, take, setup.platform
        self._reception, self._rule, self._clock = setup.reception, setup.rule, setup.clock
        self._opaque_codes = setup.profile.opaque_codes
        self._token_seconds = setup.profile.capabilities.token_seconds_max

    async def welcome(self, events: tuple[Event, ...] | Notice) -> None:
        """Takes them; where a customer came with them, asks who that is and who would pay."""
        before = self._book.counter
        await self._take(events)
        sale = self._book.counter
        if sale and sale.voucher and (before is None or before.voucher is not sale.voucher):
            await self._identify()
            if self._book.counter and self._book.counter.person and self._book.counter.lines:
                await self.quote()

    async def decode(self, code: ToDecode) -> None:
        """Moves no money and may be tried again; what it told is written down before it is used."""
        rule = self._opaque_codes
        assert rule
        self._book.tell(Decoding(rule.seconds_max))
        answer = await self._platform.decode(code.text)
        if isinstance(answer, Declined | Unknown):
            self.tell_failure("decode", answer)
            return
        now = self._clock.now()
        pseudonyms = self._reception.pseudonyms
        accepted = pseudonyms.decoded(code, answer, now, self._token_seconds)
        events = self._reception.welcome(self._book.counter, self._book.last, accepted, now)
        if isinstance(events, tuple):
            self._platform.proofs.keep(accepted.voucher_id, ShownAs.OPAQUE, answer.token)
        await self.welcome(events)

    async def show_card(self, command: ShowCard) -> None:
        """In place of a code; or the same card again, for a sale that lost its number at a
        restart."""
        card = self._reception.pseudonyms.card(command)
        if isinstance(card, Refused):
            self._book.tell(card)
            return
        sale, proofs = self._book.counter, self._platform.proofs
        voucher = sale.voucher if sale else None
        if voucher and voucher.shown_as is card.shown_as and voucher.holder == card.holder:
            proofs.keep(voucher.voucher_id, card.shown_as, card.number, card.card_sn)
            if sale and sale.editable and sale.lines:
                await self.quote()
            else:
                self._book.tell(Refused("card_known"))
        elif sale and not sale.editable:
            self._book.tell(Refused("not_now"))
        else:
            accepted = self._reception.pseudonyms.accepted(card, self._clock.now())
            proofs.keep(accepted.voucher_id, card.shown_as, card.number, card.card_sn)
            await self.welcome((accepted,))

    def would_charge(self, sale: Sale) -> bool:
        """Whether an account is asked next once the customer has said yes."""
        return isinstance(next_step(evolve(sale, sale.sale_id, Confirmed()), self._rule), Intend)

    def lacks_proof(self, sale: Sale) -> bool:
        """Whether what the customer showed has to be shown again: only its pseudonym is left."""
        return bool(sale.voucher and self._platform.proofs.of(sale.voucher) is None)

    async def _identify(self) -> None:
        sale = self._book.counter
        assert sale
        answer = await self._platform.identify(sale)
        if isinstance(answer, Person):
            identified = PersonIdentified(
                answer.psn_no,
                answer.insutype,
                answer.region,
                answer.masked_name,
                answer.balance_fen,
            )
            await self._book.record(sale.sale_id, identified)
        else:
            self.tell_failure("identify", answer)

    async def quote(self) -> None:
        """Identifies the customer where that has not succeeded yet, then asks for the split."""
        sale = self._book.counter
        if sale is None or not sale.lines or sale.total_fen == 0:
            self._book.tell(Refused("no_goods"))
        elif not sale.editable:
            self._book.tell(Refused("not_now"))
        elif sale.voucher is None:
            self._book.tell(Refused("no_voucher"))
        elif self.lacks_proof(sale):
            self._book.tell(Refused("show_again"))
        else:
            if sale.person is None:
                await self._identify()
            await self._estimate()

    async def _estimate(self) -> None:
        sale = self._book.counter
        if sale is None or sale.person is None:
            return
        first = self._rule.order(sale.person.insutype)[0]
        answer = await self._platform.estimate(sale, first)
        if isinstance(answer, Declined | Unknown):
            self.tell_failure("quote", answer)
        else:
            quoted = Quoted(
                sale.total_fen, answer.fund_fen, answer.personal_fen, answer.mutual_aid_fen
            )
            await self._book.record(sale.sale_id, quoted)

    def tell_failure(self, question: str, answer: Declined | Unknown) -> None:
        if isinstance(answer, Declined):
            self._book.tell(PlatformRefused(question, answer.reason, answer.words))
        else:
            self._book.tell(PlatformSilent(question, answer.cause))
