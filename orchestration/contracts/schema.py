"""The JSON schema of the Open Data Contract Standard, as its package ships it, and a validator that runs it fast.

Belongs here: loading the schema, and our versions of two of its keywords.
Does not belong here: wording what breaks it (`standard`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend


@cache
def validator() -> Validator:
    """Return the validator of the standard's schema, made once a process."""
    keywords = {"if": _if, "unevaluatedProperties": _unevaluated_properties}
    made: Validator = extend(Draft201909Validator, keywords)(_schema())  # type: ignore[no-untyped-call]
    return made


def known_words(schema: dict[str, Any], part: dict[str, Any]) -> set[str]:
    """Return the words that a (sub)schema knows for this part of a document, in all branches that apply to it."""
    known = set(schema.get("properties", ()))
    if reference := schema.get("$ref"):
        known |= known_words(_definition(reference), part)
    for branch in schema.get("allOf", ()):
        known |= known_words(branch, part)
    if "if" in schema and _holds(schema["if"], part):
        known |= known_words(schema.get("then", {}), part)
    return known


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
    return schema


@cache
def _definition(reference: str) -> dict[str, Any]:
    definition: dict[str, Any] = _schema()
    for step in reference.removeprefix("#/").split("/"):
        definition = definition[step]
    return definition


def _if(validator: Any, condition: Any, part: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    """Apply a conditional branch; the library's own keyword is slow on the 40 conditions of every server."""
    if _holds(condition, part):
        if "then" in schema:
            yield from validator.descend(part, schema["then"], schema_path="then")
    elif "else" in schema:
        yield from validator.descend(part, schema["else"], schema_path="else")


def _holds(condition: dict[str, Any], part: Any) -> bool:
    """Tell whether a part meets a condition made of constants, presence and alternatives, without the library."""
    if condition.keys() <= {"properties", "required"} and isinstance(part, dict):
        named = condition.get("properties", {})
        if all(rule.keys() == {"const"} for rule in named.values()):
            constants = all(part[word] == rule["const"] for word, rule in named.items() if word in part)
            return constants and all(word in part for word in condition.get("required", ()))
    if condition.keys() == {"anyOf"}:
        return any(_holds(alternative, part) for alternative in condition["anyOf"])
    return validator().evolve(schema=condition).is_valid(part)


def _unevaluated_properties(
    _validator: Any, _demanded: Any, part: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Name the words that no applicable branch knows.

    The library's own keyword takes four times as long, and once one word has a wrong value it calls all unknown.
    """
    if isinstance(part, dict):
        for word in sorted(part.keys() - known_words(schema, part)):
            yield ValidationError(word, validator="unevaluatedProperties", instance=part, schema=schema)
