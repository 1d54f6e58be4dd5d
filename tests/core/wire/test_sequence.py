from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.core.wire.packets import GONE, packet

from actionbus.events.base import Action
from actionbus.wire import Decoder


def decode(text: str | bytes) -> Action:
    return Decoder().decode(text)


def with_sequence(written: str, **action: Any) -> str:
    """Write timelineSequence as it is, which json.dumps would round."""
    text = packet(timelineSequence="HERE", **action)
    return text.replace('"HERE"', written, 1)


@pytest.mark.parametrize(
    "digits",
    ["1.0000016713502460", "2.0000027000000110", "0.0000000000000001", "4.0000001178514968", "1", "12.5", "-1.5"],
)
def test_a_sequence_keeps_all_its_digits_as_a_number_and_as_text(digits: str) -> None:
    for written in (digits, f'"{digits}"'):
        sequence = decode(with_sequence(written)).sequence
        assert sequence == Decimal(digits)
        assert format(sequence, "f") == digits


@pytest.mark.parametrize("written", ["1.0007598476e-06", "1E-7", "1.5e+1"])
def test_a_sequence_may_have_an_exponent(written: str) -> None:
    assert decode(with_sequence(written)).sequence == Decimal(written)


@pytest.mark.parametrize("space", ["", " ", "\t", "\n  "])
def test_a_sequence_may_have_space_around_it(space: str) -> None:
    text = with_sequence("1.0000016713502460").replace(
        '"timelineSequence": 1.0000016713502460', f'"timelineSequence"{space}:{space}1.0000016713502460{space}'
    )
    assert f"{space}:{space}1.0000016713502460{space}" in text
    assert str(decode(text).sequence) == "1.0000016713502460"


def test_a_sequence_may_be_the_last_field() -> None:
    text = (
        '{"fixtureAction":{"actionId":"a","fixtureId":"f","sendTypeId":5,"fixtureActionTypeId":201,'
        '"timelineSequence":1.0000016713502460}}'
    )
    assert str(decode(text).sequence) == "1.0000016713502460"


def test_the_key_in_the_metadata_or_in_a_text_is_not_taken_for_the_sequence() -> None:
    metadata = '{"timelineSequence": 9.9999999999999999, "text": "\\"timelineSequence\\": 8.5"}'
    text = with_sequence("1.0000016713502460").replace(
        '{"actionId"', '{"metadata": ' + metadata + ', "delayStatus": "timelineSequence", "actionId"'
    )
    assert text.index(metadata) < text.index("1.0000016713502460")
    action = decode(text)
    assert str(action.sequence) == "1.0000016713502460"
    assert action.metadata is not None
    assert action.metadata["text"] == '"timelineSequence": 8.5'


def test_a_sequence_in_the_metadata_alone_is_none() -> None:
    assert decode(packet(timelineSequence=GONE, metadata={"timelineSequence": 2.5})).sequence == Decimal(0)
