#!/usr/bin/env python3
"""Checks the sandbox against the contract's document with schemathesis.

    python3 -m venv target/contract-venv
    target/contract-venv/bin/pip install -r tests/contract/requirements.txt
    target/contract-venv/bin/python tests/contract/check.py          # the paths that psactl uses
    target/contract-venv/bin/python tests/contract/check.py --all    # every path of the document

It starts a sandbox of its own (the sample MSP), signs in as psactl does, and sends to each operation
what the document allows and what it does not. No answer may be a server fault; each must have a
status that the document states, or be refused with the error envelope; each body must fit its schema.

The document goes through `prepared` first: it says nothing of refusals, and a generator that knows no
record would be answered 404 to everything.
"""

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "src/sandbox/openapi.json"
PSACTL_PATHS = ROOT / "src/psa/paths.rs"
METHODS = ("get", "post", "put", "patch", "delete")
# An id that no record has.
NOBODY = 999_999_999

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"

# What is sent: what the document allows or what it does not, by which phases, how many requests of each
# operation. The coverage phase tries the bounds of every field.
RUNS = {
    "psactl": [("positive", "examples,coverage,fuzzing", 8), ("negative", "fuzzing", 8)],
    "all": [("all", "examples,coverage,fuzzing", 10)],
}


def psactl_paths():
    """The path templates of psactl's client, with every id written `{}`."""
    source = PSACTL_PATHS.read_text(encoding="utf-8")
    block = re.search(r"^paths! \{\n(.*?)^\}", source, re.DOTALL | re.MULTILINE)
    found = re.findall(r'= "(/[^"]*)";', block.group(1)) if block else []
    if len(found) < 20:
        sys.exit(f"{PSACTL_PATHS}: the paths are no longer declared as this program reads them")
    return {bare(path) for path in found}


def bare(template):
    return re.sub(r"\{[^}]*\}", "{}", template).rstrip("/")


def chosen(document, everything):
    """The paths to check; psactl's must all be in the document."""
    if everything:
        return dict(document["paths"])
    wanted = psactl_paths()
    unknown = wanted - {bare(path) for path in document["paths"]}
    if unknown:
        sys.exit(f"psactl uses paths that the contract does not have: {sorted(unknown)}")
    counts = {f"{path}/count" for path in wanted}
    return {path: item for path, item in document["paths"].items() if bare(path) in wanted | counts}


def filled(template, ids):
    """A path with ids where its parameters stand."""
    for one in ids:
        template = re.sub(r"\{[^}]*\}", str(one), template, count=1)
    return template


def another(record, number):
    """A record to create, after the pattern of one that there is."""
    made = {name: value for name, value in record.items() if name not in ("id", "_info")}
    for name in ("identifier", "name", "username", "groupIdentifier", "description"):
        if isinstance(made.get(name), str):
            made[name] = f"{made[name][:20]} {number}"
    return made


