"""Parts of pictures."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drivers.region import Region, region_of

edges = st.integers(-300, 300)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    left, top = draw(edges), draw(edges)
    return Region(left, top, left + draw(st.integers(0, 300)), top + draw(st.integers(0, 300)))


@given(regions(), st.integers(1, 90), st.integers(1, 90))
def test_what_is_within_a_picture_can_be_cut_from_it(
    region: Region, height: int, width: int
) -> None:
    picture = np.zeros((height, width), np.uint8)
    inside = region.within(picture)
    assert inside.cut(picture).shape == (inside.height, inside.width)
    assert inside.within(picture) == inside
    rows, columns = np.mgrid[0:height, 0:width]
    held = (columns >= region.left) & (columns < region.right)
    held &= (rows >= region.top) & (rows < region.bottom)
    assert inside.width * inside.height == np.count_nonzero(held)


@given(regions(), regions())
def test_what_is_around_two_holds_both_and_is_the_smallest(one: Region, other: Region) -> None:
    both = one.around(other)
    assert both == other.around(one)
    assert both.left in (one.left, other.left)
    assert both.left <= min(one.left, other.left)
    assert both.bottom == max(one.bottom, other.bottom)
    assert one.around(one) == one


@given(regions(), st.integers(1, 9))
def test_most_of_a_region_lies_in_itself_and_in_what_is_wider(region: Region, factor: int) -> None:
    is_something = region.width > 0 and region.height > 0
    assert region.mostly_in(region) == is_something
    assert region.mostly_in(region.wider(0.5)) == is_something
    assert region.times(factor).width == factor * region.width
    beside = Region(region.right, region.top, region.right + 9, region.bottom)
    assert not region.mostly_in(beside)


def test_the_region_of_corners_holds_them_all() -> None:
    corners = ((10.5, 20.0), (90.2, 25.0), (80.0, 99.9), (5.0, 95.0))
    assert region_of(corners) == Region(5, 20, 91, 100)
