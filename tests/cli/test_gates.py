"""Every safety gate through the command line, in both directions: it fires, and it doesn't."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from smith_topology.jetstream.embedded import EmbeddedServer
from tests.cli.scenario import APPROVED, UNREACHABLE, Shop, empty_streams
from tests.servers import Cluster

DONE, ERROR, REFUSED, USAGE = 0, 1, 3, 64
ANY_DELETES = ("--max-deletes", "100")
KEPT = empty_streams("KEPT")
FULL = {**KEPT, "FULL": {"subjects": ["full.>"]}}
TRIMMED = {**KEPT, "FULL": {"subjects": ["full.>"], "max_msgs": 4}}


def test_auto_approve_covers_creates_and_lossless_updates(shop: Shop) -> None:
    shop.write(FULL)
    shop.apply()
    shop.fill("full.a", 10)
    shop.write({**KEPT, "FULL": {"subjects": ["full.>", "more.>"], "max_msgs": 10}, **empty_streams("NEW")})

    shop.apply()

    assert shop.live()["stream.FULL"]["messages"] == 10


# ------------------------------------------------------------------------------------------- what --allow names

DELETE_OF_NOTHING, LOSS, DELETE_WITH_LOSS = "an empty stream goes", "messages go", "a stream with messages goes"
ALLOWED = (
    (DELETE_OF_NOTHING, None, "GA102"),
    (DELETE_OF_NOTHING, "data-loss", "GA102"),
    (DELETE_OF_NOTHING, "replace", "GA102"),
    (DELETE_OF_NOTHING, "delete", None),
    (LOSS, None, "GA104"),
    (LOSS, "delete,replace", "GA104"),
    (LOSS, "data-loss", None),
    (DELETE_WITH_LOSS, None, "GA102"),
    (DELETE_WITH_LOSS, None, "GA104"),
    (DELETE_WITH_LOSS, "delete", "GA104"),
    (DELETE_WITH_LOSS, "data-loss", "GA102"),
    (DELETE_WITH_LOSS, "delete,data-loss", None),
    (DELETE_WITH_LOSS, "data-loss, delete", None),
    (DELETE_WITH_LOSS, "delete=stream.FULL,data-loss=stream.FULL", None),
    (DELETE_WITH_LOSS, "delete=stream.FULL", "GA104"),
    (DELETE_WITH_LOSS, "delete=stream.KEPT,data-loss=stream.FULL", "GA102"),
    (LOSS, "data-loss=stream.FULL", None),
    (LOSS, "data-loss=stream.KEPT", "GA104"),
)


@pytest.mark.parametrize(("what", "allow", "refusal"), ALLOWED)
def test_what_loses_something_has_to_be_allowed_by_name(shop: Shop, what: str, allow: str | None, refusal: str | None) -> None:
    _prepare(shop, what)
    before = shop.live()

    done = shop.run(*APPROVED, *ANY_DELETES, *(("--allow", allow) if allow else ()))

    assert done.exit_code == (REFUSED if refusal else DONE), done
    if refusal:
        assert refusal in done.stderr
        assert shop.live() == before
    else:
        shop.assert_settled()


def _prepare(shop: Shop, what: str) -> None:
    shop.write(FULL)
    shop.apply()
    if what != DELETE_OF_NOTHING:
        shop.fill("full.a", 10)
    shop.write(TRIMMED if what == LOSS else KEPT)


def test_an_allowed_loss_is_the_announced_one(shop: Shop) -> None:
    """Counted by content: the six oldest go, and no other."""
    shop.write(FULL)
    shop.apply()
    with shop.raw() as js:
        for number in range(10):
            js.publish("full.a", str(number).encode())
    shop.write(TRIMMED)

    announced = shop.json("plan")["smith_topo"]["data_loss"]["messages"]
    shop.apply("--allow", "data-loss")

    with shop.raw() as js:
        assert [message.payload for message in js.messages("FULL")] == [b"6", b"7", b"8", b"9"]
    assert announced == 6


def test_the_refusal_says_what_to_write(shop: Shop) -> None:
    _prepare(shop, DELETE_WITH_LOSS)

    done = shop.run(*APPROVED, *ANY_DELETES)

    assert "--allow delete,data-loss" in done.stderr


def test_what_was_allowed_and_is_done_is_a_warning_and_no_error(shop: Shop) -> None:
    """A pipeline that is run again has nothing left to do; an address that is wrong would be in the way of what it meant."""
    _prepare(shop, DELETE_OF_NOTHING)
    once = ("--allow", "delete=stream.FULL", *ANY_DELETES)
    slip = shop.run(*APPROVED, *ANY_DELETES, "--allow", "delete=stream.FULLL")
    assert (slip.exit_code, "GA105" in slip.stderr, "--allow delete=stream.FULL\n" in slip.stderr) == (REFUSED, True, True), slip

    first, again = shop.run(*APPROVED, *once), shop.run(*APPROVED, *once, "--output", "json")

    assert ["GA105" in each.stderr for each in (first, again)] == [False, True]
    assert (first.exit_code, again.exit_code, set(shop.live())) == (DONE, DONE, {"stream.KEPT"})


def test_words_are_given_several_times_too(shop: Shop) -> None:
    _prepare(shop, DELETE_WITH_LOSS)

    shop.apply(*ANY_DELETES, "--allow", "delete", "--allow", "data-loss=stream.FULL")


WORDS = ("everything", "deletes", "delete,loss", "Delete", "delete=FULL", "delete=", "delete=stream.A,stream.B")


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_allows_nothing_is_a_usage_error(shop: Shop, word: str) -> None:
    shop.write(KEPT)

    done = shop.run(*APPROVED, "--allow", word, url=UNREACHABLE)

    assert done.exit_code == USAGE
    assert ("look like stream.ORDERS" if "=" in word else "delete, replace, data-loss") in " ".join(done.stderr.split())


# ------------------------------------------------------------------------------------------- how many deletes

DELETES = (
    # owned, deleted, --max-deletes, passes
    (3, 1, None, False),  # 30 % of 3 is less than one: small accounts are not exempt
    (4, 1, None, True),
    (4, 2, None, False),
    (10, 3, None, True),
    (10, 4, None, False),
    (20, 3, None, True),
    (20, 4, None, False),  # 30 % would be 6
    (3, 1, 0, False),
    (3, 1, 1, True),
    (10, 5, 4, False),
    (10, 5, 5, True),
)


@pytest.mark.parametrize(("owned", "deleted", "most", "passes"), DELETES)
def test_more_deletes_than_allowed_are_refused(shop: Shop, owned: int, deleted: int, most: int | None, passes: bool) -> None:
    names = [f"S{number}" for number in range(owned)]
    shop.write(empty_streams(*names))
    shop.apply()
    shop.write(empty_streams(*names[deleted:]))

    done = shop.run(*APPROVED, "--allow", "delete", *(() if most is None else ("--max-deletes", most)))

    assert done.exit_code == (DONE if passes else REFUSED), done
    assert ("GA101" in done.stderr) is not passes
    assert len(shop.live()) == owned - (deleted if passes else 0)


def test_consumers_count_as_deletes_and_as_owned(shop: Shop) -> None:
    consumers = {f"c{number}": {"ack_policy": "explicit"} for number in range(4)}
    shop.write({**KEPT, "GOES": {"subjects": ["goes.>"], "consumers": consumers}})
    shop.apply()
    shop.write(KEPT)

    done = shop.run(*APPROVED, "--allow", "delete")

    assert done.exit_code == REFUSED
    assert "destroys 5 of 6 objects" in " ".join(done.stderr.split())
    shop.apply("--allow", "delete", "--max-deletes", "5")


def test_a_negative_number_of_deletes_is_a_usage_error(shop: Shop) -> None:
    shop.write(KEPT)

    assert shop.run(*APPROVED, "--max-deletes", "-1", url=UNREACHABLE).exit_code == USAGE


# ------------------------------------------------------------------------------------------- nothing declared


def _no_file(_directory: Path) -> None:
    pass


def _directory_without_yaml(directory: Path) -> None:
    (directory / "topology.yaml").mkdir()
    (directory / "topology.yaml" / "notes.txt").write_text("streams", encoding="utf-8")
    (directory / "topology.yaml" / ".hidden.yaml").write_text("version: 1", encoding="utf-8")


def _file_of(text: str) -> Callable[[Path], None]:
    def write(directory: Path) -> None:
        (directory / "topology.yaml").write_text(text, encoding="utf-8")

    return write


NOTHING = {
    "no file": (_no_file, "no-file"),
    "a directory without YAML": (_directory_without_yaml, "no-file"),
    "an empty file": (_file_of(""), "empty-file"),
    "a file of comments": (_file_of("# all gone\n"), "empty-file"),
    "no streams": (_file_of("version: 1\nname: shop\n"), "empty-topology"),
    "streams without one": (_file_of("version: 1\nname: shop\nstreams: {}\n"), "empty-topology"),
}


@pytest.mark.parametrize("command", [("plan",), APPROVED, ("drift",)], ids=lambda each: each[0])
@pytest.mark.parametrize(("prepare", "code"), NOTHING.values(), ids=NOTHING)
def test_a_file_that_declares_nothing_is_refused_before_any_connection(
    tmp_path: Path, prepare: Callable[[Path], None], code: str, command: tuple[str, ...]
) -> None:
    """It would mean: delete everything. An unreachable server is not even asked."""
    shop = Shop(UNREACHABLE, tmp_path)
    prepare(tmp_path)

    done = shop.run(*command)

    assert done.exit_code == REFUSED, done
    assert code in done.stderr


def test_an_emptied_file_deletes_nothing_whatever_is_allowed(shop: Shop) -> None:
    shop.write(FULL)
    shop.apply()
    before = shop.live()
    shop.write({})

    done = shop.run(*APPROVED, "--allow", "delete,replace,data-loss", *ANY_DELETES)

    assert done.exit_code == REFUSED
    assert shop.live() == before


def test_one_missing_file_among_several_is_refused(shop: Shop) -> None:
    shop.write(KEPT)

    done = shop.run(*APPROVED, "-f", "topology.yaml", "-f", "more.yaml")

    assert done.exit_code == REFUSED
    assert shop.live() == {}


# ------------------------------------------------------------------------------------------- the right place

ACCOUNTS = "accounts { SMITH: { jetstream: enabled, users: [{ user: smith, password: pw }] } }"


@pytest.mark.parametrize("command", [("plan",), APPROVED, ("drift",)], ids=lambda each: each[0])
@pytest.mark.parametrize(
    ("target", "fits"),
    [
        ({"account": "SMITH"}, True),
        ({"account": "OTHER"}, False),
        ({"cluster": "prod-eu"}, False),
        ({"account": "SMITH", "cluster": "prod-eu"}, False),
    ],
    ids=str,
)
def test_a_file_for_another_account_or_cluster_is_refused(
    server_with: Callable[[str], EmbeddedServer], tmp_path: Path, target: dict[str, str], fits: bool, command: tuple[str, ...]
) -> None:
    url = f"nats://smith:pw@127.0.0.1:{server_with(ACCOUNTS).port}"
    shop = Shop(url, tmp_path)
    shop.write(KEPT, target=target)

    done = shop.run(*command)

    assert done.exit_code == ((2 if command == ("drift",) else DONE) if fits else REFUSED), done
    assert ("wrong-target" in done.stdout + done.stderr) is not fits
    assert bool(shop.live()) is (fits and command == APPROVED)


def test_the_cluster_of_the_file_has_to_be_the_connected_one(cluster: Cluster, tmp_path: Path) -> None:
    shop = Shop(cluster.url, tmp_path)
    codes = []
    for name in ("C3", "c3", "C4"):
        shop.write(KEPT, target={"cluster": name})
        codes.append(shop.run("plan").exit_code)

    assert codes == [DONE, REFUSED, REFUSED]


# ------------------------------------------------------------------------------------------- replacement

ON_DISK = {"subjects": ["orders.>"], "storage": "file"}
IN_MEMORY = {"subjects": ["orders.>"], "storage": "memory"}


def test_a_replacement_is_shown_explained_and_refused(shop: Shop) -> None:
    shop.write({"ORDERS": ON_DISK})
    shop.apply()
    shop.fill("orders.a", 3)
    before = shop.live()
    shop.write({"ORDERS": IN_MEMORY, **empty_streams("NEW")})

    for command in (("plan",), (*APPROVED, "--allow", "delete,replace,data-loss")):
        done = shop.run(*command)

        assert done.exit_code == REFUSED
        assert "-/+ stream.ORDERS must be replaced" in done.stdout
        assert "IM101" in done.stdout
        assert "can't move a stream between file and memory" in " ".join(done.stdout.split())
        assert shop.live() == before


@pytest.mark.parametrize("output", ["human", "json", "summary", "markdown"])
def test_no_output_advises_what_does_nothing(shop: Shop, output: str) -> None:
    shop.write({"ORDERS": ON_DISK})
    shop.apply()
    shop.write({"ORDERS": IN_MEMORY})

    done = shop.run("plan", "--output", output)

    assert (done.exit_code, "--allow" in done.stdout, '"required":["replace"]' in done.stdout) == (REFUSED, False, False), done


def test_a_consumer_that_needs_a_replacement_is_made_anew_as_the_message_says(shop: Shop) -> None:
    shop.write({"ORDERS": {**ON_DISK, "consumers": {"!c": {"deliver_policy": "all"}}}})
    shop.apply()
    shop.write({"ORDERS": {**ON_DISK, "consumers": {"!c": {"deliver_policy": "new"}}}})
    refused = shop.run("plan")
    first, then = [shlex.split(line) for line in refused.stdout.splitlines() if re.match(" +smith-topo ", line)]
    assert (refused.exit_code, first[1:], then[1:]) == (REFUSED, ["destroy", "--target", "consumer.ORDERS.!c"], ["apply"])

    assert shop.run(*first[1:], "--auto-approve", "--allow", "delete").exit_code == DONE
    shop.apply()

    assert shop.config("consumer.ORDERS.!c")["deliver_policy"] == "new"


def test_the_rest_goes_on_without_the_replacement(shop: Shop) -> None:
    shop.write({"ORDERS": ON_DISK})
    shop.apply()
    shop.write({"ORDERS": IN_MEMORY, **empty_streams("NEW")})

    done = shop.run(*APPROVED, "--exclude", "stream.ORDERS")

    assert done.exit_code == DONE
    assert shop.live().keys() == {"stream.ORDERS", "stream.NEW"}
    assert shop.config("stream.ORDERS")["storage"] == "file"


def test_a_target_that_the_user_may_not_ask_for_names_the_missing_permission(
    server_with: Callable[[str], EmbeddedServer], tmp_path: Path
) -> None:
    """Both ways: with the permission that the message names, the same user may."""
    user = 'authorization {{users: [{{user: u, password: p, permissions: {{publish: {{allow: ["$JS.API.>", {more}]}}}}}}]}}'
    for more, code in (("x", REFUSED), ('"$SYS.REQ.USER.INFO"', DONE)):
        shop = Shop(server_with(user.format(more=more)).url.replace("://", "://u:p@"), tmp_path)
        shop.write(KEPT, target={"account": "$G"})

        done = shop.run("plan")

        assert (done.exit_code, 'Grant this user publish "$SYS.REQ.USER.INFO".' in done.stdout) == (code, code == REFUSED), done
