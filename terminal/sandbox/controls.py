"""What happens away from the counter: in the app, at the office, in a life, or in a test's hand.

    POST /_adjust       {"account", "amount_fen"}: money from or to elsewhere
    POST /_bind         {"creator", "member", "kinship", "bound_on"}: a mutual-aid relation
    POST /_transfer     {"creator", "amount_fen"}: own account to pot
    POST /_dissolve     {"person"}: ends a member's relation
    POST /_end          {"creator", "why"}: befalls a creator; the policy says what it ends
    POST /_status       {"person", "status", "holds"}: such as special_outpatient
    POST /_institution  {"institution", "is_designated"}
    POST /benefits      a hospital bill: who would pay what (`hospital.Bill`); changes nothing

400 for what cannot be read, 409 with a reason for what the rules do not allow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from terminal.sandbox import hospital, institutions, ledger, relations
from terminal.sandbox.bodies import BodyTooLarge, as_json, decoded
from terminal.sandbox.money import AMOUNT_FEN_MAX
from terminal.sandbox.policy import Ending, Kinship, Status
from terminal.sandbox.relations import Reason, RelationRefused
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Store, Tx

T = TypeVar("T")
Id = Annotated[str, msgspec.Meta(max_length=64)]
"""A person's, as /ledger names it."""


class Adjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: Id
    """`own:ID` or `pot:ID`, as /ledger names them."""
    amount_fen: Annotated[int, msgspec.Meta(ge=-AMOUNT_FEN_MAX, le=AMOUNT_FEN_MAX)]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator: Id
    member: Id
    kinship: Kinship
    bound_on: dt.date


class Allocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator: Id
    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_FEN_MAX)]


class Dissolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: Id


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator: Id
    why: Ending


class StatusChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: Id
    status: Status
    holds: bool


class Designation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    institution: Annotated[str, msgspec.Meta(pattern=r"^[HP][0-9]{11}$")]
    is_designated: bool


class Controls:
    def __init__(self, store: Store, rules: Rules) -> None:
        self._store = store
        self._rules = rules

    def routes(self) -> list[Route]:
        return [
            Route("/_adjust", self._adjust, methods=["POST"]),
            Route("/_bind", self._changing(Binding, self._bind), methods=["POST"]),
            Route("/_transfer", self._changing(Allocation, self._transfer), methods=["POST"]),
            Route("/_dissolve", self._changing(Dissolution, self._dissolve), methods=["POST"]),
            Route("/_end", self._changing(End, self._end), methods=["POST"]),
            Route("/_status", self._changing(StatusChange, self._status), methods=["POST"]),
            Route("/_institution", self._changing(Designation, self._designate), methods=["POST"]),
            Route("/benefits", self._benefits, methods=["POST"]),
        ]

    async def _adjust(self, request: Request) -> Response:
        try:
            wanted = await decoded(request, Adjustment)
            balance_fen = await self._store.carry_out(
                lambda tx: ledger.adjust(tx, wanted.account, wanted.amount_fen)
            )
        except (msgspec.DecodeError, BodyTooLarge) as exc:
            return as_json({"error": str(exc)}, 400)
        except (ledger.NoSuchAccount, ledger.BelowZero) as exc:
            return as_json({"error": type(exc).__name__}, 409)
        return as_json({"account": wanted.account, "balance_fen": balance_fen})

    def _bind(self, tx: Tx, wanted: Binding) -> None:
        relations.bind(
            tx,
            ledger.psn_no(tx, wanted.creator),
            ledger.psn_no(tx, wanted.member),
            wanted.kinship,
            wanted.bound_on,
            self._rules.policy.mutual_aid,
        )

    def _transfer(self, tx: Tx, wanted: Allocation) -> None:
        rules = self._rules.policy.mutual_aid
        relations.transfer(tx, ledger.psn_no(tx, wanted.creator), wanted.amount_fen, rules)

    def _dissolve(self, tx: Tx, wanted: Dissolution) -> None:
        relations.dissolve(tx, ledger.psn_no(tx, wanted.person))

    def _end(self, tx: Tx, wanted: End) -> None:
        rules = self._rules.policy.mutual_aid
        relations.end(tx, ledger.psn_no(tx, wanted.creator), wanted.why, rules)

    def _status(self, tx: Tx, wanted: StatusChange) -> None:
        psn_no = ledger.psn_no(tx, wanted.person)
        if not psn_no:
            raise RelationRefused(Reason.NO_SUCH_PERSON)
        relations.set_status(tx, psn_no, wanted.status, holds=wanted.holds)

    def _designate(self, tx: Tx, wanted: Designation) -> None:
        institutions.designate(tx, wanted.institution, is_designated=wanted.is_designated)

    def _changing(
        self, kind: type[T], change: Callable[[Tx, T], None]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def changed(request: Request) -> Response:
            """Whole or not at all."""
            try:
                wanted = await decoded(request, kind)
                await self._store.carry_out(lambda tx: change(tx, wanted))
            except (msgspec.DecodeError, BodyTooLarge) as exc:
                return as_json({"error": str(exc)}, 400)
            except RelationRefused as exc:
                return as_json({"error": exc.reason.value}, 409)
            return as_json({"ok": True})

        return changed

    async def _benefits(self, request: Request) -> Response:
        try:
            bill = await decoded(request, hospital.Bill)
        except (msgspec.DecodeError, BodyTooLarge) as exc:
            return as_json({"error": str(exc)}, 400)
        try:
            paid = hospital.work_out(bill, self._rules.hospital, self._rules.policy.mutual_aid)
        except hospital.NoRate as exc:
            return as_json({"error": str(exc)}, 409)
        return as_json(paid)
