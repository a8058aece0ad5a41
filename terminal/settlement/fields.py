"""The fields of a message: what is read from a reply, and what may be written into a request.

One rule: read tolerantly, write strictly.  A reply may give an amount as a number, as text, null
or "", and may leave any field out; a request must be exactly what the interface names, so a field
that is empty, too long or has too many decimals is refused by its full name, `node.field`, before
a byte is sent.  An optional field that is empty is not sent at all.

A message is a msgspec Struct whose annotations say kind and length; the reader and the writer here
are made from them.  msgspec's own decoder cannot be this tolerant: it has no "" for an amount and
no number for a text.

Source: the national interface (医保定点医药机构接口); kinds as it counts them: text by characters,
money 16,2, prices 16,6, counts 16,4, ratios 5,4.
"""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from terminal.sale.money import AMOUNT_FEN_MAX, Fen, yuan
from terminal.text import visible

Json = Mapping[str, object]
"""One JSON object as it arrived."""


class Unreadable(Exception):
    """A reply that cannot be what it claims to be; the message names node and field."""


class Unsendable(Exception):
    """A request the interface does not allow; the message names node and field."""


@dataclass(frozen=True, slots=True)
class Places:
    """`digits,decimals` of a number that is not money, as the interface writes them."""

    digits: int
    decimals: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text must look like when it is sent."""

    pattern: re.Pattern[str]
    words: str


@dataclass(frozen=True, slots=True)
class Echoed:
    """Given by the platform and sent back to it: what `write` would refuse, `read` refuses."""


def _text(chars_max: int) -> msgspec.Meta:
    return msgspec.Meta(max_length=chars_max)


Text1 = Annotated[str, _text(1)]
Text2 = Annotated[str, _text(2)]
Text3 = Annotated[str, _text(3)]
Text4 = Annotated[str, _text(4)]
Text6 = Annotated[str, _text(6)]
Text10 = Annotated[str, _text(10)]
Text12 = Annotated[str, _text(12)]
Text17 = Annotated[str, _text(17)]
Text20 = Annotated[str, _text(20)]
Text30 = Annotated[str, _text(30)]
Text32 = Annotated[str, _text(32)]
Text40 = Annotated[str, _text(40)]
Text50 = Annotated[str, _text(50)]
Text100 = Annotated[str, _text(100)]
Text150 = Annotated[str, _text(150)]
Text200 = Annotated[str, _text(200)]
Text500 = Annotated[str, _text(500)]
Text1000 = Annotated[str, _text(1000)]
Text1024 = Annotated[str, _text(1024)]
Text2000 = Annotated[str, _text(2000)]
Text4000 = Annotated[str, _text(4000)]
LongText = Annotated[str, _text(10_000_000)]
"""A file in base64."""
Id6 = Annotated[str, _text(6), Echoed()]
Id30 = Annotated[str, _text(30), Echoed()]
Day = Annotated[str, Shape(re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), "yyyy-MM-dd")]
Moment = Annotated[
    str, Shape(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII), "yyyy-MM-dd HH:mm:ss")
]
"""China time."""
Count = Annotated[Decimal, Places(16, 4)]
Price = Annotated[Decimal, Places(16, 6)]
"""Yuan for one unit."""
Ratio = Annotated[Decimal, Places(5, 4)]
Days = Annotated[Decimal, Places(4, 2)]

S = TypeVar("S", bound=msgspec.Struct)

_OBJECT = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)


def read(kind: type[S], given: Json, where: str = "") -> S:
    """One node of a reply; unknown fields are passed over.  Raises Unreadable.

    where  the node's name for messages, "" for `output` itself
    """
    values: dict[str, object] = {}
    for field in _fields(kind):
        value, name = given.get(field.name), _full(where, field.name)
        if value is None or value == "":
            if field.is_required:
                raise Unreadable(f"{name} is missing")
        else:
            values[field.attribute] = field.kind.read(value, name)
    return kind(**values)


def write(message: msgspec.Struct, where: str = "") -> dict[str, object]:
    """One node of a request, ready for `msgspec.json.encode`.  Raises Unsendable."""
    written: dict[str, object] = {}
    for field in _fields(type(message)):
        value, name = getattr(message, field.attribute), _full(where, field.name)
        if value is None or value == "" or value == ():
            if field.is_required:
                raise Unsendable(f"{name} is empty")
        else:
            written[field.name] = field.kind.write(value, name)
    return written


def amount(value: object, name: str) -> Fen:
    """Yuan, as a JSON number or as text, in fen.  Raises Unreadable.

    More than two decimals are refused unless they are zeros.
    """
    fen = _decimal(value, name) * 100
    if abs(fen) > AMOUNT_FEN_MAX or fen != fen.to_integral_value():
        raise Unreadable(f"{name} is not an amount in whole fen")
    return Fen(int(fen))


def text(value: object, name: str) -> str:
    """A text, numbers read as text.  Raises Unreadable."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(f"{name} is not text")
    return str(value)


