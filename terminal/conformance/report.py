"""The report of a run: for people, for programs, and for whatever reads JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from xml.etree import ElementTree

from terminal.conformance.run import Line, Verdict
from terminal.profile import Profile

MARKS = {Verdict.PASSED: "ok", Verdict.FAILED: "FAILED", Verdict.SKIPPED: "-"}


def text(profile: Profile, lines: Sequence[Line]) -> str:
    width = max(len(line.name) for line in lines)
    rows = [f"{profile.name} at {profile.url}"]
    for line in lines:
        rows.append(f"  {MARKS[line.verdict]:<6}  {line.name:<{width}}  {line.claim}")
        if line.words:
            rows.append(f"  {'':<6}  {'':<{width}}    {line.words}")
    counts = ", ".join(f"{_count(lines, verdict)} {verdict.value}" for verdict in Verdict)
    rows.append(counts)
    if profile.unverified:
        rows.append(f"not verified with the bureau: {', '.join(profile.unverified)}")
    return "\n".join(rows)


def as_json(profile: Profile, lines: Sequence[Line]) -> dict[str, object]:
    return {
        "profile": profile.name,
        "url": profile.url,
        "unverified": list(profile.unverified),
        "passed": _count(lines, Verdict.PASSED),
        "failed": _count(lines, Verdict.FAILED),
        "skipped": _count(lines, Verdict.SKIPPED),
        "lines": [asdict(line) for line in lines],
    }


def junit(profile: Profile, lines: Sequence[Line]) -> str:
    suite = ElementTree.Element(
        "testsuite",
        name=f"conformance of {profile.name}",
        tests=str(len(lines)),
        failures=str(_count(lines, Verdict.FAILED)),
        skipped=str(_count(lines, Verdict.SKIPPED)),
        time=f"{sum(line.seconds for line in lines):.3f}",
    )
    for line in lines:
        case = ElementTree.SubElement(
            suite, "testcase", classname=profile.name, name=line.name, time=f"{line.seconds:.3f}"
        )
        if line.verdict is not Verdict.PASSED:
            kind = "failure" if line.verdict is Verdict.FAILED else "skipped"
            ElementTree.SubElement(case, kind, message=line.words)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _count(lines: Sequence[Line], verdict: Verdict) -> int:
    return sum(line.verdict is verdict for line in lines)
