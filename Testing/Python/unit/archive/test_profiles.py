from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from BratsSegmenterLib.archive import Authentication, Profile, ProfileStore, SettingNames
from BratsSegmenterLib.archive.failures import status_error
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.jobs import PrepareJob
from BratsSegmenterLib.records import from_json, to_json

WARD = Profile(
    "Ward 3",
    "https://pacs.example/dicom-web/",
    Authentication.CERTIFICATE,
    ca_file="/etc/ca.pem",
    certificate_file="/etc/me.pem",
    read_timeout_s=30.0,
)


def test_a_profile_comes_back_from_json_as_it_was() -> None:
    assert Profile.from_json(json.loads(json.dumps(WARD.to_json()))) == WARD


@pytest.mark.parametrize(
    "url", ["https://pacs.example/dicom-web//", "HTTPS://pacs.example/dicom-web", " https://pacs.example/dicom-web\n"]
)
def test_the_address_has_one_form(url: str) -> None:
    assert Profile("Ward 3", url).url == "https://pacs.example/dicom-web"
    assert Profile("Ward 3", url).is_encrypted


@pytest.mark.parametrize(
    "url", ["", "pacs.example", "ftp://pacs.example", "https://", "http://pacs:104a", "http://pacs:99999"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ArchiveError, match="'Ward 3' is not an http or https URL"):
        Profile("Ward 3", url)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ArchiveError, match="carries a user name or password") as caught:
        Profile("Ward 3", "https://me:hush@pacs.example")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("rest", ["?apikey=hush", "#hush"])
def test_an_address_that_goes_on_after_its_path_is_refused_and_not_repeated(rest: str) -> None:
    with pytest.raises(ArchiveError, match="goes on with") as caught:
        Profile("Ward 3", f"https://pacs.example/dicom-web{rest}")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["http://me:hush@proxy:3128", "me:hush@proxy:3128"])
def test_a_password_in_the_proxy_is_refused_and_not_repeated(proxy: str) -> None:
    with pytest.raises(ArchiveError, match="BRATS_SEGMENTER_PROXY_USER and BRATS_SEGMENTER_PROXY_PASSWORD") as caught:
        Profile("Ward 3", "https://pacs.example", proxy=proxy)
    assert "hush" not in str(caught.value)


def test_a_proxy_is_an_http_address_or_a_host_with_its_port() -> None:
    assert Profile("Ward 3", "https://pacs.example", proxy="proxy:3128").proxy == "http://proxy:3128"
    for proxy in ("ftp://proxy", "http://[proxy", "http://proxy:99999"):
        with pytest.raises(ArchiveError, match="the proxy to the PACS 'Ward 3' is not an http"):
            Profile("Ward 3", "https://pacs.example", proxy=proxy)


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [
        ("http://pacs.example", True),
        ("http://192.168.1.5", True),
        ("https://pacs.example", False),
        ("http://127.0.0.1:8042", False),
        ("http://localhost", False),
    ],
)
def test_plain_http_beyond_this_machine_is_warned_of(url: str, is_warned: bool) -> None:
    assert bool(Profile("Ward 3", url).warnings) is is_warned


def test_an_unknown_kind_of_authentication_is_said() -> None:
    with pytest.raises(ArchiveError, match="unknown kind of authentication"):
        Profile.from_json({"name": "Ward 3", "url": "https://pacs.example", "authentication": "kerberos"})


def test_an_incomplete_profile_is_said() -> None:
    with pytest.raises(ArchiveError, match="incomplete"):
        Profile.from_json({"name": "Ward 3"})


def test_what_a_newer_version_wrote_into_a_profile_does_no_harm() -> None:
    assert Profile.from_json({**WARD.to_json(), "colour": "green"}) == WARD


def test_what_the_settings_are_called_travels_with_a_job_and_is_not_kept(tmp_path: Path) -> None:
    given = replace(WARD, names=SettingNames(address="--archive"))
    job = PrepareJob(tmp_path, given, "2.25.1")
    carried = from_json(PrepareJob, json.loads(json.dumps(to_json(job)))).profile
    assert carried is not None
    assert carried.names == given.names
    not_found = requests.Response()
    not_found.status_code = 404
    assert "--archive" in status_error(carried, not_found).advice
    ProfileStore(tmp_path / "profiles.json").save(given)
    assert ProfileStore(tmp_path / "profiles.json").profile("Ward 3").names == SettingNames()
    assert "the address of the profile" in status_error(WARD, not_found).advice


def test_profiles_are_kept_in_the_order_in_which_they_were_made(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "settings" / "profiles.json")
    other = Profile("Research", "http://127.0.0.1:8042")
    store.save(WARD)
    store.save(other)
    changed = Profile("Ward 3", "https://new.example")
    store.save(changed)

    assert ProfileStore(tmp_path / "settings" / "profiles.json").profiles() == (changed, other)
    assert store.profile("Research") == other
    store.remove("Ward 3")
    assert store.profiles() == (other,)
    assert [path.name for path in (tmp_path / "settings").iterdir()] == ["profiles.json"]


def test_an_unknown_profile_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no PACS profile called 'Ward 4'"):
        ProfileStore(tmp_path / "profiles.json").profile("Ward 4")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"profiles": [3]}'])
def test_a_damaged_file_of_profiles_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(content)
    with pytest.raises(ArchiveError, match=r"profiles\.json"):
        ProfileStore(path).profiles()


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (
            {"url": "https://pacs.example", "proxy": "http://me:hush@proxy:3128"},
            "proxy to the PACS 'Old' carries a user",
        ),
        ({"url": "https://pacs.example?key=hush"}, "PACS 'Old' goes on with"),
        ({"url": 5}, "incomplete"),
        ({}, "incomplete"),
    ],
    ids=["login in the proxy", "query", "number", "no address"],
)
def test_a_profile_that_is_refused_hides_no_other_one_and_can_be_replaced_or_removed(
    tmp_path: Path, refused: dict[str, object], said: str
) -> None:
    path, old = tmp_path / "profiles.json", {"name": "Old", **refused}
    path.write_text(json.dumps({"profiles": [old, WARD.to_json()]}))
    store = ProfileStore(path)
    assert store.profiles() == (WARD,)
    assert store.profile("Ward 3") == WARD
    with pytest.raises(ArchiveError, match=said):
        store.profile("Old")
    (error,) = store.refused()
    assert said in error.what
    assert f"correct it in {path}, or enter it anew under its name." in error.advice
    assert "hush" not in str(error) + error.cause

    research = Profile("Research", "http://127.0.0.1:8042")
    store.save(research)
    store.remove("Ward 3")
    assert json.loads(path.read_text())["profiles"] == [old, research.to_json()]
    store.save(Profile("Old", "https://pacs.example"))
    assert [profile.name for profile in store.profiles()] == ["Old", "Research"]
    assert store.refused() == ()
    path.write_text(json.dumps({"profiles": [old]}))
    store.remove("Old")
    assert json.loads(path.read_text()) == {"profiles": []}
