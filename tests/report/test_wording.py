from hdrbatch.report.wording import ev_text, fact_text, listed, share_text, stops_text


def test_exposures_have_a_real_minus_sign_and_zero_has_none():
    assert [ev_text(ev) for ev in (-5.0, -0.0, 1.5, 4.0)] == ["EV \u22125", "EV 0", "EV +1.5", "EV +4"]
    assert stops_text(-0.001) == "0"


def test_a_share_is_never_rounded_to_none_or_all():
    assert [share_text(share) for share in (0.0, 1e-6, 0.01, 0.29, 0.9999, 1.0)] == [
        "0 %",
        "<1 %",
        "1 %",
        "29 %",
        "99 %",
        "100 %",
    ]


def test_facts_of_a_scene_carry_their_unit():
    assert fact_text("sun_azimuth_deg", -18.7) == "sun azimuth \u221218.7\u00b0"
    assert fact_text("sky_cd_m2", 0.0179) == "sky 0.0179 cd/m\u00b2"
    assert fact_text("room", "dining-room") == "room dining-room"


def test_one_word_is_a_list_too():
    assert listed(["a"]) == "a"
