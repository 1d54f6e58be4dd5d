"""The commands below ``actionbus webhook`` and their options, with the help that people read first."""

from __future__ import annotations

import argparse

from actionbus.cli.options import add_config, add_log_level, path, share, text, whole

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable

PORT = 8400
TOLERANCE = "5m"


def add_webhook(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus webhook``, and the commands below it."""
    webhook = add(
        "webhook",
        help="try endpoints and receive webhooks: test, verify, listen",
        description="What is there for whoever sends webhooks, test and enable, and for whoever\nreceives them.",
        epilog="""\
  actionbus webhook test shop
  actionbus webhook secret > webhook.secret
  actionbus webhook listen --secret-file webhook.secret
  actionbus webhook verify --secret-file webhook.secret request.txt

How a receiver keeps a right state is told in docs/receiver.md.""",
    )
    actions = webhook.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for add_action in (_add_test, _add_enable, _add_verify, _add_listen, _add_secret):
        add_log_level(add_action(actions.add_parser), default=argparse.SUPPRESS)
    return webhook


def _add_test(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    test = add(
        "test",
        help="send a sample to an endpoint, and show the answer",
        description="Send one signed sample to an endpoint of plugins.toml, a three-pointer that\n"
        "nobody has made with `test` in its data, and show the answer. No daemon is\n"
        "needed, and none is disturbed.",
        epilog="Exit code 1: it was not taken; what to do is told.",
    )
    return _endpoint(test)


def _add_enable(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    enable = add(
        "enable",
        help="serve an endpoint again that was disabled",
        description="Let the running daemon serve an endpoint again that it has disabled: because\n"
        "it was answered 410, or after days of failure.",
    )
    return _endpoint(enable)


def _endpoint(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("endpoint", metavar="NAME", type=text, help="the endpoint, as in [webhook.NAME]")
    add_config(parser)
    return parser


def _add_verify(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    verify = add(
        "verify",
        help="check a request that was kept, and say what is wrong with it",
        description="Check the signature of a request that was kept in a file. Where it is wrong,\n"
        "what is usually done wrong is tried, and what fits is told.",
        epilog="""\
  actionbus webhook verify --secret-env HOOK_SECRET request.txt
  actionbus webhook verify --secret-env HOOK_SECRET --headers h.json --body b

A request is kept as it came: its first line (or not), headers, a blank line,
the body to the byte. --headers takes lines, or one JSON object.

exit codes: 0 it is right; 1 it is not; 2 the command line is wrong, or a file.""",
    )
    verify.add_argument("request", metavar="FILE", nargs="?", type=path, help="the request; - for standard input")
    verify.add_argument("--headers", metavar="FILE", type=path, help="its headers, with --body in the place of FILE")
    verify.add_argument("--body", metavar="FILE", type=path, help="its body")
    verify.add_argument(
        "--computed", metavar="SIGNATURE", type=text, help="what your receiver has computed: say how it comes to that"
    )
    _secrets(verify)
    return verify


def _add_listen(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    listen = add(
        "listen",
        help="receive webhooks and show them, for development",
        description="Receive webhooks on 127.0.0.1 and print a line for each: when, type, id,\n"
        "subject, whether it verifies and, if not, why; what comes again is marked.\n"
        "The newest state of each subject is kept, and how many stand is told.",
        epilog="""\
The first line is `listening on http://127.0.0.1:PORT`, with --json on stderr.
What does not verify is answered 401. Ctrl-C ends it with 0, --once with 1 if
the request did not verify.""",
    )
    listen.add_argument(
        "--port", type=whole(0, 65535), default=PORT, metavar="P", help=f"0: one that is free (default: {PORT})"
    )
    listen.add_argument(
        "--status", type=whole(200, 599), default=200, metavar="N", help="answer this to what verifies (default: 200)"
    )
    listen.add_argument(
        "--fail", type=share, default=0.0, metavar="RATE", help="answer 503 to this share of requests, 0 to 1"
    )
    listen.add_argument("--seed", type=whole(0), default=1, metavar="N", help="decides which (default: 1)")
    listen.add_argument("--once", action="store_true", help="end after one request")
    listen.add_argument("--json", action="store_true", help="one JSON object a line")
    _secrets(listen)
    return listen


def _add_secret(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    return add(
        "secret",
        help="print a fresh secret",
        description="Print a fresh secret, whsec_ and the base64 of 32 bytes: for an endpoint in\n"
        "plugins.toml and for its receiver.",
    )


def _secrets(parser: argparse.ArgumentParser) -> None:
    for kind, value, where in (("env", "NAME", "this environment variable"), ("file", "FILE", "this file")):
        parser.add_argument(
            f"--secret-{kind}",
            dest="secrets",
            action="append",
            type=_of(kind),
            metavar=value,
            help=f"the secret is in {where}; may be given several times",
        )
    parser.add_argument(
        "--tolerance",
        default=TOLERANCE,
        type=text,
        metavar="TIME",
        help=f"how far clocks may differ: 10m, 1d, forever (default: {TOLERANCE})",
    )


def _of(kind: str) -> Callable[[str], tuple[str, str]]:
    """Return what reads where a secret of one kind is kept."""

    def read(argument: str) -> tuple[str, str]:
        return kind, text(argument)

    return read
