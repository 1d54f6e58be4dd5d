"""README and docs: what they show works, and what there is, they name."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
import trio
from tests.core.log import journals
from tests.core.plugins import make_plugin
from tests.docs.pages import DOCS, PAGES, README, ROOT, name_of
from trio.testing import MockClock

import actionbus
from actionbus import (
    Action,
    Change,
    Event,
    Moment,
    PluginContext,
    SendType,
    Steal,
    TwoPointerMade,
    snake_name,
)
from actionbus.config import FeedConfig, JournalConfig, PluginTable, SimulatorConfig, read_tree
from actionbus.config.convert import structure
from actionbus.hookspecs import Hooks
from actionbus.simulator import generate_match
from actionbus.testing import AWAY, make, running
from actionbus_plugins import notifier
from actionbus_plugins.conditions.fields import names_for
from actionbus_plugins.conditions.language import LONGEST
from actionbus_plugins.notifier.delivery import Channel
from actionbus_plugins.notifier.settings import Defaults, Rule
from actionbus_plugins.score_tracker import Settings
from actionbus_plugins.score_tracker.settings import Clutch, FoulLimit, StreakRule


def blocks(page: Path, language: str) -> list[str]:
    """The fenced code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def in_docs(words: str) -> str:
    """The Python of plugins.md that says these words."""
    (found,) = [each for each in blocks(DOCS / "plugins.md", "python") if words in each]
    return found


def section(page: Path, title: str) -> str:
    """A page's part under a heading, up to the next heading."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", page.read_text(encoding="utf-8"), re.M | re.DOTALL)
    assert found is not None, f"{page.name} has no section {title}"
    return found[1]


def listed(text: str) -> set[str]:
    """What stands in backquotes in the first column of the tables."""
    rows = re.findall(r"^\| ([^|]*) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def module(text: str, name: str) -> ModuleType:
    made = ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), made.__dict__)
    return made


def anchors(page: Path) -> set[str]:
    """The names that a page's headings get as targets of links, on GitHub as on the site."""
    headings = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    links = [each for each in re.findall(r"\]\(([^)]+)\)", text) if not each.startswith("https://")]
    assert [each for each in links if not leads_somewhere(page, each)] == []


