"""The colours.  The four payers' are told apart by every common kind of colour blindness.

Source: Okabe and Ito, "Color Universal Design", 2008: blue, bluish green, orange and reddish
purple, here lightened until they stand on a dark ground.
"""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="gongji",
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
