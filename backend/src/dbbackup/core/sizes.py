"""Sizes as people read them."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024


def human_size(size: int) -> str:
    """Return bytes in binary units with one decimal: 6385174 is `6.1 MiB`."""
    value, unit = float(size), 0
    # 1023.95 and more would be shown as 1024.0 of the smaller unit.
    while value >= _STEP - (0.05 if unit else 0) and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
