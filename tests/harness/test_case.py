"""What cases are written with: quotations, features, axes, prerequisites, the record."""

from __future__ import annotations

import pytest

from harness.case import CaseOver, Recorder, Untestable, declared, each, needs, prerequisite
from harness.verdicts import Check


def quoting(text: str | None) -> tuple[tuple[str, str], ...]:
    """What a case with this docstring declares."""

    def case() -> None:
        pass

    case.__doc__ = text
    return declared(case)


def test_quotations_are_found_behind_the_description() -> None:
    found = quoting("""One octet at a time, as FRAME-7: says.

        It goes on about SEND-1 here.

        FRAME-8: A receiver MUST deliver a frame of length zero as an
            empty message of its kind,
          whatever that is.
        SEND-12: Another one.
        """)
    assert found == (
        ("FRAME-8", "A receiver MUST deliver a frame of length zero as an empty message of its"
                    " kind, whatever that is."),
        ("SEND-12", "Another one."),
    )


@pytest.mark.parametrize(
    "text",
    [None, "", "No clause.", "frame-8: lower case", "FRAME: no number", "FRAME-8 no colon",
     "See\n\nand\n  FRAME-8: indented"],
)
def test_what_is_no_quotation(text: str | None) -> None:
    assert quoting(text) == ()


def test_a_quotation_ends_with_its_indented_lines() -> None:
    assert quoting("FRAME-8: A sentence.\n\n    Something else.\n") == (("FRAME-8", "A sentence."),)


@pytest.mark.parametrize("word", ["hook", "kind:number", ""])
def test_a_feature_that_no_peer_can_declare_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="the adapter protocol has no feature"):
        needs("hooks", word)


def test_the_values_of_an_axis_are_part_of_the_id() -> None:
    @each("length", range(0, 128, 64))
    def case(length: int) -> None:
        pass

    (mark,) = case.pytestmark  # type: ignore[attr-defined]
    assert mark.args == ("length", [0, 64])
    assert mark.kwargs == {"ids": ["0", "64"]}


def test_a_prerequisite() -> None:
    prerequisite(1, "never")
    with pytest.raises(Untestable, match="it was not stuck"):
        prerequisite(None, "it was not stuck")


def test_a_kept_clause_is_recorded_with_its_level() -> None:
    check = Recorder()
    assert check("FRAME-8", 1, "this", 17) is True
    assert check("FRAME-9", True, "that", "that") is True
    assert check.checks == [
        Check("FRAME-8", "MUST", True, "this", "17"),
        Check("FRAME-9", "SHOULD", True, "that", "that"),
    ]


def test_a_broken_must_ends_the_case_and_a_broken_should_does_not() -> None:
    check = Recorder()
    assert check("FRAME-9", None, "sent", "dropped") is False
    with pytest.raises(CaseOver):
        check("FRAME-8", [], "a message", "nothing")
    assert [one.ok for one in check.checks] == [False, False]


def test_a_clause_that_does_not_exist_is_an_error_of_the_case() -> None:
    with pytest.raises(KeyError):
        Recorder()("FRAME-4711", True, "", "")


def test_the_weakest_proof_of_segmentation_counts() -> None:
    check = Recorder()
    assert check.segmentation is None
    for proof, kept in [("proved", "proved"), ("unproved", "unproved"), ("proved", "unproved")]:
        check.note_segmentation(proof)
        assert check.segmentation == kept
