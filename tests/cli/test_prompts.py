"""Asking and being answered: who is asked what, what counts as an approval, and that nothing is written without one."""

from __future__ import annotations

import os
import signal

import pytest

from tests.cli.scenario import UNREACHABLE, Shop, empty_streams
from tests.cli.terminal import CTRL_C, END_OF_INPUT, ENTER, Terminal, on_terminal

DONE, ERROR, REFUSED, STALE, DECLINED, USAGE, INTERRUPTED, TERMINATED = 0, 1, 3, 4, 7, 64, 130, 143
QUESTION = "Only 'yes' is taken for an approval"
KEPT = empty_streams("KEPT")
FULL = {**KEPT, "ORDERS": {"subjects": ["orders.>"]}, "EVENTS": {"subjects": ["events.>"]}, "EMPTY": {"subjects": ["empty.>"]}}
MANY = ("--max-deletes", "100")


def _answered(shop: Shop, args: tuple[str, ...], *answers: tuple[str, str]) -> tuple[int, str]:
    """The exit code and the screen of a command whose questions were answered, each when it was seen."""
    with on_terminal(*args, url=shop.url, cwd=shop.directory) as terminal:
        for question, typed in answers:
            terminal.answer(question, typed)
        return terminal.end(), terminal.screen


# ---------------------------------------------------------------------------------------- no person to ask


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_without_a_terminal_it_asks_nothing_and_does_not_even_connect(shop: Shop, command: str) -> None:
    shop.write(KEPT)

    done = shop.spawn(command, url=UNREACHABLE, stdin="yes\n")

    assert done.exit_code == USAGE
    assert "--auto-approve" in done.stderr
    assert "yes" not in done.stderr


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_with_ci_set_it_asks_nothing_even_on_a_terminal(shop: Shop, command: str) -> None:
    shop.write(KEPT)

    with on_terminal(command, url=UNREACHABLE, cwd=shop.directory, env={"CI": "true"}) as terminal:
        assert terminal.end() == USAGE
        assert "--auto-approve" in terminal.screen


@pytest.mark.parametrize("name", ["topology.yaml", "missing.yaml"])
def test_a_usage_error_comes_before_the_file_is_read(shop: Shop, name: str) -> None:
    shop.write({})

    assert shop.run("apply", "-f", name).exit_code == USAGE


def test_an_empty_ci_variable_is_none(shop: Shop) -> None:
    shop.write(KEPT)

    with on_terminal("apply", url=shop.url, cwd=shop.directory, env={"CI": ""}) as terminal:
        terminal.answer(QUESTION, "yes\n")
        assert terminal.end() == DONE


# ------------------------------------------------------------------------------------------- yes and no


def test_yes_applies_a_plan_that_loses_nothing(shop: Shop) -> None:
    shop.write(KEPT)

    code, screen = _answered(shop, ("apply",), (QUESTION, "yes\n"))

    assert code == DONE
    assert "Apply complete" in screen
    shop.assert_settled()


def test_what_a_person_edits_while_the_question_waits_is_left_alone(shop: Shop) -> None:
    shop.write(KEPT)
    shop.apply()
    shop.write({"KEPT": {**KEPT["KEPT"], "max_msgs": 500}})
    with on_terminal("apply", url=shop.url, cwd=shop.directory) as terminal:
        terminal.see(QUESTION)
        shop.edit("KEPT", description="by hand")
        edited = shop.live()
        terminal.answer(QUESTION, "yes\n")

        assert terminal.end() == STALE
        assert "AP101" in terminal.screen
    assert shop.live() == edited
    shop.apply()


def test_what_another_apply_did_while_the_question_waits_is_done_and_not_claimed(shop: Shop) -> None:
    """Two applies at once: creations of several stages, updates and deletions, all of them found done."""
    interest = {"subjects": ["i.>"], "retention": "interest", "consumers": {"all": {}}}
    shop.write({**empty_streams("OLD"), "SAME": {"subjects": ["same.>"]}})
    shop.apply()
    shop.write({"SAME": {"subjects": ["same.>"], "max_msgs": 5}, "INTEREST": interest, **empty_streams("NEW")})

    with on_terminal("apply", *MANY, url=shop.url, cwd=shop.directory) as terminal:
        terminal.see(QUESTION)
        shop.apply("--allow", "delete", *MANY)
        terminal.answer(QUESTION, "yes" + ENTER)

        assert terminal.end() == DONE, terminal.screen
    assert "Apply complete! 0 added, 0 changed, 0 destroyed. 5 objects had become so meanwhile" in terminal.screen
    shop.assert_settled()


@pytest.mark.parametrize("typed", ["no\n", "\n", "y\n", "YES\n", "yes please\n", " yes\n", "yess\n", END_OF_INPUT])
def test_anything_but_yes_declines_and_writes_nothing(shop: Shop, typed: str) -> None:
    shop.write(KEPT)

    code, screen = _answered(shop, ("apply",), (QUESTION, typed))

    assert code == DECLINED
    assert "nothing was changed" in screen
    assert shop.live() == {}


def test_nothing_is_asked_when_there_is_nothing_to_do(shop: Shop) -> None:
    shop.write(KEPT)
    shop.apply()

    code, screen = _answered(shop, ("apply",))

    assert code == DONE
    assert "No changes" in screen
    assert "yes" not in screen


