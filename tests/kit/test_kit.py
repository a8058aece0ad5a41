"""Each recording of the kit gives what was accepted, whichever way it goes; spoilt, it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.recording import load
from terminal.cli import main
from terminal.recorded import Expected, Outcome, differences, load_expected
from tests.kit.cases import CASES, Case
from tests.kit.make import FOLDER, judged, path_of, write
from tests.kit.paths import into_till, recorded_news, through_devices
from tests.kit.verdicts import verdicts

BYTES_MAX = 5_000_000
"""All recordings together: they are in the repository."""
TIMES = 3

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def expected_of(case: Case) -> Expected:
    expected = load_expected(path_of(case))
    assert expected is not None
    return expected


def scans_of(case: Case) -> list[Outcome]:
    return [outcome for outcome in expected_of(case).outcomes if outcome.bytes]


def test_every_case_is_recorded_and_nothing_else() -> None:
    assert {path.stem for path in FOLDER.glob("*.mcap")} == {case.name for case in CASES}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < BYTES_MAX


def test_the_whole_kit_is_verified_by_the_command_a_stranger_would_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["scans", "verify", str(FOLDER)]) == 0
    assert f"{len(CASES)} of {len(CASES)} give what was accepted" in capsys.readouterr().out


@each_case
def test_straight_it_gives_the_same_each_time(case: Case) -> None:
    expected = expected_of(case)
    for _ in range(TIMES):
        assert list(differences(expected.outcomes, judged(path_of(case)))) == []


@each_case
def test_without_what_it_is_about_it_gives_something_else(case: Case, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.mcap"
    write(case, case.spoil(list(load(path_of(case)).entries)), spoilt)
    came = judged(spoilt)
    assert list(differences(expected_of(case).outcomes, came)) != []
    codes = [outcome.sha256 for outcome in came if outcome.bytes]
    assert codes != [scan.sha256 for scan in scans_of(case)]


@each_case
async def test_through_pretend_devices_the_same_codes_come_and_the_same_news(
    case: Case, tmp_path: Path
) -> None:
    came = await through_devices(path_of(case), tmp_path, len(case.codes))
    assert [payload for _, payload in came.scans] == list(case.codes)
    assert [aim for aim, _ in came.scans] == [scan.symbology for scan in scans_of(case)]
    assert came.news == recorded_news(path_of(case))


@each_case
async def test_a_running_till_makes_of_it_what_it_should(case: Case, tmp_path: Path) -> None:
    wanted = verdicts(case, scans_of(case))
    assert await into_till(path_of(case), tmp_path, len(wanted)) == wanted


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.device != "camera1"], ids=lambda case: case.name
)
def test_what_is_recorded_is_what_the_case_says(case: Case) -> None:
    """Not so of pictures: another version of a library may draw another pixel."""
    assert tuple(case.entries()) == tuple(load(path_of(case)).entries)
