"""What older servers take and newer ones refuse: a warning there, and an error where it is refused."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.account import account_on
from tests.compat.test_versions import consumer, stream
from tests.servers import Servers
from tests.topologies import Document

TAKEN: dict[str, tuple[Document, str, str]] = {
    "leading wildcard": (stream(subjects=["*.*.request.>"]), "2.10.26", "SB108"),
    "white space": (stream(subject_transform={"src": "o.*", "dest": "x.a b"}), "2.10.26", "SB305"),
    "partitions": (stream(subject_transform={"src": "o.*", "dest": "x.{{partition(2147483648,1)}}"}), "2.11.11", "SB305"),
    "groups": (consumer(priority_groups=["g"]), "2.11.11", "FC212"),
    "schedules": (stream(allow_msg_schedules=True, discard="new"), "2.12.8", "FC112"),
}


@pytest.mark.parametrize(("document", "version", "code"), TAKEN.values(), ids=TAKEN)
def test_what_an_older_server_takes_is_a_warning_there(document: Document, version: str, code: str, tmp_path: Path) -> None:
    """The warning says that a newer server does not load it; the second server shows that."""
    with ExitStack() as stack:
        old = stack.enter_context(account_on(Servers(stack).start(version=version, store=tmp_path).url))
        checked = old.validate(document)
        plan = old.plan(document)
        old.converge(document)

        assert (checked.exit_code, plan.exit_code, plan.codes) == (0, 0, {code})
        assert f"[{code}]" in checked.stderr
        assert "after an upgrade it is gone" in " ".join(checked.stderr.split())
    with ExitStack() as stack:
        new = stack.enter_context(account_on(Servers(stack).start(store=tmp_path).url))
        assert "first" not in (new.consumers("ORDERS") if new.names() else ())
        before = new.configurations()
        plan, done = new.plan(document), new.apply(document)

        assert (plan.exit_code, done.exit_code, plan.codes, new.configurations()) == (1, 1, {code}, before)
