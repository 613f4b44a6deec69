"""What is an error where: for each supported version, what the checks and the plan refuse is what a server of it refuses."""

from __future__ import annotations

import pytest

from smith_topology.core.checks import check
from smith_topology.core.model import Live, Server, Severity, Version
from smith_topology.core.planning.plan import prepare
from tests.agreement import test_consumers_agree, test_streams_agree, test_subjects_agree
from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared, build
from tests.raw import raw
from tests.servers import UNPACKED, Servers

CASES: dict[str, Declared] = {
    name: declared
    for module in (test_consumers_agree, test_streams_agree, test_subjects_agree)
    for name, (declared, _, _) in module.CASES.items()
}
TOO_OLD = "CP101"
"""Fields that the server does not know: it drops them, or refuses them, and the plan refuses them in any case."""
NO_ORIGIN = "RF201"
"""The server takes a copy of nothing."""


def _errors(declared: Declared, version: str) -> set[str]:
    topology = build(declared)
    found = check(topology)
    planned = prepare(topology, Live(Server(Version.parse(version), version), {}), warnings=found).diagnostics
    return {each.code for each in (*found, *planned) if each.severity is Severity.ERROR} - {NO_ORIGIN}


@pytest.mark.parametrize("version", UNPACKED)
def test_an_error_is_what_a_server_of_that_version_refuses(servers: Servers, version: str) -> None:
    with raw(servers.start(version=version).url) as js:
        js.request("STREAM.CREATE.STAYS", {"name": "STAYS", "mirror": {"name": "NOTHING"}})
        ours = {name: _errors(declared, version) for name, declared in CASES.items()}
        known = {name: errors for name, errors in ours.items() if TOO_OLD not in errors}
        refused = {name: refused_by(js, CASES[name]) for name in known}

    wrong = {name: (refused[name], errors) for name, errors in known.items() if bool(errors) != bool(refused[name])}
    assert not wrong
    assert len(known) > len(CASES) / 2