class Records:
    """What a running sandbox holds: ids by path, and by the kind of reference to them."""

    def __init__(self, document, base, headers):
        self.schemas = document["components"]["schemas"]
        self.base, self.headers = base, headers
        self.by_path, self.by_reference, self.whole = {}, {}, {}
        for path, item in document["paths"].items():
            schema = answer_schema(item.get("get", {}))
            if schema.get("type") == "array" and "reportName" not in path:
                self.read(path, schema)

    def get(self, path):
        request = urllib.request.Request(f"{self.base}{path}?pageSize=1000", headers=self.headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def post(self, path, body):
        headers = {**self.headers, "Content-Type": "application/json"}
        body = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}{path}", data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            sys.exit(f"POST {path}: {refused.code} {refused.read().decode()}")

    def furnish(self):
        """Makes what the sample has none of."""
        company = {"identifier": "JoeTV"}
        made = self.post("/company/configurations", {
            "name": "SRV1", "deviceIdentifier": "SRV1", "company": company, "type": {"name": "Managed Server"},
        })
        ticket = self.post("/service/tickets", {"summary": "Backup failed", "company": company})
        below = f"/service/tickets/{ticket['id']}"
        self.post(f"{below}/notes", {"text": "See the log", "internalAnalysisFlag": True})
        self.post(f"{below}/configurations", {"id": made["id"]})

    def double(self, document):
        """Makes of everything one more that nothing refers to."""
        for path, item in document["paths"].items():
            known = self.whole.get(bare(path))
            if "post" in item and known:
                ids, record = known[0]
                self.post(filled(path, ids), another(record, 2))

    def read(self, template, schema):
        """Reads a list, below the first few parents that there are."""
        for parents in self.parents(template):
            for record in self.get(filled(template, parents)):
                self.whole.setdefault(bare(template), []).append((parents, record))
                if isinstance(record.get("id"), int):
                    self.by_path.setdefault(bare(template), []).append((*parents, record["id"]))
                self.walk(schema["items"], record)

    def parents(self, template):
        """The ids with which a template can be filled."""
        if "{" not in template:
            return [()]
        above = bare(template[: template.rindex("{")])
        return self.by_path.get(above, [])[:8]

    def walk(self, schema, value):
        """Notes the id of every reference in a value."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            properties = self.schemas[name].get("properties", {})
            # A reference's id may be null, a record's never is (CrossReference is a record).
            refers = name.endswith("Reference") and properties.get("id", {}).get("nullable")
            if refers and isinstance(value, dict) and isinstance(value.get("id"), int):
                self.by_reference.setdefault(name, set()).add(value["id"])
            for field, inner in properties.items():
                if isinstance(value, dict) and value.get(field) is not None:
                    self.walk(inner, value[field])
        elif isinstance(value, list):
            for one in value:
                self.walk(schema.get("items", {}), one)


def answer_schema(operation):
    for response in operation.get("responses", {}).values():
        for content in response.get("content", {}).values():
            return content.get("schema", {})
    return {}


def prepared(document, paths, records):
    """The document as a generator needs it."""
    document = {**document, "paths": paths}
    del document["servers"]
    schemas = document["components"]["schemas"]
    # "object" with nothing more is how the document says "any JSON"
    # (behaviours, section 4 of PATCH's value, section 13 of a report's values).
    for schema in schemas.values():
        loosened(schema)
    given = {f"Given.{name}": schema for name, schema in sent(schemas).items()}
    for name, ids in records.by_reference.items():
        given[f"Given.{name}"]["properties"]["id"]["enum"] = sorted(ids)[:20]
    for schema in given.values():
        demanding(schema)
    given["Given.PatchOperation"]["properties"]["op"]["enum"] = ["add", "replace", "remove"]
    schemas.update(given)
    # A refusal is in the envelope of behaviours, section 5, or the web server's own page.
    schemas["Refusal"] = {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "errors": {
                "type": "array",
                "nullable": True,
                "items": {
                    "type": "object",
                    "required": ["code", "message", "resource", "field"],
                    "properties": dict.fromkeys(
                        ("code", "message", "resource", "field"), {"type": "string"}
                    ),
                },
            },
        },
    }
    refusal = {
        "description": "refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}, "text/html": {}},
    }
    # A configuration cannot answer a list of them: the sandbox gives a result for each.
    bulk = paths.get("/company/configurations/bulk", {})
    for method in ("post", "put"):
        if method in bulk:
            for content in bulk[method]["responses"]["207"]["content"].values():
                content["schema"] = {"$ref": "#/components/schemas/BulkResult"}
    for path, item in paths.items():
        for method in METHODS:
            if method in item:
                item[method]["responses"]["4XX"] = refusal
                examples = Examples(records, method, path)
                if "requestBody" in item[method]:
                    item[method]["requestBody"] = sent(item[method]["requestBody"])
                    for content in item[method]["requestBody"]["content"].values():
                        content.update(examples.body())
                item[method]["parameters"] = parameters(path, item[method], examples, records)
    return document


def sent(part):
    """A copy that refers to schemas of its own, in which references name records that there are."""
    here = "#/components/schemas/"
    return json.loads(json.dumps(part).replace(here, f"{here}Given."))


def loosened(schema):
    """Takes the type from every object of which nothing is said."""
    inside = [schema["items"]] if "items" in schema else []
    for inner in [*schema.get("properties", {}).values(), *inside]:
        if inner == {"type": "object"}:
            inner.clear()
        else:
            loosened(inner)


def demanding(schema):
    """A required text must not be empty, which the document does not say."""
    for name in schema.get("required", []):
        if schema["properties"][name].get("type") == "string":
            schema["properties"][name]["minLength"] = 1
    on_update = [name for name, field in schema.get("properties", {}).items() if field.get("x-required-on-update")]
    if on_update:
        schema["required"] = [*schema.get("required", []), *on_update]


class Examples:
    """A request to an operation that can be answered with success, for what is generated seldom can."""

    def __init__(self, records, method, path):
        self.method, self.record = method, None
        collection = bare(path) if method == "post" else bare(path[: path.rindex("/")])
        known = records.whole.get(collection)
        self.ids = ()
        if known:
            # The newest is the one that nothing refers to, and gone when it was deleted.
            parents, self.record = known[-1 if method == "delete" else 0]
            self.ids = parents if method == "post" else (*parents, self.record.get("id"))

    def body(self):
        if self.record is None:
            return {}
        if self.method == "post":
            return {"example": another(self.record, 3)}
        if self.method == "put":
            return {"example": self.record}
        texts = [name for name, value in self.record.items() if isinstance(value, str) and not name.endswith("Date")]
        return {"example": [{"op": "replace", "path": name, "value": self.record[name]} for name in texts[:1]]}

    def of_path(self, path, name):
        """The id of a path parameter, and none where no record is known."""
        at = re.findall(r"\{([^}]*)\}", path).index(name)
        return {"example": self.ids[at]} if at < len(self.ids) else {}


def parameters(path, operation, examples, records):
    """The parameters of an operation, with values that mean something to this sandbox."""
    of_lists = {
        "conditions": ["id > 0", "id in (1, 2) or not id = 3", "nothing = 1"],
        "orderBy": ["id desc", "id", "nothing"],
    }
    made = []
    for parameter in operation.get("parameters", []):
        name = parameter.get("name") or parameter["$ref"].rsplit("/", 1)[1]
        if name == "clientId":
            continue  # sent with every request, as the login is
        if name in of_lists:
            parameter = {"name": name, "in": "query", "schema": {"type": "string", "enum": of_lists[name]}}
        elif name in ("childConditions", "customFieldConditions"):
            continue  # the grammar of conditions again, mostly refused; tests/it/sandbox/lists.rs has them
        elif name == "fields":
            continue  # a part of a record does not fit its schema, for required fields may be missing
        elif name in ("page", "pageSize", "pageId"):
            schema = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 2000}
            parameter = {"name": name, "in": "query", "schema": schema}
        elif parameter.get("in") == "path":
            schema = path_values(path, parameter, records, examples.method)
            parameter = {**parameter, "schema": schema, **examples.of_path(path, name)}
        elif parameter.get("required"):
            parameter = {**parameter, "example": 1}
        made.append(parameter)
    return made


def path_values(path, parameter, records, method):
    """The ids that stand where a path parameter does."""
    if parameter["schema"]["type"] != "integer":
        names = ["Service", "Company", "FW-60", "nothing"]
        return {"type": "string", "enum": names}
    # Of a parent, those that have such children.
    known = records.by_path.get(bare(path[: path.rindex("{")]), [])
    at = re.findall(r"\{([^}]*)\}", path).index(parameter["name"])
    if method == "delete":
        known = known[-1:]  # the rest is needed by what follows
    ids = [ids[at] for ids in known]
    return {"type": "integer", "format": "int32", "enum": [*dict.fromkeys(ids[:6]), NOBODY]}


def never_done(control_url, paths):
    """The operations of which every request was refused: of these nothing was checked."""
    with urllib.request.urlopen(f"{control_url}/requests") as answer:
        log = json.load(answer)
    requests = log["requests"] if isinstance(log, dict) else log
    done = {(r["method"].lower(), r["template"]) for r in requests if 200 <= r["status"] < 300}
    print(f"{len(requests)} requests, {len(done)} operations answered with success")
    every = [(method, path) for path, item in paths.items() for method in METHODS if method in item]
    return [f"{method.upper()} {path}" for method, path in every if (method, path) not in done]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--all", action="store_true", help="every path of the document")
    arguments.add_argument("--binary", default=ROOT / "target/debug/psactl", help="the psactl to check")
    arguments.add_argument("--examples", type=int, help="requests of each kind per operation")
    arguments.add_argument("--seed", type=int, default=342, help="of what is generated")
    arguments.add_argument("rest", nargs="*", help="more for schemathesis, after --")
    given = arguments.parse_args()

    work = ROOT / "target/contract"
    work.mkdir(parents=True, exist_ok=True)
    command = [given.binary, "sandbox", "--output", "json", "--sample"]
    # Nothing of the caller's own psactl is read.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PSACTL_")}
    sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own)
    try:
        line = sandbox.stdout.readline()
        if not line.strip():
            sys.exit("the sandbox did not start")
        reach = json.loads(line)
        base = f"{reach['url']}/v4_6_release/apis/3.0"
        login = f"{reach['company_id']}+{reach['public_key']}:{reach['private_key']}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(login.encode()).decode(),
            "clientId": reach["client_id"],
        }
        document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
        paths = chosen(document, given.all)
        Records(document, base, headers).furnish()
        Records(document, base, headers).double(document)
        document = prepared(document, paths, Records(document, base, headers))
        file = work / "openapi.json"
        file.write_text(json.dumps(document, indent=1), encoding="utf-8")
        operations = sum(method in item for item in paths.values() for method in METHODS)
        print(f"{len(paths)} paths, {operations} operations, seed {given.seed}", flush=True)
        failed = False
        for kind, phases, most in RUNS["all" if given.all else "psactl"]:
            # One worker: it makes the order of requests part of the seed, and two trip over a fault of
            # Python 3.11's parser.
            run = [
                Path(sys.executable).with_name("schemathesis"), "--no-color", "run", file, "--url", base,
                "--checks", CHECKS, "--mode", kind, "--phases", phases, "--workers", "1",
                "--max-examples", str(given.examples or most), "--seed", str(given.seed),
                "--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off",
                "--continue-on-failure", *given.rest,
            ]
            for name, value in headers.items():
                run += ["--header", f"{name}: {value}"]
            environment = {**own, "PYTHONHASHSEED": "0"}
            failed |= subprocess.run(run, cwd=work, env=environment).returncode != 0
        hollow = never_done(reach["control_url"], paths)
        for operation in hollow:
            print(f"never answered with success: {operation}")
        # Of some lists that psactl does not use the sample has no records to answer with.
        return int(failed or bool(hollow and not given.all))
    finally:
        sandbox.terminate()
        sandbox.wait(10)


if __name__ == "__main__":
    sys.exit(main())
