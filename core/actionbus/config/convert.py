"""From trees to values by one converter: strict (no text becomes a number), and it collects all that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import Any, TypeVar, get_origin

from cattrs import Converter
from cattrs.errors import CattrsError

from actionbus.config.hooks import register_hooks
from actionbus.config.keys import Keys, is_table
from actionbus.config.kinds import Duration, Keep, SecretSource, Speed, duration, keep, secret_source, speed
from actionbus.config.problems import problems_of
from actionbus.config.toml import Tree
from actionbus.config.wrong import Wrong, WrongType
from actionbus.errors import ConfigError

T = TypeVar("T")

KINDS: Mapping[Any, Callable[[object, object], object]] = {
    Duration: duration,
    Keep: keep,
    Speed: speed,
    SecretSource: secret_source,
}
"""What TOML has no type for."""


def structure(tree: Tree, keys: Keys, cls: type[T], *, besides: Collection[str] = ()) -> T:
    """Make the value at ``keys`` a ``cls``: an attrs class, a dataclass, or a list or dict of them.

    What is not in the file is an empty table (or list). Keys named in ``besides`` are somebody else's and left out.
    A ``Path`` starts at the folder of the file. Raises ConfigError with every problem there is, and TypeError if
    ``cls`` has a field of a type that cannot be read from TOML: that is for the author of ``cls`` to mend.
    """
    value = tree.get(keys)
    if value is None:
        value = list[object]() if get_origin(cls) in (list, tuple) else dict[str, object]()
    elif besides and is_table(value):
        value = {key: inner for key, inner in value.items() if key not in besides}
    converter = _converter(tree.folder)
    try:
        hook = converter.get_structure_hook(cls)
    except (AttributeError, CattrsError, NameError, SyntaxError, TypeError) as error:  # from the types of its fields
        raise TypeError(f"{cls} cannot be read from TOML: {error}") from error
    try:
        result: T = hook(value, cls)
    except (ValueError, CattrsError) as error:  # cattrs wraps whatever else a validator raises
        problems = list(problems_of(error, tree, keys, value, besides))
    else:
        return result
    raise ConfigError(*problems)


@cache
def _converter(folder: PurePath) -> Converter:
    """The converter for the files of one folder, from which their paths start."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    register_hooks(converter)

    def path(value: object, _: object) -> Path:
        if not isinstance(value, str):
            raise WrongType(value, "text")
        if not value or "\0" in value:
            raise Wrong("is empty, should be a path")
        return Path(folder, value)

    converter.register_structure_hook(Path, path)
    for kind, hook in KINDS.items():
        converter.register_structure_hook(kind, hook)
    return converter
