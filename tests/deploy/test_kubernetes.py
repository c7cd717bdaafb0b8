"""deploy/k8s, built by the real kustomize: valid by Kubernetes's schemas, and true to what it promises."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml

import custom_resources
import kustomize

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/clients"))
import packages  # noqa: E402

OVERLAYS = ("small", "production")
VERSIONS = ("1.30", "1.34")
SERVICES = ("relay", "admin", "usage")
# Their schemas come with their operators, not with Kubernetes.
FOREIGN = ("cert-manager.io/v1", "monitoring.coreos.com/v1")


CHECK = """
import json, sys, jsonschema
for thing, schema in json.load(sys.stdin):
    for error in jsonschema.Draft7Validator(schema).iter_errors(thing):
        print(thing["kind"], thing["metadata"]["name"], "/".join(map(str, error.absolute_path)), error.message)
"""


@pytest.fixture(scope="module")
def tools(build_dir):
    return packages.Packages(build_dir, pathlib.Path(__file__).parent / "packages").install("kubernetes") / "bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Each overlay as its YAML, with the secrets that an operator makes first."""
    copy = tmp_path_factory.mktemp("k8s") / "k8s"
    shutil.copytree(ROOT / "deploy/k8s", copy)
    for name in ("internal.token", "master.key"):
        (copy / "overlays/small" / name).write_text("0" * 64)
    return {overlay: kustomize.build(copy / "overlays" / overlay) for overlay in OVERLAYS}


def things(text, kind=None):
    return [thing for thing in yaml.safe_load_all(text) if kind is None or thing["kind"] == kind]


def named(text, kind, name):
    return next(thing for thing in things(text, kind) if thing["metadata"]["name"] == name)


def workload(text, name):
    return named(text, "StatefulSet" if name == "relay" else "Deployment", name)


