"""Instants as the wire writes them: China time, whole seconds or milliseconds, no zone."""

from __future__ import annotations

import datetime as dt

CHINA = dt.timezone(dt.timedelta(hours=8))


def china(now: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(now, CHINA)


def seconds_text(now: float) -> str:
    """`2026-11-22 10:05:09`."""
    return china(now).strftime("%Y-%m-%d %H:%M:%S")


def compact(now: float) -> str:
    """`20261122100509`: 14 digits."""
    return china(now).strftime("%Y%m%d%H%M%S")


def milliseconds_text(now: float) -> str:
    """17 digits: yyyyMMddHHmmssSSS."""
    moment = china(now)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def is_moment(text: str) -> bool:
    """`yyyy-MM-dd HH:mm:ss` and a day that exists."""
    return _fits(text, 19, "%Y-%m-%d %H:%M:%S")


def is_day(text: str) -> bool:
    return _fits(text, 10, "%Y-%m-%d")


def _fits(text: str, length: int, pattern: str) -> bool:
    if len(text) != length or not text.isascii():
        return False
    try:
        dt.datetime.strptime(text, pattern).replace(tzinfo=CHINA)
    except ValueError:
        return False
    return True
