"""The counter's screen: draws what the till says, turns keys into commands, holds no truth.

`TillApp` is the application; nothing in this package imports httpx, a driver or the journal.
"""

from terminal.tui.app import TillApp
from terminal.tui.demo_controls import DemoControls
from terminal.tui.desk import ShopFacts

__all__ = ["DemoControls", "ShopFacts", "TillApp"]
