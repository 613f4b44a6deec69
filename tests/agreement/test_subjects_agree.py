"""Subjects, filters and templates: what the checks refuse is what a real server refuses."""

from __future__ import annotations

import pytest

from tests.agreement.judge import refused_by
from tests.core.checks.declare import Declared, codes, consumers, mirror, sources, stream
from tests.raw import Raw

NO_SUBJECTS_OVERLAP: dict[str, tuple[Declared, int | None, set[str]]] = {
    "disjoint": ({"A": {"subjects": ["a.*"]}, "B": {"subjects": ["b.*"]}}, None, set()),
    "the same": ({"A": {"subjects": ["a.b"]}, "B": {"subjects": ["a.b"]}}, 10065, {"SB101"}),
    "crossing": ({"A": {"subjects": ["a.*.c"]}, "B": {"subjects": ["a.b.*"]}}, 10065, {"SB101"}),
    "rest": ({"A": {"subjects": ["a.>"]}, "B": {"subjects": ["a.*.c"]}}, 10065, {"SB101"}),
    "rest needs a token": ({"A": {"subjects": ["a.>"]}, "B": {"subjects": ["a"]}}, None, set()),
    "default subject": ({"A": {"subjects": ["B"]}, "B": {}}, 10065, {"SB101"}),
    "mirrors have none": ({"A": {"subjects": ["B"]}, "B": {"mirror": {"name": "A"}}}, None, set()),
    "within, the same": (stream(subjects=["a", "a"]), 10052, {"SB102"}),
    "within, inside": (stream(subjects=["a.*", "a.b"]), 10052, {"SB102"}),
    "within, crossing": (stream(subjects=["a.*.c", "a.b.*"]), 10052, {"SB102"}),
    "literal star": ({"A": {"subjects": ["a*.x"]}, "B": {"subjects": ["ab.x"]}}, None, set()),
    "republish into another stream": (
        {"A": {"subjects": ["a"], "republish": {"src": "a", "dest": "b"}}, "B": {"subjects": ["b"]}},
        None,
        set(),
    ),
}
SUBJECTS = {
    **{
        f"invalid {text!r}": (stream(subjects=[text]), 10052, {"SB103"})
        for text in ("a..b", ".a", "a.", "a b", "a\tb", ">.a", "", "a. .b")
    },
    **{
        f"valid {text!r}": (stream(subjects=[text]), None, set())
        for text in ("a*", "a.b*.c", ">a", "a\x0bb", "ä.ö", "*", "$KV.x.>", "_INBOX.>")
    },
    "very long": (stream(subjects=[".".join(["a"] * 5000)]), None, set()),
    **{
        f"reserved {text}": (stream(subjects=[text]), 10052, {"SB104"})
        for text in ("$JS.API.>", "$JS.>", "$JS.x", "$JS.*.x", "$JSC.x", "$SYS.>")
    },
    **{
        f"reaching {text}": (stream(subjects=[text]), 10052, {"SB108"})
        for text in ("$NRG.x", "*.>", "*.a", "*.*", "*.API.x", "*.ACCOUNT.x", "*.*.request.>")
    },
    "reaching, no_ack": (stream(subjects=["*.a"], no_ack=True), None, set()),
    **{
        f"allowed {text}": (stream(subjects=[text]), None, set())
        for text in ("$JS", "$JS.EVENT.>", "$JS.EVENT.A.*", "$SYS.ACCOUNT.x")
    },
    "reserved, no_ack": (stream(subjects=["$JS.API.>"], no_ack=True), None, set()),
    "everything": (stream(subjects=[">"]), 10052, {"SB105"}),
    "everything, replicated": (stream(subjects=[">"], no_ack=True, num_replicas=3), 10052, {"SB105"}),
    "everything, no_ack": (stream(subjects=[">"], no_ack=True), None, set()),
}
FILTERS = {
    "outside": (consumers({"filter_subject": "x.>"}), None, set()),
    "invalid": (consumers({"filter_subject": "s..a"}), 10052, {"SB103"}),
    "invalid in a list": (consumers({"filter_subjects": ["s.a", "s..b"]}), 10052, {"SB103"}),
    "empty in a list": (consumers({"filter_subjects": [""]}), 10139, {"SB103"}),
    "both fields": (consumers({"filter_subject": "s.a", "filter_subjects": ["s.b"]}), 10136, {"SB203"}),
    "both, one empty": (consumers({"filter_subject": "s.a", "filter_subjects": []}), None, set()),
    "one inside another": (consumers({"filter_subjects": ["s.*", "s.a"]}), 10138, {"SB202"}),
    "twice": (consumers({"filter_subjects": ["s.a", "s.a"]}), 10138, {"SB202"}),
    "crossing is taken": (consumers({"filter_subjects": ["s.*.a", "s.b.*"]}), None, set()),
    "delivered back": (consumers({"deliver_subject": "s.x"}), 10081, {"SB204"}),
    "delivered back by default": ({"S": {"consumers": {"c": {"deliver_subject": "S"}}}}, 10081, {"SB204"}),
    "delivered to another stream": ({**consumers({"deliver_subject": "t"}), "T": {"subjects": ["t"]}}, None, set()),
    "invalid deliver_subject": (consumers({"deliver_subject": "d..x"}), 10112, {"SB103"}),
    "deliver_subject with a wildcard": (consumers({"deliver_subject": "d.*"}), 10079, {"FC211"}),
}


