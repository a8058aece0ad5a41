"""The panels of the screen.  One rule: each is shown a value and draws it; none asks the till."""
