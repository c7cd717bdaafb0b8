"""Schemas of the custom resources that deploy/k8s uses, from their operators' own Go modules."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml

# Module, version, folder with its CustomResourceDefinitions.
MODULES = (
    ("github.com/cert-manager/cert-manager", "v1.16.2", "deploy/crds"),
    ("github.com/prometheus-operator/prometheus-operator", "v0.78.2", "example/prometheus-operator-crd"),
)


def _folder(module, version):
    """Go checks what it downloads against the public checksum database."""
    go = shutil.which("go") or "/usr/lib/go/bin/go"
    said = subprocess.run([go, "mod", "download", "-json", f"{module}@{version}"], check=True, capture_output=True,
                          text=True, timeout=300, cwd="/", env=os.environ | {"GOFLAGS": "-mod=mod"})
    return pathlib.Path(json.loads(said.stdout)["Dir"])


def _strict(schema):
    """The same schema, to which a name that it does not know is wrong: the API server would drop it unseen."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {name: _strict(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


def _definitions(kinds):
    """Files of other kinds are not read: one of them alone is a megabyte of YAML."""
    for module, version, folder in MODULES:
        for path in (_folder(module, version) / folder).glob("*.yaml"):
            for text in path.read_text().split("\n---\n"):
                kind = re.search(r"^    kind: (\w+)$", text, re.MULTILINE)
                if kind and kind[1] in kinds:
                    # cert-manager's files are templates of Helm around plain YAML.
                    yield yaml.safe_load("\n".join(line for line in text.splitlines() if "{{" not in line))


def schemas(kinds):
    """{(apiVersion, kind): schema of the whole object} for those of `kinds`."""
    found = {}
    for spec in (definition["spec"] for definition in _definitions(kinds)):
        for version in spec["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}  # Kubernetes's own
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found