async def test_the_plugin_in_the_readme_is_twelve_lines_and_works(capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks(README, "python")
    body = text.partition("\n\n")[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 12
    async with running(module(text, "steals")) as bench:
        await bench.deliver(make(Steal, player="Ann Lee", clock="07:21"))
    assert capsys.readouterr().out == "07:21 Ann Lee steals the ball!\n"


async def test_the_alert_in_the_readme_works(capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = [block for block in blocks(README, "toml") if "[alert." in block]
    embers = attrs.evolve(AWAY, name="Brixholm Embers")
    async with running(notifier, config=text) as bench:
        threes = [make(actionbus.ThreePointerMade, player="Bo Diaz", team=embers, score=(8, 3 * n)) for n in (1, 2, 3)]
        await bench.deliver(make(actionbus.ThreePointerMade, player="Ann Lee"), *threes)
        await bench.deliver(attrs.evolve(threes[1], send_type=actionbus.SendType.DELETED))
    told = "Bo Diaz has hit 3 threes in a row, 8-9"
    assert capsys.readouterr().out == f"ALERT heat_check: {told}\nALERT heat_check: taken back: {told}\n"


def folders(below: Path) -> set[str]:
    """The folders that hold files of the project, by name."""
    return {path.name for path in below.iterdir() if path.is_dir() and re.match(r"(?!build$|dist$)[a-z]", path.name)}


def test_the_readme_names_every_folder_of_the_tree_and_no_other() -> None:
    text = section(README, "Where things are")
    named = listed(text)
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert folders(ROOT) - {name.partition("/")[0] for name in named} == set()
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", text, re.MULTILINE))
    core, inside = ROOT / "core/actionbus", set(re.findall(r"`(\w+)`", rows["core/actionbus/"]))
    assert folders(core) - inside == set()
    assert inside - {path.stem for path in core.iterdir()} == set()
    plugins, brought = (
        ROOT / "plugins/actionbus_plugins",
        set(re.findall(r"`(\w+)`", rows["plugins/actionbus_plugins/"])),
    )
    assert brought == {path.stem for path in plugins.iterdir() if path.name[0].isalpha() and path.name != "py.typed"}


def test_the_readme_and_the_page_of_the_log_make_the_same_promise() -> None:
    """That it is kept, tests/kill shows."""
    promise = (
        "Every action that the feed serves is delivered to every plugin that wants it at least once, in the fixture's"
        " order, under an id that stays the same; a sink that honours the id, and a plugin that keeps its state in"
        " `context.store`, see it exactly once; nothing fails silently."
    )
    for page in (README, DOCS / "log.md"):
        assert promise in " ".join(page.read_text(encoding="utf-8").split()), page.name


async def test_the_folds_and_counts_in_the_docs_work(capsys: pytest.CaptureFixture[str]) -> None:
    async with running(module(in_docs("Count the steals"), "counting")) as bench:
        await bench.deliver(steal := make(Steal, player="Ann Lee"), make(Steal, player="Ann Lee"))
        await bench.deliver(attrs.evolve(steal, send_type=SendType.DELETED))
    assert capsys.readouterr().out.splitlines() == ["Ann Lee: 1", "Ann Lee: 2", "Ann Lee: 1"]
    lead = module(in_docs("Announce who leads"), "leading")
    heard: list[tuple[str, Change]] = []

    async def hear(moment: Any) -> None:
        heard.append((moment.team, moment.change))

    lead.__dict__["subscriptions"] = actionbus.hookimpl(lambda: [actionbus.on(lead.Lead, hear, changes=set(Change))])
    async with running(lead) as bench:
        await bench.deliver(two := make(TwoPointerMade), attrs.evolve(two, send_type=SendType.DELETED))
    assert heard == [("Harbor Gulls", Change.ADDED), ("Harbor Gulls", Change.WITHDRAWN)]


async def test_the_history_in_the_docs_is_the_same_after_a_restart(tmp_path: Path) -> None:
    kept: list[list[str]] = []
    recording = generate_match(5)
    for _ in range(2):
        shots = module(in_docs("Keep the last ten shots"), "shots")
        async with journals.running(tmp_path / "journal.db", make_plugin("shots", shots.subscriptions)) as run:
            pipeline = await run.open(recording.fixture)
            if not kept:
                journals.give(pipeline, recording.packets[:400], 1e9)
            await run.settled()
        kept.append([shot.id for shot in shots.last[recording.fixture]])
    assert kept[0] == kept[1]
    assert len(kept[0]) == 10


async def test_the_task_in_the_docs_writes_beside_the_handlers(tmp_path: Path, mock_clock: MockClock) -> None:
    mock_clock.autojump_threshold = 0.02  # a thread writes
    beating = module(in_docs("Note now and then"), "beating")
    async with journals.running(tmp_path / "journal.db", make_plugin("beat", beating.subscriptions)):
        await trio.sleep(185)
    assert journals.ask(tmp_path / "journal.db", "SELECT plugin, key, value FROM shared_sum") == [
        ("beat", "minutes", 3)
    ]


async def test_the_settings_in_the_docs_work(capsys: pytest.CaptureFixture[str]) -> None:
    async with running(
        module(in_docs("a key of its own"), "ball"), config='[plugin.ball]\nteam = "Iron Foxes"'
    ) as bench:
        await bench.deliver(make(Steal), make(Steal, team=AWAY))
    assert capsys.readouterr().out == "Iron Foxes have the ball!\n"


async def test_the_test_in_the_docs_passes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "steals", module(blocks(README, "python")[0], "steals"))
    testing = module(in_docs("test_a_steal_is_shouted"), "testing")
    await testing.test_a_steal_is_shouted(capsys)


def ours() -> dict[str, type[Event]]:
    """The event classes that come with it, by snake_case name; other tests make some of the same names."""
    found: dict[str, type[Event]] = {}
    queue: list[type[Event]] = [Event]
    while queue:
        kind = queue.pop()
        queue += kind.__subclasses__()
        if kind.__module__.startswith(("actionbus.events.", "actionbus_plugins.")):
            found[snake_name(kind)] = kind
    return found


def test_every_event_class_is_in_the_docs_below_the_class_that_it_belongs_to() -> None:
    text = (DOCS / "events.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:· )*)(?:`(\w+)`|\(none\)) \| `(\w+)` \|", text, re.MULTILINE)
    classes = {kind.__name__: kind for kind in ours().values()}
    assert {python for _, _, python in rows} == classes.keys()
    path: list[type[Event]] = []
    for dots, name, python in rows:
        kind = classes[python]
        assert name in (snake_name(kind), "")
        del path[len(dots) // 2 :]
        if path and issubclass(kind, Action | Moment):
            assert issubclass(kind, path[-1]), f"{name} does not belong below {path[-1].__name__}"
        path.append(kind)


def test_the_settings_of_score_tracker_that_are_shown_are_the_default() -> None:
    (text,) = [block for block in blocks(DOCS / "plugins.toml.md", "toml") if "[plugin.score_tracker]" in block]
    assert structure(read_tree(text, "plugins.toml"), ("plugin", "score_tracker"), Settings) == Settings()


def test_every_change_and_every_field_of_an_event_is_in_the_docs() -> None:
    events = DOCS / "events.md"
    assert listed(section(events, "Changes")) == {change.name for change in Change}
    assert {each.name for each in attrs.fields(Event)} <= listed(section(events, "What every event says"))


def keys(kind: type[attrs.AttrsInstance]) -> set[str]:
    return {each.name.removesuffix("_") for each in attrs.fields(kind)}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("[feed]", FeedConfig),
        ("[simulator]", SimulatorConfig),
        ("[journal]", JournalConfig),
        ("[plugin.NAME]", PluginTable),
        ("[plugin.score_tracker]", Settings),
        ("[plugin.score_tracker.streaks.NAME]", StreakRule),
        ("[[plugin.score_tracker.foul_trouble]]", FoulLimit),
        ("[plugin.score_tracker.clutch]", Clutch),
        ("[alert.NAME]", Rule),
        ("[defaults]", Defaults),
        ("[notify.NAME]", Channel),
    ],
)
def test_every_key_of_plugins_toml_is_in_the_docs_and_no_other(title: str, kind: type[attrs.AttrsInstance]) -> None:
    assert listed(section(DOCS / "plugins.toml.md", title)) == keys(kind)


def test_the_defaults_in_the_docs_are_those_of_the_code() -> None:
    page = DOCS / "plugins.toml.md"
    for title, kind in (
        *(("[feed]", FeedConfig), ("[simulator]", SimulatorConfig), ("[defaults]", Defaults)),
        *(("[plugin.score_tracker.streaks.NAME]", StreakRule), ("[plugin.score_tracker.clutch]", Clutch)),
    ):
        rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", section(page, title), re.MULTILINE))
        assert rows
        defaults = {each.name: each.default for each in attrs.fields(kind)}
        for name, written in rows.items():
            assert tomllib.loads(f"x = {written}")["x"] == defaults[name], f"{title} {name}"


def test_every_top_level_table_is_in_the_docs() -> None:
    text = (DOCS / "plugins.toml.md").read_text(encoding="utf-8")
    plain = {"defaults", "lists"}
    names = {point.name for point in entry_points(group="actionbus.tables")}
    owned = {f"[{name}]" if name in plain else f"[{name}.NAME]" for name in names}
    assert [
        title
        for title in (*owned, "[feed]", "[simulator]", "[journal]", "[plugin.NAME]")
        if f"## {title}\n" not in text
    ] == []


def test_every_name_that_a_rule_may_use_is_in_the_docs() -> None:
    text = section(DOCS / "alerts.md", "Names")
    named = {
        name for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for name in re.findall(r"`([\w.]+)`", row)
    }
    assert named == names_for(actionbus.Action).keys() | {"streak.n", "streak.text", "count", "lists.NAME"}
    assert f"{LONGEST:,} characters" in text


def test_every_hook_and_all_of_the_context_is_in_the_docs() -> None:
    page = DOCS / "plugins.md"
    hooks = {name for name in vars(Hooks) if not name.startswith("_")}
    assert {name.partition("(")[0] for name in listed(section(page, "Hooks"))} == hooks
    attributes = {"log", "name", "replaying", "restarting", "store", "shared"}  # set when one is made
    known = attributes | {name for name in vars(PluginContext) if not name.startswith("_")}
    assert {
        re.split(r"\W", name.removeprefix("await ").removeprefix("context."))[0]
        for name in listed(section(page, "The context"))
    } == known


def test_every_key_of_a_channel_is_on_its_page_and_no_other() -> None:
    page = DOCS / "channels.md"
    titles = ("What each channel has", "ntfy", "slack", "discord", "telegram", "webhook", "file", "apprise")
    assert set[str]().union(*(listed(section(page, title)) for title in titles)) == keys(Channel)