def _transform(src: str, dest: str) -> Declared:
    return stream(subject_transform={"src": src, "dest": dest})


def _republish(src: str, dest: str, **fields: object) -> Declared:
    return stream(republish={"src": src, "dest": dest}, **fields)


TEMPLATES = {
    **{
        f"valid {src} → {dest}": (_transform(src, dest), None, set())
        for src, dest in (
            ("s.>", "t.>"),
            ("", "t.>"),
            ("s.*", ""),
            ("s.*.*", "t.$1"),
            ("s.*", "t.{{wildcard(1)}}"),
            ("s.*", "t.{{ Wildcard ( 1 ) }}"),
            ("s.*", "t.{{wildcard(0)}}"),
            ("s.*", "t.{{wildcard(-1)}}"),
            ("s.*", "t.{{partition(10,1)}}"),
            ("s.*", "t.{{partition(10)}}"),
            ("s.a", "t.{{partition(10)}}"),
            ("s.a", "t.{{random(5)}}"),
            ("s.*", "t.{{partition(2147483647,1)}}"),
            ("s.*", "t.{{split(1,-)}}"),
            ("s.*", "t.{{SplitFromLeft(1,2)}}"),
            ("s.*", "t.{{slicefromright(1,2)}}"),
            ("s.*", "t.{{left(1,2)}}"),
            ("s.*", "t.{{Right(1, 2)}}"),
            ("s.*", "t.{{wildcard(1)"),
            ("s.*", "t.$x"),
            ("s.*", "t.a{{wildcard(1)}}"),
            ("s.a", "t.{{partition(3,1)}}"),
        )
    },
    **{
        f"invalid {src} → {dest}": (_transform(src, dest), 10156, {"SB301"})
        for src, dest in (
            ("s.*", "t.>"),
            ("s.>", "t.x"),
            ("s.*", "t.*"),
            ("s.*", "t.{{wildcard(2)}}"),
            ("s.*", "t.$2"),
            ("s.a", "t.{{wildcard(1)}}"),
            ("s.a", "t.$1"),
            ("s.*", "t.{{nothing(1)}}"),
            ("s.*", "t.{{WILDCARD(1)}}"),
            ("s.*", "t.{{wildcard()}}"),
            ("s.*", "t.{{wildcard(1,1)}}"),
            ("s.*", "t.{{split(1)}}"),
            ("s.*", "t.{{slicefromleft(x,2)}}"),
            ("s.*", "t.{{random()}}"),
            ("s.*", "t.{{partition()}}"),
            ("s.*", "t.{{partition(10,2)}}"),
            ("s.*", "t..b"),
            ("s.*", "t.{{wildcard}}"),
            ("s.>", "t.>.x"),
            ("s.a", "t.{{left(1,2)}}"),
            ("s.>", "t.{{wildcard(1)}}.>"),
        )
    },
    **{
        f"too new s.* → {dest}": (_transform("s.*", dest), 10156, {"SB305"})
        for dest in (
            "t.{{partition(2147483648,1)}}",
            "t.{{left(1,2147483648)}}",
            "t.{{slicefromleft(1,2147483648)}}",
            "t.{{splitfromright(1,2147483648)}}",
            "t.a b",
        )
    },
    "source, large partition": (
        sources({"subject_transforms": [{"src": "o.*", "dest": "p.{{partition(2147483648,1)}}"}]}),
        10146,
        {"SB305"},
    ),
    "source, white space": (sources({"subject_transforms": [{"src": "o.*", "dest": "p.a b"}]}), 10146, {"SB301"}),
    "mirror, white space": (mirror({"subject_transforms": [{"src": "o.*", "dest": "p.a b"}]}), 10154, {"SB305"}),
    "republish, large partition": (_republish("s.*", "r.{{partition(2147483648,1)}}"), 10052, {"SB305"}),
    "invalid source": (_transform("s..x", "t.>"), 10155, {"SB103", "SB301"}),
    "mirror, invalid source": (mirror({"subject_transforms": [{"src": "o. .a", "dest": "p"}]}), 10151, {"SB103"}),
    "mirror, invalid": (mirror({"subject_transforms": [{"src": "o.*", "dest": "p.$3"}]}), 10154, {"SB301"}),
    "source, invalid source": (sources({"subject_transforms": [{"src": "o. .a", "dest": "p"}]}), 10145, {"SB103"}),
    "source, invalid": (sources({"subject_transforms": [{"src": "o.*", "dest": "p.$3"}]}), 10146, {"SB301"}),
    "mirror, invalid filter": (mirror({"filter_subject": "o..a"}), 10049, {"SB103"}),
    "source, invalid filter": (sources({"filter_subject": "o..a"}), 10049, {"SB103"}),
    "republish": (_republish("s.>", "r.>"), None, set()),
    "republish with spaces": (_republish("s.*", "r.a b"), None, set()),
    "republish without source": (stream(republish={"dest": "r.>"}), None, set()),
    "republish everything to one": (stream(republish={"dest": "r.a"}), 10052, {"SB301"}),
    "republish, invalid": (_republish("s.*", "r.{{wildcard(2)}}"), 10052, {"SB301"}),
    "republish, invalid source": (_republish("s..*", "r.a"), 10052, {"SB301"}),
    "republish back": (_republish("s.>", "s.x.>"), 10052, {"SB304"}),
    "republish to all": (_republish(">", ">"), 10052, {"SB304"}),
    "republish to all, transformed": (_republish(">", ">", subject_transform={"src": "s.>", "dest": "t.>"}), None, set()),
    "republish to all, partly transformed": (
        _republish(">", ">", subject_transform={"src": "s.a.>", "dest": "t.>"}),
        10052,
        {"SB304"},
    ),
    "republish to all, transformed back": (
        _republish(">", ">", subject_transform={"src": "s.>", "dest": "s.t.>"}),
        10052,
        {"SB304"},
    ),
}
CASES = {**NO_SUBJECTS_OVERLAP, **SUBJECTS, **FILTERS, **TEMPLATES}


@pytest.mark.parametrize(("declared", "err_code", "found"), CASES.values(), ids=CASES)
def test_the_checks_refuse_the_subjects_a_server_refuses(
    server: Raw, declared: Declared, err_code: int | None, found: set[str]
) -> None:
    assert (refused_by(server, declared), codes(declared)) == (err_code, found)
