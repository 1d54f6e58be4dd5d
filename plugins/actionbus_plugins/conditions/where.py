"""``where`` of a rule: which events, by what they say."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any

from actionbus import Event, Player, Team
from actionbus_plugins.conditions.fields import Sort, forms, names_for
from actionbus_plugins.conditions.names import values

Plain = str | int | float | bool
Asked = Plain | tuple[Plain, ...]
"""What a field should be, or what it may be."""
Matcher = Callable[[Event], bool]

# Letters that are no letter with an accent to Unicode, but to whoever types a name without them.
_PLAIN = str.maketrans({"\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Fold a name for comparison: no accents, no case, single spaces."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return " ".join(plain.casefold().translate(_PLAIN).split())


def asked(wanted: Asked, lists: Mapping[str, tuple[str, ...]]) -> Iterator[Plain]:
    """Yield what may be, with ``"@NAME"`` replaced by what the list NAME holds. Raises KeyError for no such list."""
    for each in wanted if isinstance(wanted, tuple) else (wanted,):
        if isinstance(each, str) and each.startswith("@"):
            yield from lists[each[1:]]
        else:
            yield each


def matcher(where: Mapping[str, Asked], lists: Mapping[str, tuple[str, ...]]) -> Matcher:
    """Make a function that says whether an event is as a rule wants it; all fields have to match.

    The rule is one that ``check`` has found nothing wrong with. An event of a class without the field does not match.
    """
    if not where:
        return _always
    wanted = {name: tuple(asked(each, lists)) for name, each in where.items()}
    tests: dict[type[Event], tuple[Matcher, ...]] = {}

    def matches(event: Event) -> bool:
        kind = type(event)
        found = tests.get(kind)
        if found is None:
            found = tests[kind] = tuple(_test(kind, name, each) for name, each in wanted.items())
        return all(test(event) for test in found)

    return matches


def names_in_where(kind: type[Event]) -> dict[str, Sort]:
    """Return what ``where`` may name of events of a class: besides the names of messages, whole players and teams."""
    people: dict[str, Sort] = {name: "text" for name, form in forms(kind).items() if form in ("player", "team")}
    return people | dict(names_for(kind))


def _always(_: Event) -> bool:
    return True


def _never(_: Event) -> bool:
    return False


def _test(kind: type[Event], name: str, wanted: Collection[Plain]) -> Matcher:
    fields, owner, sort = forms(kind), name.rpartition(".")[0], names_for(kind).get(name)
    if fields.get(name) in ("player", "team"):
        return _of_person(name, wanted, with_id=True)
    if fields.get(owner) in ("player", "team") and name.endswith(".name"):
        return _of_person(owner, wanted, with_id=False)
    if sort is None:
        return _never
    is_plain = fields.get(name) in ("number", "text", "boolean")
    return _of_value(attrgetter(name) if is_plain else partial(_told, name.split(".")), sort, wanted)


def _of_person(field: str, wanted: Collection[Plain], *, with_id: bool) -> Matcher:
    """Ask for an id, a whole name or one whole word of it; who is not named matches nothing."""
    ids = frozenset(wanted) if with_id else frozenset[Plain]()
    texts = frozenset(folded(each) for each in wanted if isinstance(each, str))

    @lru_cache(maxsize=1024)
    def is_wanted(number: str, name: str) -> bool:
        whole = folded(name)
        return number in ids or whole in texts or not texts.isdisjoint(whole.split())

    def matches(event: Event) -> bool:
        who: Player | Team | None = getattr(event, field)
        return who is not None and is_wanted(who.id, who.name)

    return matches


def _of_value(get: Callable[[Event], Any], sort: Sort, wanted: Collection[Plain]) -> Matcher:
    """Ask for a value: of texts the whole of it, folded; of a list one that it holds."""
    texts = frozenset(folded(each) for each in wanted if isinstance(each, str))
    others = frozenset(each for each in wanted if not isinstance(each, str))
    match sort:
        case "number":
            return lambda event: (get(event) or 0) in others
        case "boolean":
            return lambda event: bool(get(event)) in others
        case "text":
            return lambda event: folded(str(get(event) or "")) in texts
        case _:

            def is_wanted(value: object) -> bool:
                return folded(value) in texts if isinstance(value, str) else value in others

            if sort == "list":
                return lambda event: any(is_wanted(each) for each in get(event))
            return lambda event: is_wanted(get(event))


def _told(path: Sequence[str], event: Event) -> object:
    value: Any = values(event)
    for part in path:
        value = value[part]
    return value
