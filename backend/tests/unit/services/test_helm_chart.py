"""The Helm chart fits the program, the images and its own schema; with Helm's library at hand it is rendered, too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with the development tools, without types

from dbbackup.core.live_settings import specs

REPOSITORY = Path(__file__).resolve().parents[4]
CHART = REPOSITORY / "docker" / "helm" / "dbbackup"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
TEMPLATES = {path.name: path.read_text() for path in sorted((CHART / "templates").iterdir())}
KEY = "k" * 32
FULL: dict[str, Any] = {
    "encryption": {"key": KEY},
    "admin": {"username": "root", "password": "a long password"},
    "s3": {"bucket": "backups", "accessKeyId": "id", "secretAccessKey": "secret", "endpoint": "https://s3.example.com"},
    "ingress": {"enabled": True, "host": "backups.example.com", "tlsSecret": "tls"},
    "persistence": {"existingClaim": "mine"},
    "database": {"existingSecret": "catalogue"},
}
REFUSED: list[dict[str, Any]] = [
    {},
    {"encryption": {"key": "short"}},
    {"encryption": {"key": KEY}, "s3": {"bucket": "backups"}},
    {"encryption": {"key": KEY}, "admin": {"username": "root"}},
    {"encryption": {"key": KEY}, "settings": {"ENCRYPTION_KEY": "in the open"}},
    {"encryption": {"key": KEY}, "settings": {"DATABASE_URL": "with a password"}},
    {"encryption": {"key": KEY}, "ingress": {"enabled": True}},
    {"encryption": {"key": KEY}, "replicas": 2},
]


def test_templates_when_read_then_they_ask_only_for_values_there_are() -> None:
    asked = {name for text in TEMPLATES.values() for name in re.findall(r"\.Values\.([\w.]+)", text)}
    assert len(asked) > 20
    for name in asked:
        found: Any = VALUES
        for part in name.split("."):
            if name.startswith("settings."):
                break
            assert part in found, f"values.yaml has no {name}"
            found = found[part]


def test_schema_when_compared_with_the_values_then_it_names_each_of_them() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert VALUES.keys() == schema["properties"].keys() - {"global"}
    for name, value in VALUES.items():
        known = schema["properties"][name].get("properties", {})
        if isinstance(value, dict) and value and name != "settings":
            assert value.keys() == known.keys(), name


def test_environment_when_set_by_the_chart_then_the_program_knows_each_variable() -> None:
    modules = (REPOSITORY / "backend" / "src" / "dbbackup" / "settings").glob("*.py")
    source = "".join(module.read_text() for module in modules)
    known = {spec.environment for spec in specs().values()} | set(re.findall(r'"([A-Z][A-Z0-9_]+)"', source))
    named = set(re.findall(r"^  ([A-Z][A-Z0-9_]+):", TEMPLATES["configmap.yaml"], re.MULTILINE))
    files = {
        name.removesuffix("_FILE") for name in re.findall(r"name: ([A-Z0-9_]+_FILE)", TEMPLATES["statefulset.yaml"])
    }
    assert files == {"ENCRYPTION_KEY", "DATABASE_URL", "ADMIN_PASSWORD", "S3_SECRET_ACCESS_KEY"}
    assert (named | files | VALUES["settings"].keys()) - known == set()


def test_pod_when_compared_with_the_images_then_user_paths_and_health_check_are_theirs() -> None:
    image = (REPOSITORY / "docker" / "api.Dockerfile").read_text()
    pod = TEMPLATES["statefulset.yaml"]
    command = ", ".join(json.loads(re.findall(r"CMD (\[.*healthcheck.*\])", image)[0]))
    assert pod.count(f"command: [{command}]") == 2
    assert "USER 1001:1001" in image
    assert pod.count("1001") == 3
    for path in ("/app/data", "/run/dbbackup"):
        assert path in image
        assert f"mountPath: {path} }}" in pod


def test_chart_when_rendered_by_helm_then_whole_and_bad_values_are_refused() -> None:
    helm = pytest.importorskip("helm_python.chart", reason="Helm's library (helm-python-sdk) is not installed")
    for values in ({"encryption": {"key": KEY}}, FULL):
        told = helm.lint(CHART, values=values)
        assert told["errors"] == []
        assert [message["error"] for message in told["messages"]] == ["icon is recommended"]
    with helm.Chart.load(CHART) as chart:
        made = chart.render(values=FULL, name="demo")
        kinds = [
            document["kind"]
            for name, text in made.items()
            if name.endswith(".yaml")
            for document in yaml.safe_load_all(text)
        ]
        assert sorted(kinds) == ["ConfigMap", "Ingress", "Secret", "Service", "Service", "StatefulSet"]
        pod = yaml.safe_load(made["dbbackup/templates/statefulset.yaml"])["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] == 60
        assert {volume["name"] for volume in pod["volumes"]} == {
            mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]
        }
        for values in REFUSED:
            with pytest.raises(Exception, match=r"schema|is needed"):
                chart.render(values=values, name="demo")
