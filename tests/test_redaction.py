import pytest

from hdrbatch.redaction import SECRET_VARIABLES, redacted


@pytest.mark.parametrize(
    "url", ["http://me:hunter22@store:9000", "https://token@store/x", "socks5h://me:hunter22@proxy:1080"]
)
def test_users_and_passwords_of_addresses_are_taken_out(url):
    text = redacted(f'Could not connect to the endpoint URL: "{url}/bucket"')
    assert "hunter22" not in text
    assert "token" not in text
    assert "***@" in text


def test_addresses_and_keys_without_a_user_stay_as_they_are():
    text = "s3://bucket/receipts/render_exposure/set/scene/ev+0@abc.json at http://store:9000"
    assert redacted(text) == text


@pytest.mark.parametrize("name", SECRET_VARIABLES)
def test_secrets_of_the_environment_are_taken_out(name, monkeypatch):
    monkeypatch.setenv(name, "planted-secret")
    assert redacted("the header has planted-secret in it") == "the header has *** in it"
    monkeypatch.setenv(name, "x")
    assert redacted("an example") == "an example"
