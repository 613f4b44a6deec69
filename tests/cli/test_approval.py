"""What a person reads at the prompt that no server of a test can bring about at will."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from smith_topology.cli import approval
from smith_topology.cli.exits import ExitWith
from smith_topology.cli.options import Approving
from tests.render.plans import LEFT, PASSED, SAME, plan


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> int:
    """What is written here comes from the keyboard."""
    reader, writer = os.pipe()
    monkeypatch.setattr(sys, "stdin", os.fdopen(reader))
    return writer


def test_an_interruption_is_reported_before_the_question(typed: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(typed, b"yes\n")

    asyncio.run(approval.obtain(plan(PASSED), Approving()))

    before, question = capsys.readouterr().err.split("Do you want")
    assert "Interruption: a passes from stream.OLD to stream.NEW and has no stream in between: publishers that wait" in before
    assert "account SMITH @ prod-eu" in question
    os.close(typed)
    sys.stdin.close()


def test_auto_approve_covers_interruptions(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(approval.obtain(plan(PASSED, LEFT), Approving(auto_approve=True)))

    assert capsys.readouterr().err == ""


def test_without_an_interruption_none_is_reported(typed: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(typed, b"no\n")

    with pytest.raises(ExitWith):
        asyncio.run(approval.obtain(plan(SAME), Approving()))

    assert "Interruption" not in capsys.readouterr().err
    os.close(typed)
    sys.stdin.close()
