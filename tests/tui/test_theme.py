"""Every set of colours can be read, and a key goes through them."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from terminal.tui.shares import Payer
from terminal.tui.theme import CONTRAST, DARK, LIGHT, THEMES
from tests.tui.counter import counter

LEAST = {DARK.name: 4.5, LIGHT.name: 4.5, CONTRAST.name: 7.0}
"""Contrast of text: WCAG 2.2, success criteria 1.4.3 and 1.4.6."""


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 to 1."""
    parts = [part / 255 for part in Color.parse(color).rgb]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def pairs(theme: Theme) -> dict[str, tuple[str, str]]:
    """What is written on what, by name."""
    own = theme.variables
    texts = {
        "foreground": theme.foreground,
        "primary": theme.primary,
        "secondary": theme.secondary,
        "warning": theme.warning,
        "error": theme.error,
        "success": theme.success,
        "muted": own["muted"],
        **{payer.value: own[payer.value] for payer in Payer},
    }
    grounds = {"background": theme.background, "surface": theme.surface}
    found = {
        f"{text} on {ground}": (str(texts[text]), str(grounds[ground]))
        for text in texts
        for ground in grounds
    }
    for name in ("name", "chosen", "key", *(payer.value for payer in Payer)):
        found[f"{name} on its ground"] = (own[name], own[f"{name}-ground"])
    found["background on error"] = (str(theme.background), str(theme.error))
    found["foreground on panel"] = (str(theme.foreground), str(theme.panel))
    return found


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_stands_out_from_its_ground(theme: Theme) -> None:
    faint = {
        name: round(contrast(text, ground), 2)
        for name, (text, ground) in pairs(theme).items()
        if contrast(text, ground) < LEAST[theme.name]
    }
    assert faint == {}


def test_every_set_names_the_same_colours() -> None:
    assert len({frozenset(theme.variables) for theme in THEMES}) == 1


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


async def test_ctrl_t_goes_through_all_of_them(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        seen = [at.app.theme]
        before = at.app.screen.styles.background
        for _ in THEMES:
            await at.press("ctrl+t")
            seen.append(at.app.theme)
        assert seen == [*(theme.name for theme in THEMES), THEMES[0].name]
        await at.press("ctrl+t")
        assert at.app.screen.styles.background != before
