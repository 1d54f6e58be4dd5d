"""The commands that a running daemon answers, and their options, with the help that people read first."""

from __future__ import annotations

from actionbus.cli.options import add_config, text

TYPE_CHECKING = False  # as in typing, which is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_reload(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus reload``."""
    reload = add(
        "reload",
        help="let the running daemon take plugins.toml over",
        description="Let the running daemon read plugins.toml anew: it is checked whole and then\n"
        "taken over whole, while the feeds go on; one with mistakes changes nothing.",
        epilog="""\
Says what has changed, or what is wrong (exit code 2). A daemon does the same
by itself as soon as the file is written, and at SIGHUP. Rules that have not
changed keep their streaks, timers and cooldowns.""",
    )
    add_config(reload)
    return reload


def add_mute(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus mute``."""
    mute = add(
        "mute",
        help="tell no alerts of a rule, player or team for a while",
        description="Let the running daemon tell no new alerts of a rule, a player or a team, or\n"
        "none at all, for a while. What was told is still corrected.",
        epilog="""\
  actionbus mute heat_check 2h
  actionbus mute Clyburn 45m
  actionbus mute all 1h30m
  actionbus mute                      what is muted?

Players and teams are named as in `where`: by id, whole name or one word of it.
What comes while it is muted is not told later either. A mute outlives a restart
where there is a journal, and ends by itself; unmute ends it early.""",
    )
    mute.add_argument("what", nargs="?", type=text, metavar="WHAT", help="a rule, a player, a team, or all")
    mute.add_argument("long", nargs="?", type=text, metavar="TIME", help="for how long: 45m, 2h, 1d")
    mute.add_argument("--json", action="store_true", help="without WHAT: the mutes as one JSON object")
    add_config(mute)
    return mute


def add_unmute(add: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add ``actionbus unmute``."""
    unmute = add(
        "unmute",
        help="end a mute",
        description="End a mute of the running daemon before its time.",
        epilog="  actionbus unmute Clyburn\n  actionbus unmute all                every mute",
    )
    unmute.add_argument("what", type=text, metavar="WHAT", help="as it was muted, or all")
    add_config(unmute)
    return unmute
