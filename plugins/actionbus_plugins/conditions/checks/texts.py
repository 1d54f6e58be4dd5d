"""The checks of a whole condition or message: read, looked at part by part, and tried on samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from minijinja import TemplateError

from actionbus import Event, snake_name
from actionbus_plugins.conditions.checks.grammar import wrong_in_condition, wrong_in_message
from actionbus_plugins.conditions.checks.samples import sample
from actionbus_plugins.conditions.checks.scope import Complaint, Scope
from actionbus_plugins.conditions.checks.syntax import Refused, read_condition, read_message
from actionbus_plugins.conditions.fields import by_kind
from actionbus_plugins.conditions.language import Condition, Message, reason
from actionbus_plugins.conditions.names import values

# "{player.name}" and "{ player.name }": what is right in Python, and here would be sent as it stands.
_SINGLE = re.compile(r"(?<!\{)\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}(?!\})", re.ASCII)
_BLOCK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def check_condition(
    text: str, scope: Scope, kinds: Collection[type[Event]], extra: Mapping[str, object]
) -> Iterator[Complaint]:
    """Say what is wrong with ``when`` about events of these classes; ``extra`` are samples of the rule's own names."""
    try:
        wrong = wrong_in_condition(read_condition(text), scope)
    except Refused as refused:
        yield refused.what, refused.hint
    except RecursionError:
        yield "is too long a chain", "write a simpler one"
    else:
        yield from wrong or _wrong_in_engine(Condition, text, scope, kinds, extra)


def check_message(
    text: str, scope: Scope, kinds: Collection[type[Event]], extra: Mapping[str, object]
) -> Iterator[Complaint]:
    """Say what is wrong with a message about events of these classes; ``extra`` are samples of the rule's own names."""
    for found in _SINGLE.finditer(_BLOCK.sub("", text)):
        if scope.has(found[1]):
            yield f"{found[0]} would be sent as it stands", f"write {{{{ {found[1]} }}}}"
    try:
        wrong = wrong_in_message(read_message(text), scope)
    except Refused as refused:
        yield refused.what, refused.hint
    except RecursionError:
        yield "is too long a chain", "write a simpler one"
    else:
        yield from wrong or _wrong_in_engine(Message, text, scope, kinds, extra)


def _wrong_in_engine(
    make: type[Condition] | type[Message],
    text: str,
    scope: Scope,
    kinds: Collection[type[Event]],
    extra: Mapping[str, object],
) -> Iterator[Complaint]:
    """Let the engine read a text and try it: last, since it works out what is constant as it reads, without limits."""
    try:
        made = make(text)
    except TemplateError as error:
        yield f"cannot be read: {reason(error)}", None
        return
    # What the engine takes for a name and the check did not: should the two ever read a text differently.
    unseen = [name for name in sorted(made.dotted) if not scope.has(name)]
    for name in unseen:
        yield f"names '{name}', which cannot be checked", None
    if not unseen:
        yield from _failing(made.holds if isinstance(made, Condition) else made.render, kinds, extra)


def _failing(
    run: Callable[[Mapping[str, object]], object], kinds: Collection[type[Event]], extra: Mapping[str, object]
) -> Iterator[Complaint]:
    """Try a text on a sample of each class and its subclasses; what is the same for several is told once."""
    told: set[str] = set()
    for kind in dict.fromkeys(each for asked in kinds for each in _family(asked)):
        named = _sample_values(kind)
        if named is None:
            continue
        try:
            run({**named, **extra})
        except TemplateError as error:
            said = reason(error)
            if said not in told:
                yield f"fails, as for this {snake_name(kind)}: {said}", None
            told.add(said)


@by_kind
def _sample_values(kind: type[Event]) -> dict[str, object] | None:
    try:
        return values(sample(kind))
    except Exception:  # a plugin's moment says in its own code how it reads; a sample may be none that it expects
        return None


def _family(kind: type[Event]) -> Iterator[type[Event]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _family(each)
