"""Answers of admin against the contract that it publishes (/api/openapi.json).

AdminClient checks each answer that it gets, so whatever a test asks for, the contract is tested with
it. The contract leaves room for members to come; here there is none: a member that the contract does
not know is as wrong as one that is missing.
"""

import json
import re

import http_client

ERROR = {"$ref": "#/components/schemas/Error"}
PATH_PARAMETER = re.compile(r"\{[a-z_]+\}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORMATS = {"date-time": TIME, "uuid": UUID}
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


class Contract:
    def __init__(self, document):
        self.document = document
        self._paths = sorted(document["paths"], key=lambda path: path.count("{"))
        self._patterns = [(path, re.compile(PATH_PARAMETER.sub("[^/]+", re.escape(path).replace(
            r"\{", "{").replace(r"\}", "}")))) for path in self._paths]

    def operations(self):
        """(method, path, operation) of each row of the router."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def path_of(self, target):
        """The path that a request's target is of; None when there is none."""
        plain = target.split("?")[0]
        for path, pattern in self._patterns:
            if pattern.fullmatch(plain):
                return path
        return None

    def check(self, method, target, status, content_type, body):
        """AssertionError when the answer is none that the contract has."""
        where = f"{method} {target.split('?')[0]} -> {status}"
        operation = self.document["paths"].get(self.path_of(target), {}).get(method.lower())
        if operation is None:
            assert status in (404, 405), f"{where}: not in the contract"
            self._check_value(json.loads(body), ERROR, where)
            return
        response = operation["responses"].get(str(status))
        assert response is not None, f"{where}: the contract knows {list(operation['responses'])}"
        content = self._resolve(response).get("content")
        if content is None:
            assert not body, f"{where}: has a body"
            return
        assert content_type in content, f"{where}: {content_type} is not in {list(content)}"
        if content_type == "application/json":
            self._check_value(json.loads(body), content[content_type]["schema"], where)

    def _resolve(self, value):
        while "$ref" in value:
            found = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def _check_value(self, value, schema, where):
        schema = self._resolve(schema)
        if "anyOf" in schema:
            self._check_any(value, schema["anyOf"], where)
            return
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        assert not types or any(TYPES[name](value) for name in types), \
            f"{where}: {value!r} is not {' or '.join(types)}"
        assert "enum" not in schema or value in schema["enum"], \
            f"{where}: {value!r} is not one of {schema['enum']}"
        if isinstance(value, str) and schema.get("format") in FORMATS:
            assert FORMATS[schema["format"]].fullmatch(value), \
                f"{where}: {value!r} is no {schema['format']}"
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                self._check_value(item, schema["items"], f"{where} [{index}]")
        if isinstance(value, dict) and types:
            self._check_members(value, schema, where)

    def _check_any(self, value, schemas, where):
        said = []
        for schema in schemas:
            try:
                self._check_value(value, schema, where)
                return
            except AssertionError as error:
                said.append(str(error))
        raise AssertionError("; nor ".join(said))

    def _check_members(self, value, schema, where):
        properties = schema.get("properties", {})
        missing = [name for name in schema.get("required", []) if name not in value]
        assert not missing, f"{where}: {missing} missing in {sorted(value)}"
        for name, member in value.items():
            form = properties.get(name, schema.get("additionalProperties"))
            assert form is not None, f"{where}: {name} is not in the contract"
            self._check_value(member, form, f"{where} {name}")


_known = {}


def of(port):
    """The contract of the admin on this port; fetched once, since all here are of one build."""
    if "contract" not in _known:
        reply = http_client.request(port, "GET", "/api/openapi.json", {"connection": "close"})
        assert reply.status == 200, reply.body
        _known["contract"] = Contract(reply.json())
    return _known["contract"]
