"""What happens to bodies on their way: parsed and written anew, saved by an editor, read in another encoding."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import cast

MOST_NUMBERS = 8  # names of whole numbers in a body that are tried as 1.0 for 1: two to the power of it
LARGE = 100_000  # bytes of a body above which that is left out

_FEW_KEYS = 3  # of an object, which may well be in alphabetical order by chance
_BOM = b"\xef\xbb\xbf"
_DUMPS: tuple[tuple[str, Callable[..., str]], ...] = (
    ("re-serialised compactly", partial(json.dumps, separators=(",", ":"))),
    ("re-serialised with blanks behind commas and colons", json.dumps),
    ("re-serialised and indented by 2", partial(json.dumps, indent=2)),
    ("re-serialised and indented by 4", partial(json.dumps, indent=4)),
)


def rewritten(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what another program could have made of ``body``, or it of something else, each with words for it.

    The words follow "this body"; nothing comes twice, nor does ``body`` itself.
    """
    seen = {body}
    for what, value in (*_touched(body), *_dumped(body)):
        if value not in seen:
            seen.add(value)
            yield what, value


def looks_rewritten(body: bytes) -> str | None:
    """Say what about ``body`` is not as actionbus sends it: JSON, compact, and its keys in no alphabetical order."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is no JSON: was it cut off, or is it of another request?"
    orders = [list(each) for each in _objects(parsed)]
    if max(map(len, orders), default=0) > _FEW_KEYS and all(each == sorted(each) for each in orders):
        return "the keys of the body are sorted, as only a program does that parsed it and wrote it anew"
    if b'": ' in body or b"\n" in body:
        return "the body has blanks between its parts, as only a program does that parsed it and wrote it anew"
    return None


def _objects(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        yield table
        value = list(table.values())
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _objects(each)


def _touched(body: bytes) -> Iterator[tuple[str, bytes]]:
    bare, unix = body.rstrip(b"\r\n"), body.replace(b"\r\n", b"\n")
    yield "without the newline at its end", bare
    yield "with a newline at its end", bare + b"\n"
    yield "with a carriage return and a newline at its end", bare + b"\r\n"
    yield "without the blanks around it", body.strip()
    yield "with newlines alone where lines end", unix
    yield "with carriage returns and newlines where lines end", unix.replace(b"\n", b"\r\n")
    yield "without a byte order mark", body.removeprefix(_BOM)
    yield "with a byte order mark", _BOM + body.removeprefix(_BOM)
    for encoding in ("latin-1", "cp1252"):
        for what, read_as, write_as in (
            (f"in {encoding}", "utf-8", encoding),
            (f"read as {encoding} and written as UTF-8", encoding, "utf-8"),
        ):
            try:
                yield what, body.decode(read_as).encode(write_as)
            except UnicodeError:
                continue


def _dumped(body: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        parsed: object = json.loads(body)
        compact = json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # ValueError: also of texts that are no Unicode
        return
    for (form, dump), is_sorted, escaped, newline in product(_DUMPS, (False, True), (False, True), (False, True)):
        said = [form, *["with sorted keys"] * is_sorted, *["with \\u escapes"] * escaped]
        said += ["with a newline at its end"] * newline
        text = dump(parsed, sort_keys=is_sorted, ensure_ascii=escaped) + "\n" * newline
        yield ", ".join(said), text.encode()
    yield "re-serialised compactly, with slashes as \\/", compact.replace(b"/", b"\\/")
    yield "re-serialised by JavaScript, which writes 1.0 as 1", re.sub(rb"(\d)\.0(?=[,}\]])", rb"\1", compact)
    yield from _with_fractions(compact)


def _with_fractions(compact: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the body with some whole numbers as 1.0, since nobody can tell from 1 that it was one."""
    names = sorted(set(re.findall(rb'"(\w+)":-?\d+(?=[,}\]])', compact)))
    if not 0 < len(names) <= MOST_NUMBERS or len(compact) > LARGE:
        return
    for chosen in range(1, 1 << len(names)):
        some = b"|".join(name for place, name in enumerate(names) if chosen >> place & 1)
        value = re.sub(rb'("(?:%b)":-?\d+)(?=[,}\]])' % some, rb"\1.0", compact)
        yield "before JavaScript re-serialised it, which writes 1.0 as 1", value