def parse_object(content: bytes, name: str) -> Json:
    """Raises Unreadable."""
    try:
        return _OBJECT.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Unreadable(f"{name} is not a JSON object") from exc


def child(given: Json, name: str) -> Json:
    """A node that must be there; a list of one counts.  Raises Unreadable."""
    return _object(given.get(name), name)


# -- how one field is read and written


@dataclass(frozen=True, slots=True)
class _Kind:
    read: Callable[[Any, str], object]
    write: Callable[[Any, str], object]


@dataclass(frozen=True, slots=True)
class _Field:
    attribute: str
    name: str
    """As the wire calls it."""
    is_required: bool
    kind: _Kind


@functools.cache
def _fields(struct: type[msgspec.Struct]) -> tuple[_Field, ...]:
    hints = get_type_hints(struct, include_extras=True)
    return tuple(
        _Field(field.name, field.encode_name, field.required, _kind(hints[field.name]))
        for field in msgspec.structs.fields(struct)
    )


def _kind(hint: Any) -> _Kind:
    """How an annotation is read and written.  An annotation without one is a bug."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (option for option in get_args(hint) if option is not type(None))
    extras: tuple[object, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        extras = tuple(rest)
    if get_origin(hint) is tuple:
        return _list_of(get_args(hint)[0])
    if hint is Fen:
        return _Kind(amount, _write_amount)
    if hint is str:
        return _text_kind(extras)
    if hint is Decimal:
        (places,) = extras
        assert isinstance(places, Places)
        return _Kind(_decimal, functools.partial(_write_decimal, places))
    if hint is int:
        return _Kind(_whole, _write_whole)
    assert issubclass(hint, msgspec.Struct)
    return _Kind(lambda value, name: read(hint, _object(value, name), name), write)


def _list_of(struct: type[msgspec.Struct]) -> _Kind:
    """A single node counts as a list of one."""

    def read_all(value: object, name: str) -> object:
        rows = value if isinstance(value, list) else [value]
        if not all(isinstance(row, dict) for row in rows):
            raise Unreadable(f"{name} is not a list of nodes")
        return tuple(read(struct, row, f"{name}[{at}]") for at, row in enumerate(rows))

    def write_all(rows: tuple[msgspec.Struct, ...], name: str) -> object:
        return [write(row, f"{name}[{at}]") for at, row in enumerate(rows)]

    return _Kind(read_all, write_all)


def _text_kind(extras: tuple[object, ...]) -> _Kind:
    chars_max = next((e.max_length for e in extras if isinstance(e, msgspec.Meta)), None)
    shape = next((e for e in extras if isinstance(e, Shape)), None)
    is_echoed = any(isinstance(e, Echoed) for e in extras)

    def read_text(value: object, name: str) -> str:
        told = text(value, name)
        if is_echoed and chars_max is not None and len(told) > chars_max:
            raise Unreadable(f"{name} has {len(told)} characters, at most {chars_max}")
        if is_echoed and visible(told, len(told)) != told:
            raise Unreadable(f"{name} has characters that cannot be shown")
        return told

    def write_text(value: str, name: str) -> str:
        if chars_max is not None and len(value) > chars_max:
            raise Unsendable(f"{name} has {len(value)} characters, at most {chars_max}")
        if shape and not shape.pattern.fullmatch(value):
            raise Unsendable(f"{name} is not {shape.words}")
        if visible(value, len(value)) != value:
            raise Unsendable(f"{name} has characters that cannot be shown")
        return value

    return _Kind(read_text, write_text)


def _write_amount(value: Fen, name: str) -> msgspec.Raw:
    """A JSON number in yuan with exactly two decimals: 1205 -> 12.05."""
    if abs(value) > AMOUNT_FEN_MAX:
        raise Unsendable(f"{name} is not an amount a counter sees")
    return msgspec.Raw(yuan(value).encode())


def _write_decimal(places: Places, value: Decimal, name: str) -> msgspec.Raw:
    if not value.is_finite():
        raise Unsendable(f"{name} is not a number")
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > places.decimals:
        raise Unsendable(f"{name} has more than {places.decimals} decimals")
    if abs(value) >= 10 ** (places.digits - places.decimals):
        raise Unsendable(f"{name} has more than {places.digits - places.decimals} digits")
    return msgspec.Raw(f"{value:f}".encode())


def _write_whole(value: int, name: str) -> int:
    if not 0 <= value < 10**10:
        raise Unsendable(f"{name} is not a count of at most ten digits")
    return value


def _decimal(value: object, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Unreadable(f"{name} is not a number")
    try:
        number = Decimal(str(value))
    except InvalidOperation as exc:
        raise Unreadable(f"{name} is not a number") from exc
    if not number.is_finite() or number.adjusted() > 20:
        raise Unreadable(f"{name} is not a number")
    return number


def _whole(value: object, name: str) -> int:
    number = _decimal(value, name)
    if number != number.to_integral_value():
        raise Unreadable(f"{name} is not a whole number")
    return int(number)


def _object(value: object, name: str) -> Json:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is missing" if value in (None, "") else f"{name} is not a node")
    return value


def _full(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
