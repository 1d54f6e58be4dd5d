"""``actionbus doctor``."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import trio
from attrs import define, field

from actionbus.cli import FAILED, OK, logs
from actionbus.cli.config import read
from actionbus.cli.doctor.finding import Finding, Verdict, skipped
from actionbus.cli.doctor.journal import (
    ASIDE,
    DAEMON,
    DELIVERIES,
    INTEGRITY,
    LAG,
    VERSION,
    look_aside,
    look_at_daemon,
    look_at_deliveries,
    look_at_lags,
    look_inside,
)
from actionbus.cli.doctor.network import CHECKS, look_at_address, look_at_network
from actionbus.cli.doctor.place import DISK, FILE_SYSTEM, PLACE, look_at_disk, look_at_file_system, look_at_place
from actionbus.cli.doctor.settings import look_at_configuration, look_at_plugins, look_at_token
from actionbus.cli.journal import journal_place
from actionbus.cli.looking import daemon_since, has_config, printable
from actionbus.cli.source import Inputs, make_source, read_inputs
from actionbus.config import Config
from actionbus.host import installed
from actionbus.host.loading import wanted

LIMIT = 5.0  # seconds for each step that waits for something else


@define
class Report:
    """What was found out so far; printed as it comes, or at the end as JSON."""

    as_object: bool
    findings: list[Finding] = field(factory=list[Finding])

    def add(self, finding: Finding) -> None:
        """Take in a finding."""
        self.findings.append(finding)
        if not self.as_object:
            print(f"{finding.verdict.value:7}  {finding.check:13}  {printable(str(finding))}", flush=True)

    @property
    def worst(self) -> Verdict:
        """The verdict on the whole."""
        found = {finding.verdict for finding in self.findings}
        return next((verdict for verdict in (Verdict.PROBLEM, Verdict.WARNING) if verdict in found), Verdict.OK)

    def end(self) -> None:
        """Print how many of what there are, or all of it as JSON."""
        if self.as_object:
            each = [{"check": f.check, "verdict": f.verdict, "said": f.said, "advice": f.advice} for f in self.findings]
            print(json.dumps({"verdict": self.worst, "findings": each}, ensure_ascii=False))
            return
        counts = {what: sum(f.verdict is what for f in self.findings) for what in (Verdict.PROBLEM, Verdict.WARNING)}
        told = [f"{count} {what.value}{'' if count == 1 else 's'}" for what, count in counts.items() if count]
        print(f"\n{', '.join(told) or 'all is well'}")


def run(options: Namespace) -> int:
    """Look at everything; 0: no problem was found, 1: there is one."""
    logs.set_up(options.log_level)
    known = installed()
    config = read(options.config, known=known, optional=options.journal is not None)
    inputs = read_inputs(config, os.environ)
    report = Report(as_object=options.json)
    for finding in look_at_configuration(config, inputs):
        report.add(finding)
    report.add(look_at_plugins(config, known))
    report.add(look_at_token(config, inputs))
    _look_at_network(config, inputs, report, offline=options.offline)
    path: Path | None = options.journal if options.journal is not None else journal_place(config, os.environ)
    if path is None:
        for check in (PLACE, DISK, FILE_SYSTEM, VERSION, INTEGRITY, DAEMON, LAG, DELIVERIES, ASIDE):
            report.add(skipped(check, "not needed: the log is in memory"))
    else:
        for finding in _look_at_journal(path, limit=None if options.deep else LIMIT):
            report.add(finding)
        daemon = daemon_since(path) is not None
        fixtures = make_source(config, inputs).fixtures
        for finding in look_at_lags(path, daemon=daemon, plugins=wanted(config, known), fixtures=fixtures):
            report.add(finding)
        for finding in look_at_deliveries(path, config, known, has_file=has_config(options)):
            report.add(finding)
        report.add(look_aside(path))
    report.end()
    return FAILED if report.worst is Verdict.PROBLEM else OK


def _look_at_network(config: Config, inputs: Inputs, report: Report, *, offline: bool) -> None:
    why = ""
    if config.feed.source == "simulator":
        why = "not needed: the simulator is built in"
    elif offline:
        why = "left out, as --offline asks"
    if why:
        for check in ("address", *CHECKS):
            report.add(skipped(check, why))
        return
    source = make_source(config, inputs)
    report.add(look_at_address(source.profile))
    trio.run(partial(look_at_network, source.profile, source.ssl_context, report.add, limit=LIMIT))


def _look_at_journal(path: Path, *, limit: float | None) -> Iterator[Finding]:
    yield look_at_place(path)
    yield look_at_disk(path)
    yield look_at_file_system(path)
    yield from look_inside(path, limit=limit)
    yield look_at_daemon(path)