def pod(text, name):
    return workload(text, name)["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_is_valid(built, overlay, version, tools, tmp_path):
    file = tmp_path / "built.yaml"
    file.write_text(yaml.safe_dump_all(thing for thing in things(built[overlay]) if thing["apiVersion"] not in FOREIGN))
    said = subprocess.run([tools / "kubernetes-validate", "--strict", "-k", version, file], capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0 and "WARN" not in said.stderr + said.stdout, said.stderr + said.stdout


@pytest.fixture(scope="module")
def wrong_with(built, tools):
    """Custom resources -> what their operators' schemas say against them."""
    known = custom_resources.schemas({thing["kind"] for text in built.values() for thing in things(text) if thing["apiVersion"] in FOREIGN})

    def check(resources):
        pairs = [(thing, known[thing["apiVersion"], thing["kind"]]) for thing in resources]
        said = subprocess.run([tools / "python3", "-c", CHECK], input=json.dumps(pairs), capture_output=True, text=True,
                              timeout=60, check=True)
        return said.stdout

    return check


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_custom_resources_are_valid(built, overlay, wrong_with):
    assert wrong_with([thing for thing in things(built[overlay]) if thing["apiVersion"] in FOREIGN]) == ""


def test_a_wrong_custom_resource_is_found(built, wrong_with):
    monitor = things(built["production"], "ServiceMonitor")[0]
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"
    monitor["spec"]["selector"] = "relay"
    said = wrong_with([monitor])
    assert "intervall" in said and "spec/selector" in said


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", SERVICES)
def test_pods_have_no_rights(built, overlay, name):
    spec = pod(built[overlay], name)
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in spec["containers"]:
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                "capabilities": {"drop": ["ALL"]}}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", SERVICES)
def test_secrets_and_volumes_are_there_or_asked_for(built, overlay, name):
    text = built[overlay]
    made = {thing["metadata"]["name"] for thing in things(text, "Secret")}
    made |= {thing["spec"]["secretName"] for thing in things(text, "Certificate")}
    claims = {thing["metadata"]["name"] for thing in things(text, "PersistentVolumeClaim")}
    about = (ROOT / "deploy/k8s/README.md").read_text()
    for volume in pod(text, name).get("volumes", []):
        secret = volume.get("secret", {}).get("secretName")
        assert secret is None or secret in made or f"`{secret}`" in about, f"nobody makes or names the Secret {secret}"
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        assert claim is None or claim in claims


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_relay_drains_before_it_is_killed(built, overlay):
    spec = pod(built[overlay], "relay")
    paused = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] >= 300 + paused + 10, "WEIR_RELAY_DRAIN_TIMEOUT_MS is 300 s"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_relay_cannot_reach_the_database(built, overlay):
    policies = things(built[overlay], "NetworkPolicy")
    everybody = [policy for policy in policies if policy["spec"]["podSelector"] == {}]
    assert any(set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"} and not policy["spec"].get("egress") for policy in everybody)
    relay = next(policy for policy in policies if policy["metadata"]["name"] == "relay")
    for rule in relay["spec"]["egress"]:
        assert rule["ports"], "a rule without ports lets everything out"
        assert 5432 not in [port["port"] for port in rule["ports"]]
    world = [to["ipBlock"] for rule in relay["spec"]["egress"] for to in rule["to"] if "ipBlock" in to]
    assert "10.0.0.0/8" in world[0]["except"] and "169.254.0.0/16" in world[0]["except"]


def rules(policies, direction, end):
    """(whose pods, which other pods, port) of each rule that names pods."""
    for policy in policies:
        own = policy["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name")
        for rule in policy["spec"].get(direction, []):
            for other in rule.get(end, []):
                name = other.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/name")
                yield from ((own, name, port["port"]) for port in rule["ports"] if name)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whoever_is_let_out_is_let_in(built, overlay):
    """Everybody's ingress is closed unless a policy opens it: also a database's that somebody puts here."""
    policies = things(built[overlay], "NetworkPolicy")
    let_in = {(other, own, port) for own, other, port in rules(policies, "ingress", "from")}
    let_out = set(rules(policies, "egress", "to"))
    assert let_out and let_out <= let_in
    replicas = {(own, other, port) for other, own, port in let_in if own == other}
    assert replicas and replicas <= let_out, "replicas are let in to each other, but not out"


def test_no_proxy_is_believed_that_nobody_named(built):
    for overlay in OVERLAYS:
        for name in SERVICES:
            said = [entry["name"] for entry in pod(built[overlay], name)["containers"][0].get("env", [])]
            assert f"WEIR_{name.upper()}_TRUSTED_PROXIES" not in said


def test_production_knows_its_services_by_certificates(built):
    text = built["production"]
    for name in SERVICES:
        environment = {entry["name"]: entry.get("value") for entry in pod(text, name)["containers"][0]["env"]}
        assert environment[f"WEIR_{name.upper()}_GRPC_TLS_CA_FILE"] == "/identity/ca.crt"
        certificate = named(text, "Certificate", name)
        assert name in certificate["spec"]["dnsNames"] and set(certificate["spec"]["usages"]) >= {"server auth", "client auth"}
    assert not things(text, "Secret"), "production's secrets are the operator's"


@pytest.mark.parametrize("name", ["admin", "usage"])
def test_production_does_not_start_without_its_database(built, name):
    """The images' own SQLite would be each pod's own, and go with it: with it what relays were told is kept."""
    (container,) = pod(built["production"], name)["containers"]
    url = f"WEIR_{name.upper()}_DATABASE_URL"
    (entry,) = [entry for entry in container["env"] if entry["name"] == url]
    assert entry["valueFrom"] == {"secretKeyRef": {"name": f"{name}-database", "key": url}}


def test_production_scales_and_spreads(built):
    text = built["production"]
    scaler = named(text, "HorizontalPodAutoscaler", "relay")["spec"]
    assert scaler["scaleTargetRef"]["kind"] == "StatefulSet"
    assert scaler["metrics"][0]["pods"]["metric"]["name"] == "weir_relay_streams"
    assert "replicas" not in workload(text, "relay")["spec"], "two would quarrel over how many there are"
    assert {thing["metadata"]["name"] for thing in things(text, "PodDisruptionBudget")} == set(SERVICES)
    assert {spread["topologyKey"] for spread in pod(text, "relay")["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone", "kubernetes.io/hostname"}


def test_what_is_scraped_is_there(built):
    text = built["production"]
    monitor = named(text, "ServiceMonitor", "weir")["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    scraped = {}
    for service in things(text, "Service"):
        if wanted <= service["metadata"]["labels"].items():
            scraped[service["spec"]["selector"]["app.kubernetes.io/name"]] = [port["name"] for port in service["spec"]["ports"]]
    assert set(scraped) == set(SERVICES)
    for endpoint in monitor["endpoints"]:
        assert all(endpoint["port"] in names for names in scraped.values()), scraped


def test_alerts_are_those_of_prometheus(built):
    rules = yaml.safe_load((ROOT / "deploy/prometheus/weir.rules.yaml").read_text())
    assert named(built["production"], "PrometheusRule", "weir")["spec"] == rules


def test_streams_pass_the_ingress(built):
    notes = named(built["production"], "Ingress", "relay")["metadata"]["annotations"]
    short = {name.removeprefix("nginx.ingress.kubernetes.io/"): value for name, value in notes.items()}
    assert short["proxy-buffering"] == "off" and int(short["proxy-read-timeout"]) >= 3600
    assert short["proxy-next-upstream"] == "error timeout", "a request that a provider may have seen is not repeated"
