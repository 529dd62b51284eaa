"""The live settings of who else may say who somebody is: OpenID Connect, and a directory (LDAP)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

DefaultRole = Literal["none", "viewer", "operator", "admin"]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _about(key: str, environment: str, description: str) -> Meta:
    return Meta(max_length=2000, description=description, extra={"key": key, "environment": environment})


def _choice(key: str, environment: str, description: str) -> Meta:
    return Meta(description=description, extra={"key": key, "environment": environment})


class SignInSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Both are off while their address is empty. The secrets come from the environment alone."""

    oidc_issuer: Annotated[
        str,
        _about(
            "oidc.issuer",
            "OIDC_ISSUER",
            "Address of the OpenID provider, as its discovery document names it: https://id.example.com/realms/main."
            " Empty: no single sign-on",
        ),
    ] = ""
    oidc_client_id: Annotated[
        str,
        _about(
            "oidc.clientId",
            "OIDC_CLIENT_ID",
            "What the provider calls this product. Its secret is set by OIDC_CLIENT_SECRET only",
        ),
    ] = ""
    oidc_name: Annotated[
        str, _about("oidc.name", "OIDC_NAME", "What the sign-in page calls the provider: “Sign in with …”")
    ] = "single sign-on"
    oidc_scopes: Annotated[
        str, _about("oidc.scopes", "OIDC_SCOPES", "What the provider is asked for, separated by blanks")
    ] = "openid profile email"
    oidc_username_claim: Annotated[
        str, _about("oidc.usernameClaim", "OIDC_USERNAME_CLAIM", "Claim that holds the username")
    ] = "preferred_username"
    oidc_role_claim: Annotated[
        str,
        _about(
            "oidc.roleClaim",
            "OIDC_ROLE_CLAIM",
            "Claim that holds groups or roles; dots lead into objects: realm_access.roles",
        ),
    ] = "groups"
    oidc_admin_groups: Annotated[
        str,
        _about("oidc.adminGroups", "OIDC_ADMIN_GROUPS", "Whose members are administrators, separated by semicolons"),
    ] = ""
    oidc_operator_groups: Annotated[
        str, _about("oidc.operatorGroups", "OIDC_OPERATOR_GROUPS", "Whose members are operators")
    ] = ""
    oidc_viewer_groups: Annotated[
        str, _about("oidc.viewerGroups", "OIDC_VIEWER_GROUPS", "Whose members are viewers")
    ] = ""
    oidc_default_role: Annotated[
        DefaultRole,
        _choice("oidc.defaultRole", "OIDC_DEFAULT_ROLE", "Role of everybody else; none: they are not let in"),
    ] = "none"

    ldap_url: Annotated[
        str,
        _about("ldap.url", "LDAP_URL", "Address of the directory: ldaps://ad.example.com. Empty: no directory"),
    ] = ""
    ldap_start_tls: Annotated[
        bool,
        _choice(
            "ldap.startTls",
            "LDAP_START_TLS",
            "Whether ldap:// is encrypted before anything is said. Without it only this machine is talked to",
        ),
    ] = True
    ldap_bind_dn: Annotated[
        str,
        _about(
            "ldap.bindDn",
            "LDAP_BIND_DN",
            "Who looks people up; empty: nobody in particular. The password is set by LDAP_BIND_PASSWORD only",
        ),
    ] = ""
    ldap_user_base: Annotated[
        str, _about("ldap.userBase", "LDAP_USER_BASE", "Where people are: ou=people,dc=example,dc=com")
    ] = ""
    ldap_user_filter: Annotated[
        str,
        _about(
            "ldap.userFilter",
            "LDAP_USER_FILTER",
            "How somebody is found; {username} is what they typed. Active Directory: (sAMAccountName={username})",
        ),
    ] = "(uid={username})"
    ldap_username_attribute: Annotated[
        str,
        _about(
            "ldap.usernameAttribute",
            "LDAP_USERNAME_ATTRIBUTE",
            "Attribute that holds the username. Active Directory: sAMAccountName",
        ),
    ] = "uid"
    ldap_group_base: Annotated[
        str,
        _about(
            "ldap.groupBase",
            "LDAP_GROUP_BASE",
            "Where groups are looked for; empty: the memberOf attribute of the person names them",
        ),
    ] = ""
    ldap_group_filter: Annotated[
        str,
        _about(
            "ldap.groupFilter",
            "LDAP_GROUP_FILTER",
            "How somebody's groups are found; {dn} and {username} stand for the person",
        ),
    ] = "(|(member={dn})(uniqueMember={dn})(memberUid={username}))"
    ldap_admin_groups: Annotated[
        str,
        _about(
            "ldap.adminGroups",
            "LDAP_ADMIN_GROUPS",
            "Whose members are administrators: names (cn) or whole DNs, separated by semicolons",
        ),
    ] = ""
    ldap_operator_groups: Annotated[
        str, _about("ldap.operatorGroups", "LDAP_OPERATOR_GROUPS", "Whose members are operators")
    ] = ""
    ldap_viewer_groups: Annotated[
        str, _about("ldap.viewerGroups", "LDAP_VIEWER_GROUPS", "Whose members are viewers")
    ] = ""
    ldap_default_role: Annotated[
        DefaultRole,
        _choice("ldap.defaultRole", "LDAP_DEFAULT_ROLE", "Role of everybody else; none: they are not let in"),
    ] = "none"


def issuer_problem(url: Any) -> str | None:
    """Return what is wrong with the address of an OpenID provider: what comes from it decides who is let in."""
    return _problem(url, secure="https", plain="http", advice="Use https://; http:// only on this machine")


def directory_problem(url: Any) -> str | None:
    """Return what is wrong with the address of a directory. Whether `ldap://` is encrypted is another setting."""
    return _problem(url, secure="ldaps", plain=None, advice="Use ldaps:// or ldap://", also="ldap")


def is_this_machine(url: str) -> bool:
    """Tell whether nobody else can listen on the way."""
    return urlsplit(url).hostname in _LOOPBACK


def _placeholders(*needed: str) -> Callable[[Any], str | None]:
    def problem(text: Any) -> str | None:
        if not text.startswith("(") or not text.endswith(")") or text.count("(") != text.count(")"):
            return "it must be a filter in parentheses, such as (uid={username})"
        return None if any(word in text for word in needed) else f"it must hold {' or '.join(needed)}"

    return problem


def _scopes(text: Any) -> str | None:
    return None if "openid" in text.split() else "it must hold the scope openid"


def _problem(url: str, *, secure: str, plain: str | None, advice: str, also: str = "") -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return f"it is no address. {advice}"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "leave user, password, query and fragment out of the address"
    allowed = parts.scheme in (secure, also) or (parts.scheme == plain and is_this_machine(url))
    return None if usable and allowed else f"it cannot be used. {advice}"


CHECKS: dict[str, Callable[[Any], str | None]] = {
    "oidc.issuer": issuer_problem,
    "oidc.scopes": _scopes,
    "ldap.url": directory_problem,
    "ldap.userFilter": _placeholders("{username}"),
    "ldap.groupFilter": _placeholders("{dn}", "{username}"),
}
