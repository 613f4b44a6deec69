"""What servers of different versions do differently: one table. The fields that a version knows are in the tables of each kind.

A row is asked with the versions of the servers that have the object: ``EMPTIES_WITHOUT_CONSUMERS.at(live.versions(address))``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from smith_topology.core.kinds.fields import FIRST
from smith_topology.core.model import Version, Versions

NEVER = Version(99, 0)


class By(Enum):
    """The servers whose version decides, as the documentation calls them."""

    KEEPERS = "the object's"
    BOTH = "the object's and the API's"
    REQUESTS = "the API's"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something that servers do from ``since`` on and before ``until``.

    ``worse`` is the answer that counts where the servers differ: the one that loses more, or that takes less. ``measured`` names
    the server versions that it was measured on.
    """

    what: str
    worse: bool
    by: By = By.KEEPERS
    since: Version = FIRST
    until: Version = NEVER
    measured: str = "2.10.26, 2.11.11, 2.12.8, 2.14.6, 2.15.1"

    def at(self, versions: Versions) -> bool:
        """Whether the servers that have an object do this; where they differ, the worse of the two answers."""
        found = self._answers(versions)
        return found.pop() if len(found) == 1 else self.worse

    def everywhere(self, versions: Versions) -> bool:
        """Whether every server that has the object does this, so that what is said of it is exact."""
        return self._answers(versions) == {True}

    def _answers(self, versions: Versions) -> set[bool]:
        asked = {By.KEEPERS: versions.keepers, By.BOTH: versions.all, By.REQUESTS: frozenset({versions.requests})}[self.by]
        return {self.since <= version < self.until for version in asked}


# ------------------------------------------------------------------------------------------------- what is dropped

EMPTIES_WITHOUT_CONSUMERS = Behaviour(
    "A stream that becomes one of interest, and has no consumer, is emptied at once. Before, it keeps what is stored.",
    worse=True,
    since=Version(2, 15),
)
DROPS_ALL_ACKNOWLEDGED = Behaviour(
    "A stream that becomes one of interest drops everything that every consumer has acknowledged. Before, it keeps what comes "
    "after a gap (2.10, 2.11), or before a consumer's start (2.12).",
    worse=True,
    since=Version(2, 14),
)
TRIMS_SUBJECTS_AT_ONCE = Behaviour(
    "A lower `max_msgs_per_subject` drops the oldest messages of each subject at once. Before, when its next message comes.",
    worse=True,
    since=Version(2, 14),
)
COPIES_ACKNOWLEDGE = Behaviour(
    "A mirror or source of a work queue or an interest stream acknowledges what it has copied: the origin drops it.",
    worse=True,
    since=Version(2, 14),
)
CONSUMERS_KEEP_OLD_RETENTION = Behaviour(
    "The consumers of a stream that was one of interest go on dropping what they have acknowledged, until the server restarts.",
    worse=True,
    until=Version(2, 11),
)
UPDATES_DROP_UNWANTED = Behaviour(
    "Any update of a consumer of an interest stream drops what no consumer wants any more.",
    worse=True,
    until=Version(2, 12),
)

# ------------------------------------------------------------------------------------------------- what is accepted

PROMOTES_MIRRORS = Behaviour(
    "`mirror` can be taken out of a stream, which makes it a stream of its own.", worse=False, by=By.BOTH, since=Version(2, 12)
)
CHANGES_MAX_CONSUMERS = Behaviour(
    "`max_consumers` can be changed in place.",
    worse=False,
    by=By.BOTH,
    since=Version(2, 12, 5),
    measured="2.10.26, 2.11.11, 2.12.8, 2.14.6, 2.15.1; 2.12.5 by the server's source",
)
TAKES_CROSSING_FILTERS = Behaviour(
    "Two `filter_subjects` of a consumer may share subjects, if neither holds the other [10138].",
    worse=False,
    by=By.BOTH,
    since=Version(2, 12),
)
CHECKS_TEMPLATES = Behaviour(
    "Functions that the server does not know are refused in the subject templates of streams and mirrors too. Before, only in "
    "those of sources. In `republish` they never are.",
    worse=True,
    by=By.BOTH,
    since=Version(2, 11),
)
COPIES_SHARE_QUEUES = Behaviour(
    "A work queue that is copied takes new consumers for the same messages. Before, none [10099, 10100].",
    worse=False,
    by=By.BOTH,
    since=Version(2, 14),
)
ABSENT_LIMITS_ARE_ZERO = Behaviour(
    "A `consumer_limits` entry that is left out counts as 0 when consumers are held against new limits [10069].",
    worse=True,
    by=By.BOTH,
    until=Version(2, 14),
)

# ------------------------------------------------------------------------------------------------- what newer servers refuse
# None of them loads what it refuses from the store of an older server: the stream, or the consumer, is gone after the upgrade
# (2.10.26 to 2.15.1, each pair measured).

REFUSES_SERVER_SUBJECTS = Behaviour(
    "A stream that acknowledges is refused if a subject of it overlaps with the server's own because it begins with a wildcard "
    "(`*.>`), or is one of `$NRG` [10052].",
    worse=True,
    by=By.BOTH,
    since=Version(2, 11),
)
REFUSES_SPACES = Behaviour(
    "White space in the subject templates of streams and mirrors is refused [10154, 10156]. In `sources` it always was, in "
    "`republish` it never is.",
    worse=True,
    by=By.BOTH,
    since=Version(2, 11),
)
REFUSES_LARGE_NUMBERS = Behaviour(
    "Numbers above 2147483647 are refused in the functions of subject templates [10146, 10154, 10156, 10052].",
    worse=True,
    by=By.BOTH,
    since=Version(2, 11),
)
REFUSES_LARGE_PARTITIONS = Behaviour(
    "As numbers of partitions they are refused too.",
    worse=True,
    by=By.BOTH,
    since=Version(2, 12),
)
REFUSES_GROUPS_WITHOUT_POLICY = Behaviour(
    "A consumer with `priority_groups` or a `priority_timeout`, and no `priority_policy`, is refused [10196, 10197].",
    worse=True,
    by=By.BOTH,
    since=Version(2, 12),
)
REFUSES_SCHEDULES_BESIDE = Behaviour(
    "`allow_msg_schedules` is refused beside `discard: new` and `allow_msg_counter` [10052].",
    worse=True,
    by=By.BOTH,
    since=Version(2, 14),
)

# ------------------------------------------------------------------------------------------------- what is filled in, and counted

SOURCES_HAVE_NO_WINDOW = Behaviour(
    "A new stream with sources gets no `duplicate_window`. Before, it gets 2 minutes.",
    worse=False,
    by=By.BOTH,
    since=Version(2, 14),
)
RESERVES_EVERY_REPLICA = Behaviour(
    "`max_bytes` is reserved once for each replica. Before, for some of them (2.12) or for one (2.10, 2.11).",
    worse=True,
    by=By.REQUESTS,
    since=Version(2, 14),
)
COUNTS_STREAMS_OF_TIERS = Behaviour(
    "An account with tiers takes no more streams than its tier allows [10027]. Before, a server of its own takes them.",
    worse=True,
    by=By.REQUESTS,
    since=Version(2, 12),
)

TABLE: Mapping[str, Behaviour] = {name: row for name, row in globals().items() if isinstance(row, Behaviour)}
"""Every row, by its name."""
