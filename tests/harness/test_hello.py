"""What a peer has declared, as far as it holds for its flavour."""

from __future__ import annotations

from harness.hello import Hello

BODY = {
    "features": ["handshake"], "kinds": ["text"], "flavours": ["poll", "select"],
    "flavour_features": {"select": ["interval"]},
}


def test_a_feature_of_one_flavour_is_no_feature_of_another_one() -> None:
    assert Hello(BODY, "select").features == {"handshake", "kind:text", "interval"}
    assert Hello(BODY, "poll").features == {"handshake", "kind:text"}


def test_an_adapter_that_knows_nothing_of_such_features_is_understood() -> None:
    plain = {key: value for key, value in BODY.items() if key != "flavour_features"}
    assert Hello(plain, "select").features == {"handshake", "kind:text"}
