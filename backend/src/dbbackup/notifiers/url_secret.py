"""What notifiers share whose one secret is a URL."""

from __future__ import annotations

from dbbackup.core.errors import DeliveryError, ValidationError
from dbbackup.net.http import Answer, origin
from dbbackup.notifiers.base import Secrets

_MAX_WAIT = 3600.0


def check_url(secrets: Secrets) -> None:
    """Refuse a URL that is missing or none. Raises ValidationError naming `settings.url`."""
    if "url" not in secrets:
        raise ValidationError.of("settings.url", "Enter the URL that messages are sent to.")
    try:
        origin(secrets["url"].reveal())
    except ValidationError as error:
        raise ValidationError.of("settings.url", error.message) from error


def shown_url(secrets: Secrets) -> str:
    """Return the part of the URL that is no secret."""
    return f"{origin(secrets['url'].reveal())}/…"


def accepted(answer: Answer) -> str:
    """Say what was answered. Raises DeliveryError unless it means success."""
    where = answer.headers.get("location")
    if where and 300 <= answer.status < 400:
        raise DeliveryError(
            f"The answer was {answer.status}, a redirect. Redirects are not followed: enter the final URL."
        )
    if not answer.ok:
        said = f": {answer.text}" if answer.text else ""
        raise DeliveryError(f"The answer was {answer.status}{said}.", retry_after=_retry_after(answer))
    return f"The answer was {answer.status}, after {answer.milliseconds:.0f} ms."


def _retry_after(answer: Answer) -> float | None:
    """Read the seconds of `Retry-After`; the form with a date is not used by those who limit rates."""
    text = answer.headers.get("retry-after", "")
    return min(float(text), _MAX_WAIT) if text.replace(".", "", 1).isdecimal() else None
