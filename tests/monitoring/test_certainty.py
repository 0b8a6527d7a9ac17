import dataclasses

import numpy as np
import pytest

import own_machine
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.judge import judge


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return own_machine.fit(tmp_path_factory.mktemp("place") / "pump").model


def with_scores(model, scores, **training):
    """Return the model with other held-out scores."""
    held_out = {"fusion": np.asarray(scores, dtype=float)}
    return dataclasses.replace(model, held_out=held_out, training={**model.training, **training})


def sure(model, **options):
    return certainty.of(model, judge(model, **options))


NORMAL = np.random.default_rng(0).normal(size=1000)


@pytest.mark.parametrize(
    ("count", "rate", "loose"), [(12, 0.1, True), (60, 0.1, False), (60, 0.02, True)]
)
def test_few_clips_are_a_reason_for_caution(model, count, rate, loose):
    found = sure(with_scores(model, NORMAL[:count]), false_alarm_rate=rate)
    assert found.loose == loose == bool(found.caution) and not found.meaningless
    assert found.low < rate < found.high and found.clips == count
    assert f"threshold from {count} clips: between " in found.interval
    reason = "which clips are odder" if count < 50 else "so low a false-alarm rate"
    assert (reason in found.caution) == loose


def test_the_interval_is_said_in_percent(model):
    found = sure(with_scores(model, NORMAL[:12]))
    assert (
        "between 0.4 and 22 % of normal clips will lie above it (90 % interval)" in found.interval
    )
    found = sure(with_scores(model, NORMAL[:60]), false_alarm_rate=0.02)
    assert "between 0.09 and 5 %" in found.interval


def test_what_overlaps_counts_by_what_it_adds(model):
    apart = sure(with_scores(model, NORMAL[:60], window=10.0, hop=10.0, recordings=3))
    twice = np.repeat(NORMAL[:60], 2)
    overlapping = sure(with_scores(model, twice, window=10.0, hop=5.0, recordings=3))
    assert overlapping == apart and apart.clips == 60
    assert "from 60 windows" in apart.interval and "of 3 recordings" in apart.interval


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([0, 1, 2], "comes from 3 normal clips"),
        ([0, 1, 2, 3], "comes from 4 normal clips"),
        ([-0.1, 0, 0.1, 0.2, 0.3, 0.2, 2.6e9], "can't alarm: its threshold (2.6e+09) lies"),
        ([0, 1, 2, 3, 4], ""),
        ([1.0] * 8, ""),
        (NORMAL, ""),
    ],
)
def test_a_threshold_that_means_nothing_is_told(model, scores, said):
    found = sure(with_scores(model, scores))
    assert said in found.meaningless and bool(found.meaningless) == bool(said)
    assert found.meaningless in found.caution


def test_a_threshold_that_is_no_number_can_t_alarm(model):
    judging = dataclasses.replace(judge(model), threshold=float("inf"))
    assert "its threshold is inf" in certainty.of(model, judging).meaningless


def test_a_threshold_by_hand_rests_on_no_clip(model):
    found = sure(with_scores(model, [0, 1, 2]), limit=1e9)
    assert (found.caution, found.low) == ("", 0.0) and 0 < found.high < 1


def test_lengths_within_a_fifth_of_those_of_training_are_fair(model):
    assert [certainty.other_length(model, each) for each in (0.8, 1, 1.2)] == ["", "", ""]
    for seconds in (0.79, 1.21, 60):
        assert certainty.other_length(model, seconds).startswith(f"{seconds} s long, but pump was ")
    mixed = with_scores(model, NORMAL, shortest=1.0, longest=5.0)
    assert certainty.other_length(mixed, 4.0) == ""
    assert "fitted on 1 to 5 s" in certainty.other_length(mixed, 7.0)
    old = {key: model.training[key] for key in ("clips", "seconds", "median_seconds")}
    assert certainty.other_length(dataclasses.replace(model, training=old), 2.0)


def other_model(model, **changed):
    condition = {**model.training["condition"], **changed}
    return dataclasses.replace(model, training={**model.training, "condition": condition})


