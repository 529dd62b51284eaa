"""Checks the repair of npm lock files."""

from devtools.complete_npm_lock import complete


def test_complete_when_an_optional_package_is_missing_adds_it_for_its_platform() -> None:
    lock = {
        "packages": {
            "node_modules/tool": {
                "dev": True,
                "optionalDependencies": {"@tool/cli-linux-x64-musl": "1.2.3", "@tool/cli-linux-x64": "1.2.3"},
            },
            "node_modules/@tool/cli-linux-x64": {"version": "1.2.3"},
        }
    }
    assert complete(lock) == ["@tool/cli-linux-x64-musl"]
    assert lock["packages"]["node_modules/@tool/cli-linux-x64-musl"] == {
        "version": "1.2.3",
        "optional": True,
        "dev": True,
        "cpu": ["x64"],
        "os": ["linux"],
        "libc": ["musl"],
    }


def test_complete_when_the_version_is_a_range_leaves_it_out() -> None:
    lock = {"packages": {"node_modules/tool": {"optionalDependencies": {"fsevents": "^2.3.3"}}}}
    assert complete(lock) == []
