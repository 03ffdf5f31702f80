"""A machine's settings: the user's constants, the environment above them, faults all at once."""

import os
from pathlib import Path

import pytest

import config
from config import ConfigError, SecretMissing, child_environment, load, resolve_secret, zone_exists

SECRET = "hunter2-do-not-show"  # noqa: S105 - what must not be shown


def test_the_constants_of_the_earlier_system_keep_their_values() -> None:
    assert config.MONGO_URI == "mongodb://localhost:27017"
    assert config.DATABASE_NAME == "prop_copy_trader"
    assert config.ZMQ_PUB_PORT == 5555
    assert config.MASTER_POLL_INTERVAL_MS == 100
    assert config.DEFAULT_SLIPPAGE_TOLERANCE == 50
    assert config.DEFAULT_MAGIC_NUMBER == 234000


def test_an_empty_environment_means_the_constants() -> None:
    settings = load({})
    assert settings.mongo_uri == config.MONGO_URI
    assert not settings.mongo_uri_is_set
    assert settings.account_defaults.magic_number == config.DEFAULT_MAGIC_NUMBER
    assert settings.state == Path(config.__file__).resolve().parent / "state"
    assert settings.leases.is_absolute()


def test_the_environment_wins(tmp_path: Path) -> None:
    tape = tmp_path / "ticks.csv.gz"
    tape.touch()
    settings = load(
        {
            "MONGO_URI": "mongodb://elsewhere:27017",
            "ZMQ_PUB_PORT": " 6000 ",
            "DEFAULT_SLIPPAGE_TOLERANCE": "12.5",
            "MURMURATION_STATE": str(tmp_path),
            "PAPER_TICKS": os.pathsep.join([str(tape), str(tape)]),
            "PAPER_STAMPS": "ORIGINAL",
            "LOG_LEVEL": "debug",
            "MURMURATION_CLOCK": str(tmp_path / "clock"),
            "CONTROL_PORT": "",
        }
    )
    assert settings.mongo_uri_is_set
    assert settings.zmq_pub_port == 6000
    assert str(settings.default_slippage_tolerance) == "12.5"
    assert settings.state == tmp_path
    assert settings.paper_ticks == (tape, tape)
    assert (settings.paper_stamps, settings.log_level) == ("original", "DEBUG")
    assert settings.clock == tmp_path / "clock"
    assert settings.control_port == 5550


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.touch()
    wrong = {
        "MONGO_URI": f"http://user:{SECRET}@host",
        "DATABASE_NAME": "two words",
        "ZMQ_PUB_PORT": "65535",
        "MASTER_POLL_INTERVAL_MS": "soon",
        "DEFAULT_SLIPPAGE_TOLERANCE": "nan",
        "PAPER_SPEED": "0",
        "PAPER_TICKS": str(tmp_path / "missing"),
        "PAPER_STAMPS": "dead",
        "MURMURATION_STATE": str(a_file),
        "MURMURATION_CLOCK": str(tmp_path),
    }
    with pytest.raises(ConfigError) as caught:
        load(wrong)
    assert {problem.field for problem in caught.value.problems} == set(wrong)
    assert SECRET not in str(caught.value)
    assert len(str(caught.value).splitlines()) == len(wrong)


def test_a_child_loads_the_very_same_settings(tmp_path: Path) -> None:
    parent = load(
        {"MONGO_URI": "mongodb://h:1/", "MURMURATION_STATE": str(tmp_path), "PAPER_SPEED": "2.5"}
    )
    assert load(child_environment(parent, {})) == parent
    assert load(child_environment(load({}), {})) == load({})


def test_a_child_inherits_what_password_references_name() -> None:
    assert child_environment(load({}), {"APEX_PASSWORD": "x"})["APEX_PASSWORD"] == "x"  # noqa: S105 - any text


def test_settings_never_show_the_password_of_the_database() -> None:
    settings = load({"MONGO_URI": f"mongodb://user:{SECRET}@host:27017/?x={SECRET}"})
    assert SECRET not in repr(settings)
    assert SECRET not in settings.redacted_uri
    assert "host:27017" in settings.redacted_uri


def test_a_reference_leads_to_the_password() -> None:
    assert resolve_secret("${APEX}", {"APEX": SECRET}) == SECRET
    assert resolve_secret("", {}) == ""


@pytest.mark.parametrize("reference", ["${APEX}", "keyring:murmuration-nowhere/nobody", SECRET])
def test_a_reference_that_leads_nowhere_says_what_to_do(reference: str) -> None:
    with pytest.raises(SecretMissing) as caught:
        resolve_secret(reference, {"APEX": ""})
    assert "password" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_time_zones_are_looked_up_by_name() -> None:
    assert zone_exists("Europe/Prague")
    assert zone_exists("UTC")
    assert not zone_exists("Europe/Nowhere")
    assert not zone_exists("../etc/passwd")


def test_a_child_does_not_inherit_an_address_that_is_not_in_force() -> None:
    child = child_environment(load({}), {"MONGO_URI": "mongodb://somewhere:1"})
    assert "MONGO_URI" not in child
