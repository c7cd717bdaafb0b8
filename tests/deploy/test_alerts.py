"""The alerts: each is seen to speak, and what they call a service is what it is called where they run."""

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/prometheus"
RULES = (FOLDER / "weir.rules.yaml").read_text()
SERVICES = {"weir-relay", "weir-admin", "weir-usage"}


def alerts():
    return {rule["alert"] for group in yaml.safe_load(RULES)["groups"] for rule in group["rules"]}


def test_each_alert_is_seen_to_speak():
    cases = yaml.safe_load((FOLDER / "weir.rules.test.yaml").read_text())["tests"]
    spoke = {check["alertname"] for case in cases for check in case["alert_rule_test"] if check["exp_alerts"]}
    assert alerts() == spoke


def test_jobs_are_called_the_same_everywhere():
    named = set(re.findall(r'job="([^"]+)"', RULES))
    assert named == SERVICES
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    assert {one["job_name"] for one in scraped} == SERVICES
    monitor = yaml.safe_load((ROOT / "deploy/k8s/components/monitoring/service-monitor.yaml").read_text())["spec"]
    relabeled = monitor["endpoints"][0]["relabelings"]
    assert relabeled == [{"sourceLabels": ["job"], "targetLabel": "job", "replacement": "weir-$1"}]
    jobs = set()
    for path in (ROOT / "deploy/k8s/base").glob("*.yaml"):
        for thing in yaml.safe_load_all(path.read_text()):
            labels = thing["metadata"].get("labels", {}) if thing["kind"] == "Service" else {}
            if labels.get("weir/scrape") == "true":
                jobs.add("weir-" + labels[monitor["jobLabel"]])
    assert jobs == SERVICES
