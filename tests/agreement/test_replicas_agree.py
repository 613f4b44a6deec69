"""Replicas of consumers, judged by a cluster: a single server refuses every replica alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared, codes, consumers
from tests.raw import Raw, raw
from tests.servers import cluster_of_three

EXPLICIT = {"ack_policy": "explicit"}
CASES: dict[str, tuple[Declared, int | None, set[str]]] = {
    "more than the stream": (consumers({"num_replicas": 3}), 10126, {"FC401"}),
    "fewer than the stream": (consumers({"num_replicas": 1}, num_replicas=3), None, set()),
    "fewer, workqueue": (consumers({**EXPLICIT, "num_replicas": 1}, num_replicas=3, retention="workqueue"), 10134, {"FC402"}),
    "fewer, interest": (consumers({**EXPLICIT, "num_replicas": 1}, num_replicas=3, retention="interest"), 10134, {"FC402"}),
    "as many, workqueue": (consumers({**EXPLICIT, "num_replicas": 3}, num_replicas=3, retention="workqueue"), None, set()),
    "inherited, workqueue": (consumers(EXPLICIT, num_replicas=3, retention="workqueue"), None, set()),
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    with cluster_of_three(tmp_path_factory.mktemp("cluster")) as three, raw(three.url) as connection:
        yield connection


@pytest.mark.parametrize(("declared", "err_code", "found"), CASES.values(), ids=CASES)
def test_the_checks_refuse_the_replicas_a_cluster_refuses(
    cluster: Raw, declared: Declared, err_code: int | None, found: set[str]
) -> None:
    assert (refused_by(cluster, declared), codes(declared)) == (err_code, found)
