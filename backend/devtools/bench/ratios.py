"""Keeps what a bench measured: tables for people, JSON to compare the next run with."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devtools.bench.figures import Figures, mib

WORSE = 1.5
"""A ratio that grew by more than this is a regression, and no noise: the spread of ten pairs stays well below."""


@dataclass
class Rounds:
    """What was measured of one database, round by round, by the name of what was done."""

    title: str
    figures: dict[str, list[Figures]] = field(default_factory=dict)

    def add(self, name: str, figures: Figures) -> None:
        """Note one measurement; the n-th of each name belong to the same round."""
        self.figures.setdefault(name, []).append(figures)

    def ratio(self, above: str, below: str) -> list[float]:
        """Return the ratios of the wall times, round by round."""
        pairs = zip(self.figures[above], self.figures[below], strict=True)
        return [a.wall / b.wall for a, b in pairs]

    def print_figures(self) -> None:
        """Print the medians of each thing measured, and the peak memory of its programs."""
        print(f"\n{self.title}\n{'':<44} {'min s':>7} {'median':>7} {'max s':>7} {'CPU s':>7} {'MiB out':>8}  peak MiB")
        for name, all_of_it in self.figures.items():
            walls = [one.wall for one in all_of_it]
            cpu = statistics.median(one.cpu for one in all_of_it)
            out = mib(statistics.median(one.written for one in all_of_it))
            spread = f"{min(walls):>7.2f} {statistics.median(walls):>7.2f} {max(walls):>7.2f}"
            print(f"{name:<44} {spread} {cpu:>7.2f} {out:>8.1f}  {_peaks(all_of_it)}")


def _peaks(figures: Sequence[Figures]) -> str:
    most: dict[str, int] = {}
    for one in figures:
        for name, peak in one.peaks.items():
            most[name] = max(most.get(name, 0), peak)
    return ", ".join(f"{name} {peak}" for name, peak in most.items())


def print_ratios(ratios: Mapping[str, Sequence[float]]) -> None:
    """Print the spread of each ratio."""
    print(f"\n{'ratios of wall time, round by round':<76} {'n':>3} {'min':>6} {'median':>6} {'max':>6}")
    for name, values in ratios.items():
        spread = f"{min(values):>6.2f} {statistics.median(values):>6.2f} {max(values):>6.2f}"
        print(f"{name:<76} {len(values):>3} {spread}")


def write(path: Path, machine: str, ratios: Mapping[str, Sequence[float]]) -> None:
    """Write the ratios as JSON, for a later run to be compared with."""
    rounded = {name: [round(value, 3) for value in values] for name, values in ratios.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "ratios": rounded}, indent=1) + "\n")


def regressions(now: Mapping[str, Sequence[float]], before: Mapping[str, Sequence[float]]) -> list[str]:
    """Say which medians are clearly worse than in the run before; only ratios that both runs have are compared.

    Of every ratio less is better. Raises ValueError when nothing can be compared.
    """
    both = [name for name in before if name in now]
    if not both:
        raise ValueError("The two runs have no ratio in common: nothing was compared")
    found = []
    for name in both:
        is_now, was = statistics.median(now[name]), statistics.median(before[name])
        if is_now > WORSE * was:
            found.append(f"{name}: {was:.2f} before, {is_now:.2f} now")
    return found
