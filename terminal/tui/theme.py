"""The colours, in three sets: dark, light, and one of the highest contrast.

The four payers' are told apart by every common kind of colour blindness.  Source: Okabe and Ito,
"Color Universal Design", 2008: blue, bluish green, orange and reddish purple, here lightened until
they stand on a dark ground and darkened until they stand on a light one.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="dark",
    primary="#6cb6ff",
    secondary="#8ea6c8",
    warning="#f2c14e",
    error="#e5534b",
    success="#57c785",
    accent="#6cb6ff",
    foreground="#e6e9ee",
    background="#10151c",
    surface="#161d27",
    panel="#202a37",
    dark=True,
    variables={
        "muted": "#98a4b5",
        "faint": "#5d6a7b",
        "fund": "#5aa9e6",
        "fund-ground": "#123a5c",
        "personal": "#3fc79a",
        "personal-ground": "#0d4536",
        "mutual_aid": "#f0a33a",
        "mutual_aid-ground": "#573806",
        "cash": "#d99ac1",
        "cash-ground": "#4d2a40",
        "name": "#10151c",
        "name-ground": "#e6e9ee",
        "chosen": "#ffffff",
        "chosen-ground": "#2f5f95",
        "key": "#10151c",
        "key-ground": "#8ea6c8",
    },
)

LIGHT = Theme(
    name="light",
    primary="#0b5cad",
    secondary="#41546e",
    warning="#8a5a00",
    error="#b3261e",
    success="#1a6b3c",
    accent="#0b5cad",
    foreground="#16202c",
    background="#f7f8fa",
    surface="#ffffff",
    panel="#e3e8ee",
    dark=False,
    variables={
        "muted": "#4c5a6b",
        "faint": "#8c98a8",
        "fund": "#0b5cad",
        "fund-ground": "#d3e6f8",
        "personal": "#0b6b4f",
        "personal-ground": "#cdeee2",
        "mutual_aid": "#8a4f00",
        "mutual_aid-ground": "#fbe3c0",
        "cash": "#8a2f68",
        "cash-ground": "#f3d9e9",
        "name": "#ffffff",
        "name-ground": "#16202c",
        "chosen": "#ffffff",
        "chosen-ground": "#0b5cad",
        "key": "#ffffff",
        "key-ground": "#41546e",
    },
)

CONTRAST = Theme(
    name="contrast",
    primary="#7fd4ff",
    secondary="#ffffff",
    warning="#ffe14d",
    error="#ff9d96",
    success="#7dffb0",
    accent="#7fd4ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    dark=True,
    variables={
        "muted": "#e0e0e0",
        "faint": "#a8a8a8",
        "fund": "#8fd0ff",
        "fund-ground": "#00233f",
        "personal": "#7dffd0",
        "personal-ground": "#002e20",
        "mutual_aid": "#ffc978",
        "mutual_aid-ground": "#3a2200",
        "cash": "#ffc4e6",
        "cash-ground": "#3a0a28",
        "name": "#000000",
        "name-ground": "#ffffff",
        "chosen": "#000000",
        "chosen-ground": "#ffe14d",
        "key": "#000000",
        "key-ground": "#ffffff",
    },
)

THEMES = (DARK, LIGHT, CONTRAST)
"""In the order in which a key goes through them."""
