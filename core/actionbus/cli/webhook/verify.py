"""``actionbus webhook verify``."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping

from actionbus.cli import FAILED, OK
from actionbus.cli.looking import printable
from actionbus.cli.told import counted
from actionbus.cli.webhook.captured import STDIN, Request, read_parts, read_request
from actionbus.cli.webhook.given import given_secrets, given_tolerance
from actionbus.errors import ConfigError
from actionbus.signing import examine, explain


def run(options: Namespace) -> int:
    """Say whether a request is signed as it should be, and otherwise what is wrong."""
    tolerance = given_tolerance(options)
    request = _request(options)
    secrets = given_secrets(options)
    if not secrets:
        raise ConfigError("actionbus webhook verify: name the secret with --secret-env or --secret-file")
    verdict = examine(request.headers, request.body, secrets, now=time.time(), tolerance=tolerance)
    if request.left_out:
        print(f"left out: {counted(request.left_out, 'byte')} after the body, which Content-Length does not count")
    for flaw in verdict.flaws:
        print(printable(f"wrong: {flaw}"))
    if verdict.verified:
        print(f"OK: {verdict.signed_by} has signed it")
    elif verdict.signed_by is not None:
        print(f"the signature fits: {verdict.signed_by} has signed it")
    right = verdict.verified
    if options.computed is not None:
        right = _say_how(options.computed, request, secrets) and right
    return OK if right else FAILED


def _request(options: Namespace) -> Request:
    parts = (options.headers, options.body)
    if options.request is not None and parts == (None, None):
        return read_request(options.request)
    if options.request is None and None not in parts and parts != (STDIN, STDIN):
        return read_parts(*parts)
    raise ConfigError("actionbus webhook verify: name a file with the whole request, or both --headers and --body")


def _say_how(computed: str, request: Request, secrets: Mapping[str, str]) -> bool:
    """Say how a receiver comes to what it has computed; return whether that is right."""
    headers = {name.lower(): value for name, value in reversed(request.headers)}
    signature = computed if "," in computed else f"v1,{computed}"
    told = (headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), signature)
    flaws = explain(*told, request.body, secrets)
    if flaws is None:
        print("computed: nothing that is usually done wrong comes to this signature; is it of this request and secret?")
    elif not flaws:
        print("computed: is right; webhook-signature may hold several with blanks between them: compare with each")
    for flaw in flaws or ():
        print(printable(f"computed: {flaw}"))
    return flaws == ()
