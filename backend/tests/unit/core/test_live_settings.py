from __future__ import annotations

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.core.live_settings import LiveSettings, build, specs


def test_specs_when_read_then_every_field_has_a_key_words_and_a_default_that_fits() -> None:
    found = specs()
    assert {spec.field for spec in found.values()} == set(LiveSettings.__struct_fields__)
    assert all("." in key and spec.description for key, spec in found.items())
    assert build({key: spec.default for key, spec in found.items()}) == LiveSettings()


def test_build_when_values_are_given_then_the_rest_are_defaults() -> None:
    assert build({"backup.maxConcurrent": 7}) == LiveSettings(max_concurrent=7)


def test_build_when_keys_or_values_are_wrong_then_all_are_named() -> None:
    with pytest.raises(ValidationError) as raised:
        build({"backup.maxConcurrent": 0, "backup.noSuch": 1})
    assert [detail.field for detail in raised.value.details] == ["backup.maxConcurrent", "backup.noSuch"]
    assert "There is no setting backup.noSuch." in raised.value.message
