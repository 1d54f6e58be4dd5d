"""What can be wrong with addresses and headers, said without showing them: they may be secrets."""

from __future__ import annotations

import re
import ssl
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from urllib.parse import urlsplit

SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}
IN_CLEAR = "a secret may not stand here in clear"
KEPT = 'write { env = "NAME" } or { file = "path" }'

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110: token
_OURS = {"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key"}
_LABEL = re.compile(r"[-_A-Za-z0-9]{1,63}", re.ASCII)  # RFC 1035; _ is in use all the same
_LONGEST_HOST = 253  # characters of a name that can be looked up
_NO_NAME = "should have a host with 1 to 63 letters, digits, - or _ between dots, 253 characters in all"


def wrong_url(url: str, *, path: bool = True) -> str | None:
    """Say what is wrong with an address, without showing it: it may be a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # of a port that is no number, or brackets without an address in them
        return "should have a host and, if any, a port from 1 to 65535"
    if parts.scheme not in ("http", "https"):
        return "should start with https://"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "should hold plain characters only and no space"
    if "@" in parts.netloc:
        return "may hold no user name or password"
    if not parts.hostname or port == 0:
        return "should have a host and, if any, a port from 1 to 65535"
    if not path and (parts.path not in ("", "/") or parts.query or parts.fragment):
        return "should end after the host and port"
    return _wrong_host(parts.hostname, bracketed="[" in parts.netloc)


def _wrong_host(host: str, *, bracketed: bool) -> str | None:
    digits = host.replace(".", "")
    try:
        if bracketed:
            IPv6Address(host)
        elif digits.isdigit() and host.count(".") == 3:
            IPv4Address(host)
        elif len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
            return _NO_NAME
    except ValueError:
        return "should have a host: what stands there looks like an IP address and is none"
    return None


def wrong_header(header: str, value: object) -> str | None:
    """Say what is wrong with a header of the user's; a value that is no text is looked at elsewhere."""
    if not _HEADER.fullmatch(header):
        return "is not the name of a header"
    if header.lower() in _OURS:
        return "is set by actionbus"
    if isinstance(value, str) and not (value.isascii() and value.isprintable() and value == value.strip()):
        return "should hold plain characters only, and no space at its ends"
    return None


def wrong_ca_file(path: Path) -> str | None:
    """Say what is wrong with a file of certificates."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "holds no certificates (PEM)"
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None
