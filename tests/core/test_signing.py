"""Signatures are those of the reference library, and what is wrong with one is said for what it is."""

from __future__ import annotations

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from actionbus.signing import Flaw, Key, Verdict, examine, explain, read_key, sign, write_key
from actionbus.signing.keys import digest, encoded

SECRET = write_key(bytes(range(24)))
OTHER = write_key(bytes(range(1, 33)))
NOW = 1_700_000_000
ID = "5046ea7d:2"
MESSAGE = {
    "schema": 1,
    "type": "action.confirmed",
    "id": ID,
    "data": {"fixture": "7f3a", "version": 2, "clock_seconds": 12.0, "player": {"name": "José Ocón"}, "a/b": None},
}
BODY = json.dumps(MESSAGE, ensure_ascii=False, separators=(",", ":")).encode()

ids = st.text(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd"), include_characters="_:%-"), min_size=1)
secrets = st.binary(min_size=24, max_size=64).map(write_key)
bodies = st.text().map(str.encode)


def signed(body: bytes = BODY, secret: str = SECRET, message_id: str = ID, at: int = NOW) -> dict[str, str]:
    signature = sign([read_key(secret)], message_id, at, body)
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": signature}


def look(
    headers: Mapping[str, str], body: bytes = BODY, *secrets: str, now: float = NOW, tolerance: float = 300.0
) -> Verdict:
    named = {f"secret {number}": text for number, text in enumerate(secrets or (SECRET,), 1)}
    return examine(list(headers.items()), body, named, now=now, tolerance=tolerance)


def the_flaw(verdict: Verdict) -> Flaw:
    (flaw,) = verdict.flaws
    assert not verdict.verified
    return flaw


# --- keys ---


@given(st.binary(min_size=24, max_size=64))
def test_a_key_of_24_to_64_bytes_is_read_as_it_was_written(secret: bytes) -> None:
    assert read_key(write_key(secret)).secret == secret
    assert read_key(write_key(secret).rstrip("=")).secret == secret


BAD = {
    b64encode(bytes(24)).decode(): "should begin with whsec_",
    write_key(bytes(23)): "should hold 24 to 64 bytes behind whsec_, and holds 23",
    write_key(bytes(65)): "should hold 24 to 64 bytes behind whsec_, and holds 65",
    "whsec_": "should hold 24 to 64 bytes behind whsec_, and holds 0",
    "whsec_" + urlsafe_b64encode(b"\xff" * 24).decode(): "should be plain base64 behind whsec_, with + and / where",
    "whsec_" + "A" * 33: "should be base64 behind whsec_, and is not (cut off?)",
    "whsec_" + "é" * 32: "should be plain base64 behind whsec_",
    "whsec_" + "!" * 32: "should be base64 behind whsec_, and is not",
}


@pytest.mark.parametrize("text", BAD)
def test_a_secret_that_is_none_is_told_in_one_sentence_without_it(text: str) -> None:
    with pytest.raises(ValueError, match="should") as caught:
        read_key(text)
    said = str(caught.value)
    assert said.startswith(BAD[text])
    assert "\n" not in said
    assert text.removeprefix("whsec_")[:8] not in said or len(text) < 8


def test_a_key_shows_itself_nowhere() -> None:
    key = read_key(SECRET)
    for shown in (repr(key), str(key), f"{[key]}"):
        assert SECRET[6:] not in shown
        assert repr(key.secret) not in shown


# --- making signatures ---


@given(secrets, ids, st.integers(0, 10**11), bodies)
def test_signatures_are_those_of_the_reference_library_to_the_byte(
    secret: str, message_id: str, at: int, body: bytes
) -> None:
    theirs = Webhook(secret).sign(message_id, datetime.fromtimestamp(at, UTC), body.decode())
    assert sign([read_key(secret)], message_id, at, body) == theirs


@given(st.lists(secrets, min_size=1, max_size=4), ids, bodies)
def test_the_reference_library_verifies_with_each_key_while_they_are_changed(
    several: list[str], message_id: str, body: bytes
) -> None:
    at = int(time.time())
    header = sign([read_key(each) for each in several], message_id, at, body)
    assert header.count(" ") == len(several) - 1
    headers = {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": header}
    for each in several:
        Webhook(each).verify(body, headers, json_parse=False)


@pytest.mark.parametrize(("keys", "message_id"), [([], "a"), ([Key(bytes(24))], "a.b"), ([Key(bytes(24))], "")])
def test_what_nobody_could_verify_is_not_signed(keys: list[Key], message_id: str) -> None:
    with pytest.raises(ValueError, match="a key, and an id without a dot"):
        sign(keys, message_id, NOW, b"{}")


# --- both ways ---


def reference(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: of what is no base64, or no UTF-8
        return False
    return True


def another(text: str, place: int) -> str:
    place %= len(text)
    return text[:place] + ("B" if text[place] != "B" else "C") + text[place + 1 :]


Change = Callable[[dict[str, str], bytes, int], tuple[dict[str, str], bytes]]
CHANGES: dict[str, Change] = {
    "nothing": lambda headers, body, _: (headers, body),
    "body": lambda headers, body, n: (headers, body[: n % (len(body) + 1)] + b"x" + body[n % (len(body) + 1) :]),
    "id": lambda headers, body, n: (headers | {"webhook-id": another(headers["webhook-id"], n)}, body),
    "later": lambda headers, body, _: (
        headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body
    ),
    "too old": lambda headers, body, _: (headers | {"webhook-timestamp": "1700000000"}, body),
    "signature": lambda headers, body, n: (
        headers | {"webhook-signature": "v1," + another(headers["webhook-signature"][3:45], n) + "="}, body
    ),
    "version": lambda headers, body, _: (
        headers | {"webhook-signature": "v1a" + headers["webhook-signature"][2:]}, body
    ),
    "more": lambda headers, body, _: (headers | {"webhook-signature": "v2,xx " + headers["webhook-signature"]}, body),
    "no signature": lambda headers, body, _: ({k: v for k, v in headers.items() if "signature" not in k}, body),
    "capitals": lambda headers, body, _: ({k.title(): v for k, v in headers.items()}, body),
}  # fmt: skip


@given(secrets, secrets, ids, bodies, st.sampled_from(sorted(CHANGES)), st.integers(0, 10_000))
@example(SECRET, SECRET, ID, BODY, "nothing", 0)
def test_what_verifies_is_what_the_reference_library_verifies(
    secret: str, receiver: str, message_id: str, body: bytes, change: str, number: int
) -> None:
    at = int(time.time())
    headers, came = CHANGES[change](signed(body, secret, message_id, at), body, number)
    for each in (secret, receiver):
        assert look(headers, came, each, now=time.time()).verified == reference(each, headers, came)


@given(secrets, ids, bodies)
def test_what_the_reference_library_signs_verifies(secret: str, message_id: str, body: bytes) -> None:
    theirs = Webhook(secret).sign(message_id, datetime.fromtimestamp(NOW, UTC), body.decode())
    headers = {"webhook-id": message_id, "webhook-timestamp": str(NOW), "webhook-signature": theirs}
    assert look(headers, body, secret).verified


@given(st.lists(st.tuples(st.text(), st.text())), st.binary(), st.text(), st.floats(0, 1e12))
def test_nothing_that_comes_over_the_network_makes_it_fail(
    headers: list[tuple[str, str]], body: bytes, secret: str, now: float
) -> None:
    assert not examine(headers, body, {"secret": secret}, now=now).verified


@given(st.text(), st.text(), st.text(), st.binary())
def test_no_values_of_the_headers_make_it_fail(message_id: str, timestamp: str, signature: str, body: bytes) -> None:
    told = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    assert not look(told, body).verified


# --- what is wrong ---


def test_what_is_right_has_no_flaws_and_says_which_secret_it_was() -> None:
    assert look(signed()) == Verdict(flaws=(), signed_by="secret 1")
    assert look(signed(), BODY, OTHER, SECRET).signed_by == "secret 2"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_empty_or_there_twice_is_told(name: str) -> None:
    headers = signed()
    assert the_flaw(look({k: v for k, v in headers.items() if k != name})).what == f"the header {name} is missing"
    assert the_flaw(look(headers | {name: " "})).what == f"the header {name} is empty"
    twice = examine([*headers.items(), (name.title(), headers[name])], BODY, {"secret": SECRET}, now=NOW)
    assert the_flaw(twice).what == f"the header {name} is there 2 times, each time with the same value"
    assert twice.signed_by == "secret"
    other = examine([*headers.items(), (name, "x")], BODY, {"secret": SECRET}, now=NOW)
    assert the_flaw(other).what == f"the header {name} is there 2 times, each time with another value"


@pytest.mark.parametrize("given", ["svix-id", "HTTP_WEBHOOK_ID", "webhook_id", "X-Webhook-Id"])
def test_a_header_by_another_name_is_pointed_at(given: str) -> None:
    headers = signed()
    renamed = {given if name == "webhook-id" else name: value for name, value in headers.items()}
    assert the_flaw(look(renamed)).hint == f"there is {given.lower()}, which another sender sets"


CLOCKS = {
    NOW - 301: "too old: 5 min 1 s behind the clock here, and at most 5 min are tolerated",
    NOW - 7_500: "too old: 2 h 5 min behind the clock here, and at most 5 min are tolerated",
    NOW - 86_400 * 3: "too old: 3 d behind the clock here, and at most 5 min are tolerated",
    NOW + 301: "too new: 5 min 1 s ahead of the clock here, and at most 5 min are tolerated",
}


@pytest.mark.parametrize("at", CLOCKS)
def test_a_clock_that_differs_is_told_with_by_how_much(at: int) -> None:
    verdict = look(signed(at=at))
    assert the_flaw(verdict).what == f"webhook-timestamp is {CLOCKS[at]}"
    assert verdict.signed_by == "secret 1"


@pytest.mark.parametrize("at", [NOW - 300, NOW, NOW + 300])
def test_a_clock_that_differs_no_more_than_is_tolerated_is_right(at: int) -> None:
    assert look(signed(at=at)).verified
    assert look(signed(at=at), tolerance=299.0).verified == (at == NOW)
    assert look(signed(at=at), now=0.0, tolerance=float("inf")).verified


@pytest.mark.parametrize(
    ("text", "said"), [(f"{NOW}000", "milliseconds"), ("soon", "'soon'"), (f"{NOW}.5", f"'{NOW}.5'"), ("-5", "'-5'")]
)
def test_a_timestamp_that_is_no_number_of_seconds_is_told(text: str, said: str) -> None:
    content = f"{ID}.{text}.".encode() + BODY
    signature = "v1," + encoded(digest(read_key(SECRET).secret, content))
    flaw = the_flaw(look({"webhook-id": ID, "webhook-timestamp": text, "webhook-signature": signature}))
    assert (flaw.kind, flaw.what) == ("clock", f"webhook-timestamp is {said}, should be whole Unix seconds")


def test_another_secret_is_told_and_neither_is_shown() -> None:
    flaw = the_flaw(look(signed(), BODY, OTHER))
    assert flaw.kind == "signature"
    assert str(flaw) == (
        "no signature fits: the secret is another one than the sender's, or the body was changed; "
        "compare the secret with that of the endpoint in plugins.toml"
    )


def test_several_things_are_told_together() -> None:
    verdict = look(signed(at=NOW - 1000), BODY, OTHER)
    assert [flaw.kind for flaw in verdict.flaws] == ["clock", "signature"]


def dumped(**options: Any) -> bytes:
    return json.dumps(MESSAGE, **options).encode()


COMPACT = {"separators": (",", ":"), "ensure_ascii": False}
RESTORED = {
    "with blanks": dumped(ensure_ascii=False),
    "escaped": dumped(separators=(",", ":")),
    "blanks and escapes": dumped(),
    "indented": dumped(indent=2),
    "a newline": BODY + b"\n",
    "newlines of Windows": BODY + b"\r\n",
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "blanks around it": b"  " + BODY + b" ",
    "slashes escaped": BODY.replace(b"/", b"\\/"),
    "JavaScript": BODY.replace(b"12.0", b"12"),
    "JavaScript, indented": dumped(indent=2, ensure_ascii=False).replace(b"12.0", b"12"),
    "latin-1": BODY.decode().encode("latin-1"),
    "UTF-8 twice": BODY.decode("latin-1").encode(),
}


@pytest.mark.parametrize("how", RESTORED)
def test_a_body_that_was_written_anew_is_told_from_a_wrong_secret(how: str) -> None:
    flaw = the_flaw(look(signed(), RESTORED[how]))
    assert (flaw.kind, flaw.hint[:32]) == ("body", "verify the bytes as they came, b")
    assert flaw.what.startswith("what was signed is not this body, but this body ")


MADE_OF = {
    "re-serialised compactly, with \\u escapes": dumped(separators=(",", ":")),
    "re-serialised with blanks behind commas and colons": dumped(ensure_ascii=False),
    "re-serialised with blanks behind commas and colons, with \\u escapes": dumped(),
    "re-serialised compactly, with sorted keys": dumped(sort_keys=True, **COMPACT),
    "re-serialised with blanks behind commas and colons, with sorted keys, with \\u escapes": dumped(sort_keys=True),
    "re-serialised and indented by 4": dumped(indent=4, ensure_ascii=False),
    "re-serialised with blanks behind commas and colons, with a newline at its end":
        dumped(ensure_ascii=False) + b"\n",
    "with a newline at its end": BODY + b"\n",
    "re-serialised by JavaScript, which writes 1.0 as 1": BODY.replace(b"12.0", b"12"),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE_OF)
def test_what_a_receiver_made_of_the_body_is_found_by_the_signature_it_computed(what: str) -> None:
    computed = signed(MADE_OF[what])["webhook-signature"]
    found = explain(ID, str(NOW), computed, BODY, {"secret": SECRET})
    assert found is not None
    assert [flaw.what for flaw in found] == [f"what was signed is not this body, but this body {what}"]


def test_sorted_keys_are_told_though_nobody_can_undo_them() -> None:
    message = MESSAGE | {"data": {"fixture": "7f3a"}}
    body = json.dumps(message, separators=(",", ":")).encode()
    flaw = the_flaw(look(signed(body), json.dumps(message, sort_keys=True).encode()))
    assert flaw.kind == "body"
    assert flaw.what.startswith("no signature fits the body, and the keys of the body are sorted")


def test_a_body_that_was_cut_off_is_told() -> None:
    assert "is no JSON: was it cut off" in the_flaw(look(signed(), BODY[:-9])).what
    flaw = the_flaw(look(signed() | {"Content-Length": str(len(BODY))}, BODY[:-9]))
    assert flaw.what == f"the body has {len(BODY) - 9} bytes, where Content-Length says {len(BODY)}"
    pretty = json.dumps(json.loads(BODY), indent=2).encode()
    flaw = the_flaw(look(signed() | {"Content-Length": str(len(BODY))}, pretty[:-1] + b',"more": 1}'))
    assert flaw.what.startswith(
        f"the body has {len(pretty) + 10} bytes, where Content-Length says {len(BODY)}, and the body"
    )
    assert "a program does that parsed it and wrote it anew" in flaw.what


def with_key(key: bytes, content: bytes | None = None) -> str:
    return "v1," + encoded(digest(key, f"{ID}.{NOW}.".encode() + BODY if content is None else content))


KEY = read_key(SECRET).secret
COMPUTED = {
    with_key(SECRET[6:].encode()): "the key that was used is the text of secret, not decoded",
    with_key(SECRET.encode()): "the key that was used is the text of secret, whsec_ included",
    with_key(KEY, BODY): "the body alone was signed",
    with_key(KEY, f"{NOW}.".encode() + BODY): "webhook-id was left out of what was signed",
    with_key(KEY, f"{ID}.".encode() + BODY): "webhook-timestamp was left out of what was signed",
    with_key(KEY, f"{NOW}.{ID}.".encode() + BODY): "webhook-timestamp was signed before webhook-id",
    with_key(KEY, f"{ID}{NOW}".encode() + BODY): "what was signed has no dots between its parts",
    "v1," + digest(KEY, f"{ID}.{NOW}.".encode() + BODY).hex(): "a signature in webhook-signature is not plain base64",
    digest(KEY, f"{ID}.{NOW}.".encode() + BODY).hex(): "a signature in webhook-signature has no version before it",
    with_key(KEY)[3:]: "a signature in webhook-signature has no version before it",
    f"{with_key(bytes(24))},{with_key(KEY)}":
        "webhook-signature has a blank in the place of a +, or commas between signatures",
}  # fmt: skip


@pytest.mark.parametrize("computed", COMPUTED, ids=COMPUTED.values())
def test_a_mistake_is_found_by_the_signature_that_came_of_it(computed: str) -> None:
    verdict = examine(list((signed() | {"webhook-signature": computed}).items()), BODY, {"secret": SECRET}, now=NOW)
    assert the_flaw(verdict).what == COMPUTED[computed]
    assert SECRET[6:] not in str(verdict)


def test_two_mistakes_at_once_are_found() -> None:
    computed = with_key(SECRET.encode(), f"{ID}.{NOW}.".encode() + dumped())
    found = explain(ID, str(NOW), computed, BODY, {"secret": SECRET})
    assert found is not None
    assert [flaw.kind for flaw in found] == ["secret", "body"]


def test_how_node_decodes_the_whole_secret_is_known() -> None:
    from base64 import b64decode

    as_node = b64decode("whsec/" + SECRET[6:] + "==")  # Buffer.from("whsec_...", "base64")
    found = explain(ID, str(NOW), with_key(as_node), BODY, {"secret": SECRET})
    assert found is not None
    assert [flaw.what for flaw in found] == ["whsec_ was decoded along with the base64 of secret"]


def test_a_blank_where_a_plus_was_is_told() -> None:
    at = next(at for at in range(NOW, NOW + 300) if "+" in signed(at=at)["webhook-signature"])
    headers = signed(at=at)
    headers["webhook-signature"] = headers["webhook-signature"].replace("+", " ")
    assert the_flaw(look(headers)).kind == "header"


def test_a_right_signature_has_no_mistakes_and_a_strange_one_none_that_is_known() -> None:
    assert explain(ID, str(NOW), with_key(KEY), BODY, {"secret": SECRET}) == ()
    assert explain(ID, str(NOW), with_key(bytes(24)), BODY, {"secret": SECRET}) is None


@pytest.mark.parametrize(
    ("sent", "came"), [("5046ea7d:2", "5046ea7d%3A2"), ("5046ea7d%3A2", "5046ea7d:2"), (ID, "something-else")]
)
def test_an_id_that_was_changed_on_its_way_is_told(sent: str, came: str) -> None:
    flaw = the_flaw(look(signed(message_id=sent) | {"webhook-id": came}))
    assert (flaw.kind, flaw.what) == ("id", f"webhook-id was changed on its way: {sent!r} was signed")


def test_an_id_with_a_dot_is_told_though_its_signature_fits() -> None:
    content = f"a.b.{NOW}.".encode() + BODY
    headers = {"webhook-id": "a.b", "webhook-timestamp": str(NOW), "webhook-signature": with_key(KEY, content)}
    assert the_flaw(look(headers)).what.startswith("webhook-id 'a.b' holds a dot")


def test_a_signature_of_another_version_is_told() -> None:
    flaw = the_flaw(look(signed() | {"webhook-signature": "v1a," + encoded(bytes(64))}))
    assert flaw.kind == "version"
    assert "of version v1, but of v1a (a public key is needed for it)" in flaw.what
    beside = signed()
    beside["webhook-signature"] = f"v1a,{encoded(bytes(64))} {beside['webhook-signature']}"
    assert look(beside).verified


def test_a_signature_that_is_none_is_told() -> None:
    flaw = the_flaw(look(signed() | {"webhook-signature": "v1,c2hvcnQ="}))
    assert flaw.what.startswith("webhook-signature holds no signature")


def test_a_secret_without_its_beginning_is_told_though_the_signature_fits() -> None:
    verdict = look(signed(), BODY, SECRET.removeprefix("whsec_"))
    assert the_flaw(verdict).what == "secret 1 should begin with whsec_"
    assert verdict.signed_by == "secret 1"


def test_a_secret_that_is_no_secret_is_the_only_thing_that_is_told() -> None:
    assert the_flaw(look(signed(), BODY, "whsec_tooshort!")).kind == "secret"


def test_a_large_body_is_examined_too() -> None:
    body = json.dumps({"id": ID, "list": list(range(100_000))}).encode()
    assert the_flaw(look(signed(body), body.replace(b" ", b""))).kind == "body"