def other_condition(model, signal, **stored):
    return certainty.other_condition(model, certainty.condition_of(signal, stored))


def why_unfair(model, signal, **stored):
    return certainty.why_unfair(model, signal, certainty.condition_of(signal, stored))


def test_what_is_recorded_or_stored_otherwise_is_told_with_what_to_do(model):
    signal = own_machine.sound(300)
    assert other_condition(model, signal, codec="PCM", channels=1) == ""
    found = other_condition(model, 10 * signal, codec="MP3")
    assert found.startswith("recorded or stored unlike the training clips: MP3 instead of PCM; ")
    assert " dB louder at all frequencies" in found and "record and store as for the fit" in found
    assert certainty.advice(found) == ""
    assert other_condition(other_model(model, codecs=["MP3"]), signal) == ""


def test_a_model_from_before_conditions_were_learned_tells_none(model):
    training = {key: value for key, value in model.training.items() if key != "condition"}
    old = dataclasses.replace(model, training=training)
    assert why_unfair(old, 10 * own_machine.sound(300), codec="MP3") == ""


def test_all_that_makes_a_score_unfair_is_told_but_of_a_training_clip_only_that(model, tmp_path):
    signal = own_machine.sound(300, seconds=5)
    found = why_unfair(model, signal, codec="MP3")
    assert found.startswith("5 s long, but pump was fitted on 1 s: no fair score; recorded or ")
    assert certainty.advice(found) == certainty.CUT_ALIKE
    known = own_machine.read(own_machine.write(tmp_path / "known.wav", 0))
    assert why_unfair(model, known, codec="MP3").startswith("one of the training")


def test_what_is_unlike_is_found_again_in_a_reason_and_in_its_text(model):
    signal = 10 * own_machine.sound(300, seconds=5)
    reason = why_unfair(model, signal, codec="MP3", channels=2)
    for text in (reason, str(reason)):
        codec, channels, level = certainty.differences_in(text)
        assert (codec, channels) == ("MP3 instead of PCM", "2 channel(s) instead of 1")
        assert level.endswith("dB louder at all frequencies (other gain or distance)")
    assert certainty.differences_in(reason)[0].template == "{codec} instead of {usually}"
    assert certainty.differences_in("no readable audio") == certainty.differences_in("") == []


def test_a_score_is_fair_but_of_a_training_clip_or_one_of_another_length(model, tmp_path):
    known = own_machine.read(own_machine.write(tmp_path / "known.wav", 0))
    assert not certainty.is_fair(why_unfair(model, known))
    assert not certainty.is_fair(why_unfair(model, own_machine.sound(300, seconds=5)))
    for signal, stored in (
        (own_machine.sound(300), {}),
        (own_machine.sound(300), {"codec": "MP3"}),
    ):
        assert certainty.is_fair(why_unfair(model, signal, **stored))


@pytest.mark.parametrize(
    ("count", "rate", "below", "above"),
    [
        (60, 0.1, "normal", "anomalous"),
        (60, 0.05, "undecided", "anomalous"),
        (60, 0.01, "undecided", "undecided"),
        (20, 0.1, "undecided", "anomalous"),
        (20, 0.3, "normal", "anomalous"),
        (8, 0.1, "undecided", "undecided"),
        (4, 0.1, "undecided", "undecided"),
    ],
)
def test_a_verdict_is_given_where_the_clips_can_tell(model, count, rate, below, above):
    held_out = {"fusion": np.linspace(0.0, 1.0, count)}
    model = dataclasses.replace(model, held_out=held_out)
    found = sure(model, false_alarm_rate=rate)
    assert (found.verdict(above=False), found.verdict(above=True)) == (below, above)
    by_hand = sure(model, limit=0.5)
    assert (by_hand.verdict(above=False), by_hand.verdict(above=True)) == ("normal", "anomalous")
    if not found.meaningless:
        more = dataclasses.replace(
            model, held_out={"fusion": np.linspace(0.0, 1.0, count + found.needed)}
        )
        assert sure(more, false_alarm_rate=rate).verdict(above=False) == "normal"
        assert (f"fit to {found.needed} more" in found.caution) == (below == "undecided")
