"""A secret does not show itself; sizes show themselves well."""

from __future__ import annotations

import pickle
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core.secret import Secret
from dbbackup.core.sizes import human_size

VALUE = "gh31m-w0rt"
SECRET = Secret(VALUE)


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        "{}".format(SECRET),  # noqa: UP032
        "%s %r" % (SECRET, SECRET),  # noqa: UP031
        repr([SECRET]),
        repr({"password": SECRET}),
    ],
)
def test_secret_when_shown_in_any_way_is_three_stars(shown: str) -> None:
    assert VALUE not in shown
    assert "***" in shown


def test_secret_when_formatted_with_a_width_refuses_rather_than_shows() -> None:
    with pytest.raises(TypeError):
        format(SECRET, ">40")


def test_secret_when_in_a_traceback_is_hidden() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(f"bad {secret}")

    try:
        fail(SECRET)
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    assert VALUE not in "".join(shown).replace(f"VALUE = {VALUE!r}", "")


def test_secret_when_looked_into_has_no_dict() -> None:
    assert not hasattr(SECRET, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(object.__new__(Secret), protocol=0)


@settings(deadline=None)
@given(st.text(), st.text())
def test_secret_when_compared_is_equal_by_value_only(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) != one
    assert hash(Secret(one)) == hash(Secret(one))
    assert bool(Secret(one)) is bool(one)
    assert Secret(one).reveal() == one


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (6385174, "6.1 MiB"),
        (1 << 30, "1.0 GiB"),
        (5 << 40, "5.0 TiB"),
        (3 << 60, "3072.0 PiB"),
        ((1 << 20) - 1, "1.0 MiB"),
    ],
)
def test_human_size_when_given_bytes_takes_the_unit_that_fits(size: int, shown: str) -> None:
    assert human_size(size) == shown
