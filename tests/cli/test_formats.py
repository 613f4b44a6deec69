"""What `--output` offers is what the table of renderers has."""

from __future__ import annotations

from enum import StrEnum

import pytest

from smith_topology.cli.drift import DriftOutput
from smith_topology.cli.options import Output, TextOrJson
from smith_topology.render.formats import TABLE, View


@pytest.mark.parametrize(
    ("view", "offered"),
    [
        (View.PLAN, Output),
        (View.OUTCOME, Output),
        (View.DRIFT, DriftOutput),
        (View.VALIDATION, TextOrJson),
        (View.SHOW, TextOrJson),
    ],
)
def test_each_command_offers_the_formats_that_its_view_has(view: View, offered: type[StrEnum]) -> None:
    assert [form.value for form in TABLE[view]] == [form.value for form in offered]
