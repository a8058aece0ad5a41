from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.drivers.cameras import EMPTY, WebCamera


@pytest.fixture
def camera() -> Iterator[WebCamera]:
    """A web camera that looks at an empty counter."""
    with closing(WebCamera(EMPTY)) as switched_on:
        yield switched_on
