"""What is only warned of is what a server accepts."""

from __future__ import annotations

import pytest

from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared
from tests.core.checks.test_warnings import WARNED
from tests.raw import Raw


@pytest.mark.parametrize("declared", [declared for declared, _, _ in WARNED.values()], ids=WARNED)
def test_a_server_accepts_what_is_warned_of(server: Raw, declared: Declared) -> None:
    assert refused_by(server, declared) is None
