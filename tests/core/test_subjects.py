from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smith_topology.core.subjects import SubjectIndex, intersection, is_literal, is_subset, matches, overlaps, problem

TOKENS = ("a", "b", "*")
PATTERNS = [".".join((*front, last)) for size in range(3) for front in product(TOKENS, repeat=size) for last in (*TOKENS, ">")]
LITERALS = [".".join(tokens) for size in range(1, 5) for tokens in product("abc", repeat=size)]
"""Every literal that could tell two of the patterns apart: one token more than the longest, one letter more than they use."""
MATCHED = {pattern: frozenset(literal for literal in LITERALS if matches(pattern, literal)) for pattern in PATTERNS}

patterns = st.lists(st.sampled_from(TOKENS), max_size=4).flatmap(
    lambda front: st.sampled_from((*TOKENS, ">")).map(lambda last: ".".join((*front, last)))
)


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("*.b", "a.b", True),
        ("a.>", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        (">", "a", True),
        ("a*", "ab", False),
        ("a*", "a*", True),
        (">a.b", "x.b", False),
    ],
)
def test_a_wildcard_is_a_whole_token(pattern: str, subject: str, expected: bool) -> None:
    assert matches(pattern, subject) is expected


def test_patterns_overlap_exactly_when_a_subject_matches_both() -> None:
    wrong = [(a, b) for a, b in product(PATTERNS, repeat=2) if overlaps(a, b) is not bool(MATCHED[a] & MATCHED[b])]

    assert wrong == []


def test_a_pattern_is_inside_another_exactly_when_all_its_subjects_match() -> None:
    wrong = [(a, b) for a, b in product(PATTERNS, repeat=2) if is_subset(a, b) is not (MATCHED[a] <= MATCHED[b])]

    assert wrong == []


@pytest.mark.parametrize(("subject", "literal"), [("a.b", True), ("a.*", False), (">", False), ("a*.>b", True)])
def test_a_literal_subject_has_no_wildcard_token(subject: str, literal: bool) -> None:
    assert is_literal(subject) is literal


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("", "it is empty"),
        ("a..b", "it has an empty token"),
        (".a", "it has an empty token"),
        ("a.", "it has an empty token"),
        ("a b", "it contains white space"),
        ("a.\tb", "it contains white space"),
        (">.a", "`>` stands for the rest"),
        ("a.>.>", "`>` stands for the rest"),
    ],
)
def test_an_invalid_subject_is_explained(subject: str, why: str) -> None:
    assert problem(subject).startswith(why)


@pytest.mark.parametrize("subject", ["a", "a.b.c", "*", ">", "a.*.>", "a*", ">a", "ä.ö", "$JS.x", "a-b_c/d"])
def test_a_valid_subject_has_no_problem(subject: str) -> None:
    assert problem(subject) == ""


@settings(max_examples=12, deadline=None)
@given(st.lists(patterns, max_size=12))
def test_the_index_finds_each_overlapping_pair_once(subjects: list[str]) -> None:
    index: SubjectIndex[int] = SubjectIndex()
    for owner, subject in enumerate(subjects):
        index.add(subject, owner)
    found = [tuple(sorted((one, other))) for (_, one), (_, other) in index.overlapping()]

    expected = [(i, j) for i, j in combinations(range(len(subjects)), 2) if overlaps(subjects[i], subjects[j])]
    assert sorted(found) == expected


@settings(max_examples=12, deadline=None)
@given(st.lists(patterns, max_size=8), st.integers(0, 40))
def test_the_index_finds_no_more_pairs_than_it_has_steps(subjects: list[str], most: int) -> None:
    index: SubjectIndex[int] = SubjectIndex()
    for owner, subject in enumerate(subjects):
        index.add(subject, owner)
    everything, found = list(index.overlapping()), list(index.overlapping(range(most)))

    assert found == everything[: len(found)]
    assert len(found) <= most


@settings(max_examples=12, deadline=None)
@given(st.lists(patterns, max_size=8), patterns)
def test_the_index_finds_what_meets_a_subject(subjects: list[str], asked: str) -> None:
    index: SubjectIndex[int] = SubjectIndex()
    for owner, subject in enumerate(subjects):
        index.add(subject, owner)

    expected = [(subject, owner) for owner, subject in enumerate(subjects) if overlaps(subject, asked)]
    assert sorted(index.meeting(asked), key=lambda entry: entry[1]) == expected


@settings(max_examples=12, deadline=None)
@given(st.lists(patterns, max_size=8), patterns)
def test_the_index_covers_what_one_of_its_entries_contains(subjects: list[str], asked: str) -> None:
    index: SubjectIndex[None] = SubjectIndex()
    for subject in subjects:
        index.add(subject, None)

    assert index.covers(asked) is any(is_subset(asked, subject) for subject in subjects)


def test_the_index_takes_subjects_of_any_length() -> None:
    long = ".".join(["a"] * 3_000)
    index: SubjectIndex[int] = SubjectIndex()
    index.add(f"{long}.*", 0)
    index.add(f"{long}.b", 1)

    assert list(index.overlapping()) == [((f"{long}.*", 0), (f"{long}.b", 1))]
    assert index.covers(f"{long}.c")


@settings(max_examples=12, deadline=None)
@given(patterns, patterns)
def test_an_intersection_matches_what_both_match(one: str, other: str) -> None:
    if overlaps(one, other):
        both = {literal for literal in LITERALS if matches(one, literal) and matches(other, literal)}

        assert {literal for literal in LITERALS if matches(intersection(one, other), literal)} == both
