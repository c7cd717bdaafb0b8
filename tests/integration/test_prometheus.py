"""The real Prometheus scrapes all three services; alert rules and dashboards ask for what is there."""

import json
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.parse

import pytest
import yaml

import http_client
import ports
from admin_client import eventually

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus/weir.rules.yaml"
# Only where their cause is configured: Redis, recorded bodies, a webhook.
ABSENT_HERE = re.compile(r"weir_relay_(cache_)?redis_\w+|weir_grpc_certificate_\w+|weir_admin_config_file_\w+")


class Prometheus:
    def __init__(self, targets):
        """`targets`: ops ports by job."""
        self.port = ports.free_range(1)
        self._temporary = tempfile.TemporaryDirectory(prefix="weir-prometheus.")
        folder = pathlib.Path(self._temporary.name)
        config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(RULES)]
        for job in config["scrape_configs"]:
            del job["dns_sd_configs"]
            job["static_configs"] = [{"targets": [f"127.0.0.1:{targets.pop(job['job_name'])}"]}]
        assert not targets, f"prometheus.yml has no job for {targets}"
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._log = open(folder / "log", "wb")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self._log, stderr=self._log)

    def get(self, path, **query):
        url = f"/api/v1/{path}?{urllib.parse.urlencode(query)}"
        return json.loads(http_client.request(self.port, "GET", url, {"connection": "close"}).body)["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def all_up(self):
        try:
            return len(self.query("up == 1")) == 3
        except (OSError, ValueError):  # 503 in words while it starts
            return False

    def close(self):
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
        self._temporary.cleanup()


@pytest.fixture(scope="module")
def prometheus(stack):
    made = Prometheus({"weir-relay": stack.relay_ops, "weir-admin": stack.admin_ops, "weir-usage": stack.usage_ops})
    try:
        eventually(made.all_up, "Prometheus scrapes all three", timeout=30)
        lane = stack.lane({"url": "http://127.0.0.1:1", "priority": 1}, {"scenario": "text", "priority": 2})
        for number in range(5):
            stack.api.log_row(lane.messages(stream=number % 2 == 0).request_id)
        time.sleep(2.5)  # scraped after them
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("name", ["relay_ops", "admin_ops", "usage_ops"])
def test_promtool_finds_no_fault_with_the_metrics(stack, name):
    text = http_client.request(getattr(stack, name), "GET", "/metrics", {"connection": "close"}).body
    said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)
    assert said.returncode == 0, (said.stdout + said.stderr).decode()


def test_promtool_takes_the_rules_and_their_tests():
    for command in (["check", "rules", RULES], ["test", "rules", RULES.with_name("weir.rules.test.yaml")],
                    ["check", "config", RULES.with_name("prometheus.yml")]):
        said = subprocess.run(["promtool", *command], capture_output=True, text=True, timeout=60, check=False)
        assert said.returncode == 0, said.stdout + said.stderr


def test_alerts_ask_for_metrics_that_are_there(prometheus):
    asked = set(re.findall(r"\b(?:weir|gen_ai)_\w+", " ".join(rule["expr"] for group in yaml.safe_load(RULES.read_text())["groups"]
                                                   for rule in group["rules"])))
    there = set(prometheus.get("label/__name__/values"))
    assert not [name for name in sorted(asked - there) if not ABSENT_HERE.fullmatch(name)]


def test_no_alert_speaks_and_none_has_an_error(prometheus):
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            assert rule["health"] == "ok", rule
            assert rule["state"] == "inactive", rule


def test_labels_are_bounded(prometheus):
    """Nothing that a client or a user chooses is a label: no key, no model, no path."""
    known = {"__name__", "instance", "job", "le", "outcome", "status", "standing", "kind", "quantile", "task", "result", "method", "route",
             "class", "state", "reason", "signal",
             "gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_token_type"}
    assert set(prometheus.get("labels")) <= known | {"alertname", "alertstate", "severity"}


DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/weir.json").read_text())


@pytest.mark.parametrize("panel", [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"], ids=lambda panel: panel["title"])
def test_a_panel_has_data(prometheus, panel):
    for target in panel["targets"]:
        expression = target["expr"].replace("$__rate_interval", "30s").replace("$instance", ".*")
        assert prometheus.query(expression), expression
