"""The alert rules and the dashboard ask only for metrics that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
GRAFANA = REPOSITORY / "docker" / "grafana"
SOURCE = REPOSITORY / "backend" / "src" / "dbbackup" / "services" / "metrics.py"


def known() -> set[str]:
    """Return the names the program gives, as its source has them."""
    source = SOURCE.read_text()
    names = set(re.findall(r'"(dbbackup_\w+)"', source))
    names |= {f"dbbackup_{name}" for name in re.findall(r'(?:_of_database|_gauge)\(\s*"(\w+)"', source)}
    return (names - {"dbbackup_runs"}) | {"dbbackup_runs_total"}


def test_rules_and_dashboard_when_read_then_every_metric_is_one_that_exists() -> None:
    dashboard = json.loads((GRAFANA / "dashboard.json").read_text())
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    rules = (GRAFANA / "alerts.yaml").read_text()
    used = set(re.findall(r"dbbackup_\w+", asked + rules))
    assert len(used) > 10
    assert used <= known(), used - known()
