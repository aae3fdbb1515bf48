"""Schemathesis over the gateway's own description: no 5xx, and no status or shape that it does not name.

    pip install schemathesis
    python -m benchmarks.gateway_fuzz [--examples 200] [--seed 1] [--program schemathesis]

The app is the real one on a real socket, with the simulated vendor and its other ports in memory.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from aiops.gateway.call_ids import new_id
from aiops.gateway.description import description
from aiops.gateway.memory import MemoryVendors, memory_world
from aiops.gateway.picture import Deployment, Feature, Passthrough
from aiops.providers.simulated import Simulated
from tests.gateway.served import TOKEN, make_picture, serving
from tests.gateway.world import make_approach

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "ignored_auth",
    "response_schema_conformance", "response_headers_conformance", "negative_data_rejection",
    "unsupported_method",
)  # fmt: skip  # short names, packed: they would fill the page


def with_known_names(document: dict[str, Any]) -> dict[str, Any]:
    """Names of features that there are among all others: else nearly everything would be a 404."""
    document = json.loads(json.dumps(document))
    for body, name in (("Chat", "summary"), ("Embeddings", "vectors")):
        known = document["components"]["schemas"][body]["properties"]
        known["model"] = {"anyOf": [{"const": name}, known["model"]]}
    parts = document["components"]["schemas"]["Feedback"]["properties"]
    parts["call_id"] = {"anyOf": [{"const": new_id()}, parts["call_id"]]}
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"] = {"anyOf": [{"const": "summary"}, parameter["schema"]]}
    return document


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=shutil.which("schemathesis") or "schemathesis")
    options = parser.parse_args()
    vectors = Feature(
        slug="vectors", kind="embedding", deployment=Deployment(stable=Passthrough(model="small"))
    )
    summary = Feature(slug="summary", deployment=Deployment(stable=make_approach()))
    world = memory_world(vendors=MemoryVendors({"small": Simulated({"time_scale": 0})}))
    with (
        tempfile.TemporaryDirectory(prefix="aiops-fuzz-") as folder,
        serving(make_picture(features={"summary": summary, "vectors": vectors}), world) as url,
    ):
        file = Path(folder) / "openapi.json"
        file.write_text(json.dumps(with_known_names(description())))
        command = [
            *(options.program, "run", str(file), "--url", url, "--checks", ",".join(CHECKS)),
            *("-H", f"Authorization: Bearer {TOKEN}", "--max-examples", str(options.examples)),
            *("--seed", str(options.seed), "--continue-on-failure", "--suppress-health-check", "all"),
        ]
        return subprocess.run(command, check=False, cwd=folder).returncode


if __name__ == "__main__":
    import django
    from django.conf import settings

    settings.configure(AIOPS_HOME="var")  # nothing here asks a database
    django.setup()
    raise SystemExit(main())
