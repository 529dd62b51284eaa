"""Keys and messages of OpenPGP as gpg tells of them: its lists of keys, its status lines, the words around a key."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbbackup.core.errors import ValidationError
from dbbackup.core.secret import Secret

PUBLIC_BLOCK = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
PRIVATE_BLOCK = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
_STATUS = "[GNUPG:] "
_UNUSABLE = {"e": "has expired", "r": "was revoked", "d": "is disabled", "i": "is invalid"}


@dataclass(frozen=True, slots=True)
class OpenPgpKey:
    """A key in ASCII armour; the fingerprint is of its primary key."""

    fingerprint: str
    public: str
    private: Secret | None = None


@dataclass(slots=True)
class Status:
    """What gpg said on its status lines."""

    opened: bool = False
    """A private key opened the session key."""
    missing: list[str] = field(default_factory=list)
    """Ids of keys it is encrypted to, whose private part is not there."""
    decrypted: bool = False
    protected: bool = False
    """The integrity protection was there and right."""
    messages: int = 0
    encrypted: bool = False
    refused: list[str] = field(default_factory=list)
    """Recipients that gpg does not encrypt to."""

    def take(self, line: str) -> None:
        """Look at a line of gpg's stderr."""
        if not line.startswith(_STATUS):
            return
        word, _, rest = line[len(_STATUS) :].partition(" ")
        match word:
            case "DECRYPTION_KEY":
                self.opened = True
            case "NO_SECKEY":
                self.missing.append(rest)
            case "DECRYPTION_OKAY":
                self.decrypted = True
            case "GOODMDC":
                self.protected = True
            case "PLAINTEXT":
                self.messages += 1
            case "END_ENCRYPTION":
                self.encrypted = True
            case "INV_RECP":
                self.refused.append(rest)

    @property
    def whole(self) -> bool:
        """Tell whether exactly one message was decrypted, and its integrity protected."""
        return self.decrypted and self.protected and self.messages == 1


def is_openpgp(text: str) -> bool:
    """Tell whether what somebody gave is meant as a key of OpenPGP."""
    return "-----BEGIN PGP" in text


def fingerprint_of(listing: str, name: str) -> str:
    """Return the fingerprint of the one key in gpg's list (`--with-colons`), if backups can be encrypted to it.

    Raises:
        ValidationError: of the field `name`; it is none, or more than one, or cannot encrypt.
    """
    lines = [line.split(":") for line in listing.splitlines()]
    primary = [fields for fields in lines if fields[0] == "pub"]
    if len(primary) != 1:
        text = "This is no OpenPGP key that gpg can read." if not primary else "Give one key at a time."
        raise ValidationError.of(name, f"{text} `gpg --armor --export ID` prints one.")
    [fields] = primary
    if why := _UNUSABLE.get(fields[1]):
        raise ValidationError.of(name, f"This key {why}: no backup can be encrypted to it.")
    # in capitals what the key as a whole, with its subkeys, can be used for now
    if "E" not in fields[11]:
        raise ValidationError.of(name, "This key cannot encrypt, or its subkey for encryption has expired.")
    return next(fields[9] for fields in lines if fields[0] == "fpr")
