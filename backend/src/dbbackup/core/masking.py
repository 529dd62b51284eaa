"""Takes secrets out of text before it is shown or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbbackup.core.secret import Secret

MASK = "***"
_URI_PASSWORD = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?=@)", re.IGNORECASE)
_ASSIGNMENT = re.compile(
    r"(?P<head>\b[\w-]*(?:password|passwd|pwd|secret)[\w-]*\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s,;]+)", re.IGNORECASE
)


class Masker:
    """Replaces known secrets, and whatever looks like a password in a URI or assignment."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        # Longest first: a secret that contains another must not leave its own rest behind.
        self._secrets = sorted({s.reveal() for s in secrets if s}, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """Return the text with every secret replaced by three stars."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _URI_PASSWORD.sub(rf"\g<head>{MASK}", text)
        return _ASSIGNMENT.sub(rf"\g<head>{MASK}", text)