def test_nothing_is_asked_when_the_plan_is_refused(shop: Shop) -> None:
    shop.write({"KEPT": {"subjects": ["kept.>"]}})
    shop.apply()
    shop.write({"KEPT": {"subjects": ["kept.>"], "storage": "memory"}})

    code, screen = _answered(shop, ("apply",))

    assert code == REFUSED
    assert QUESTION not in screen


def test_too_many_deletes_are_refused_without_asking(shop: Shop) -> None:
    """A person who says yes to everything is not asked whether the wrong file was meant."""
    shop.write(FULL)
    shop.apply()
    shop.write(KEPT)

    code, screen = _answered(shop, ("apply",))

    assert code == REFUSED
    assert "GA101" in screen
    assert len(shop.live()) == 4


# ------------------------------------------------------------------------------------------- typed names


@pytest.fixture
def losing(shop: Shop) -> Shop:
    """Two streams with messages and an empty one have left the file."""
    shop.write(FULL)
    shop.apply()
    shop.fill("orders.a", 3)
    shop.fill("events.a", 5)
    shop.write(KEPT)
    return shop


def test_each_destroy_that_holds_data_wants_its_name(losing: Shop) -> None:
    code, screen = _answered(losing, ("apply", *MANY), ("(EVENTS)", "EVENTS\n"), ("(ORDERS)", "ORDERS\n"))

    assert code == DONE
    assert "(EMPTY)" not in screen
    assert losing.live().keys() == {"stream.KEPT"}
    losing.assert_settled()


@pytest.mark.parametrize(
    "answers",
    [
        [("(EVENTS)", "yes\n")],
        [("(EVENTS)", "events\n")],
        [("(EVENTS)", ENTER)],
        [("(EVENTS)", END_OF_INPUT)],
        [("(EVENTS)", "EVENTS\n"), ("(ORDERS)", "EVENTS\n")],
        [("(EVENTS)", "EVENTS\n"), ("(ORDERS)", END_OF_INPUT)],
    ],
    ids=str,
)
def test_a_wrong_name_declines_the_whole_plan(losing: Shop, answers: list[tuple[str, str]]) -> None:
    before = losing.live()

    code, _ = _answered(losing, ("apply", *MANY), *answers)

    assert code == DECLINED
    assert losing.live() == before


def test_an_update_that_loses_messages_wants_the_name_too(shop: Shop) -> None:
    shop.write(FULL)
    shop.apply()
    shop.fill("orders.a", 3)
    shop.write({**FULL, "ORDERS": {"subjects": ["orders.>"], "max_msgs": 1}})

    code, _ = _answered(shop, ("apply",), ("(ORDERS)", "ORDERS\n"))

    assert code == DONE
    assert shop.live()["stream.ORDERS"]["messages"] == 1


def test_names_that_the_flags_allow_are_not_asked_for(losing: Shop) -> None:
    code, screen = _answered(losing, ("apply", *MANY, "--allow", "delete,data-loss"), (QUESTION, "yes\n"))

    assert code == DONE
    assert "Type its name" not in screen


def test_the_name_of_an_object_that_a_flag_allows_is_not_asked_for(losing: Shop) -> None:
    allowed = ("--allow", "delete=stream.EVENTS,data-loss=stream.EVENTS")
    code, screen = _answered(losing, ("apply", *MANY, *allowed), ("(ORDERS)", "ORDERS\n"))

    assert (code, "(EVENTS)" in screen) == (DONE, False)


def test_destroy_asks_like_apply(losing: Shop) -> None:
    losing.write(FULL)

    declined, _ = _answered(losing, ("destroy",), ("(EVENTS)", "EVENTS\n"), ("(ORDERS)", "no\n"))
    assert declined == DECLINED
    assert len(losing.live()) == 4
    code, _ = _answered(losing, ("destroy",), ("(EVENTS)", "EVENTS\n"), ("(ORDERS)", "ORDERS\n"))
    assert code == DONE
    assert losing.live() == {}


# ------------------------------------------------------------------------------------------- interrupted


def _ctrl_c(terminal: Terminal) -> None:
    os.write(terminal.ours, CTRL_C.encode())


def _sigint(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("interrupt", [_ctrl_c, _sigint], ids=["ctrl-c", "SIGINT"])
def test_an_interrupt_at_the_prompt_ends_it_at_once(shop: Shop, interrupt: object) -> None:
    shop.write(KEPT)
    with on_terminal("apply", url=shop.url, cwd=shop.directory) as terminal:
        terminal.see(QUESTION)
        assert callable(interrupt)
        interrupt(terminal)

        assert terminal.end() == INTERRUPTED
        assert "Traceback" not in terminal.screen
    assert shop.live() == {}


def test_sigterm_at_the_prompt_writes_nothing(shop: Shop) -> None:
    shop.write(KEPT)
    with on_terminal("apply", url=shop.url, cwd=shop.directory) as terminal:
        terminal.see(QUESTION)
        terminal.process.terminate()

        assert terminal.end() == TERMINATED
        assert "Traceback" not in terminal.screen
    assert shop.live() == {}
