"""The JSON schema of the config, for editors that complete and check YAML files."""

import json
import re

from pydantic.json_schema import GenerateJsonSchema

from pygoodvibes.config.config import DETECTORS, Config
from pygoodvibes.config.meanings import meaning
from pygoodvibes.util.settings import NAME_PATTERN


def schema() -> dict:
    """Return the JSON schema of the config, for editors that complete and check YAML files."""
    generated = Config.model_json_schema(schema_generator=_WithMeanings)
    # models of one name in several modules: pydantic tells them apart by their full names
    text = re.sub(r"pygoodvibes__(\w+?)s?__(\w+)__Settings", r"\1_\2", json.dumps(generated))
    result = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **json.loads(text),
        "title": "PyGoodVibes config",
    }
    for model in result["$defs"].values():
        for node in model["properties"].values():
            node.pop("title", None)
            for option in (node, *node.get("anyOf", ())):
                if "patternProperties" in option:
                    option["additionalProperties"] = False
    for node in result["properties"].values():
        node.pop("title", None)
    return _with_method_from_name(result)


class _WithMeanings(GenerateJsonSchema):
    def model_schema(self, schema: dict) -> dict:
        generated = super().model_schema(schema)
        for key, node in generated.get("properties", {}).items():
            if text := meaning(schema["cls"], key):
                node["description"] = text
        return generated


def _with_method_from_name(result: dict) -> dict:
    """Let the schema say that a detector named after its method needs no key `method`."""
    definitions, table = result["$defs"], result["properties"]["detectors"]
    # an estimator allows any further key: it must not be taken for one of the other methods
    definitions["detector_estimator"]["properties"]["method"]["pattern"] = r"\."
    [alternatives] = table.pop("patternProperties").values()
    any_detector = {"required": ["method"], **alternatives}
    for method in DETECTORS:
        definitions[f"detector_{method}"].pop("required")
    table["propertyNames"] = {"type": "string", "pattern": NAME_PATTERN}
    table["properties"] = {
        method: {
            "if": {"type": "object", "required": ["method"]},
            "then": any_detector,
            "else": {"anyOf": [{"$ref": f"#/$defs/detector_{method}"}, {"type": "null"}]},
        }
        for method in DETECTORS
    }
    table["additionalProperties"] = any_detector
    return result
