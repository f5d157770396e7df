"""A contract file as plain data, with the line of every part.

Belongs here: decoding, YAML, and what YAML silently makes of unquoted text (dates, duplicate keys).
Does not belong here: what the words mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

#: a part of a document: the keys and list positions that lead to it
Place = tuple[str | int, ...]

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
_NEW_CONTRACT = "Draft one with `selltrace contract new SAMPLE`"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with the YAML itself, before any word of it is read."""

    line: int
    message: str
    cure: str


@dataclass
class Document:
    """Plain data of a file; `lines` and `texts` know where each part stands and how a scalar was written."""

    data: dict[str, Any] | None = None
    lines: dict[Place, int] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Line of a part, from 1; of what is absent, the line of the nearest part that would hold it."""
        for length in range(len(place), 0, -1):
            if (line := self.lines.get(place[:length])) is not None:
                return line
        return self.lines.get((), 1)


def listed(holder: dict[str, Any], word: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the mappings listed under a word, each with its position; none where the word holds anything else."""
    items = holder.get(word)
    numbered = enumerate(items if isinstance(items, list) else ())
    return [(position, item) for position, item in numbered if isinstance(item, dict)]


def read_document(file: Path) -> Document:
    """Read a YAML file; what cannot be read is told by `mistakes`, and `data` is None if nothing can be."""
    try:
        return document_of(file.read_bytes())
    except OSError as error:
        return Document(mistakes=[Mistake(1, f"the file cannot be read: {error.strerror}", "Check its permissions")])


def document_of(raw: bytes) -> Document:
    """The document that these bytes of a file are."""
    document = Document()
    try:
        root = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.CSafeLoader)
        if root is None:
            document.mistakes.append(Mistake(1, "the file is empty", _NEW_CONTRACT))
        elif not isinstance(root, yaml.MappingNode):
            line = root.start_mark.line + 1
            document.mistakes.append(Mistake(line, "the file is no mapping of words to values", _NEW_CONTRACT))
        else:
            document.data = _Builder(document).build(root)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        document.mistakes.append(Mistake(line, "the file is not UTF-8", "Save it as UTF-8"))
    except yaml.YAMLError as error:
        document.mistakes.append(_syntax_mistake(error))
    return document


def _syntax_mistake(error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read"))
    if "end of stream" in problem:  # the end of the file says nothing about where the quote was opened
        mark = getattr(error, "context_mark", None) or mark
    if "cannot start any token" in problem:
        cure = "Indent with spaces, not tabs, and quote text that starts with a special character"
    elif "expected a single document" in str(error.__dict__):
        cure = "Write one contract a file, without `---` between"
    else:
        cure = "Check indentation and brackets here, and quote text that holds `: `, `#`, `{`, `[`, `*` or `&`"
    return Mistake(mark.line + 1 if mark else 1, f"YAML: {problem}", cure)


class _Builder:
    """Turns YAML nodes into plain data. Walks nodes itself because loaders forget lines and the text of scalars."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._constructor = yaml.constructor.SafeConstructor()
        self._open: set[int] = set()

    def build(self, root: yaml.MappingNode) -> dict[str, Any]:
        """Return the data of the root mapping, filling lines, texts and mistakes of the document."""
        return self._mapping(root, ())

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._document.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if id(node) in self._open:
            self._mistake(node, "an alias refers to what holds it", "Write the value out")
            return None
        self._open.add(id(node))
        value: Any = (
            self._mapping(node, place)
            if isinstance(node, yaml.MappingNode)
            else [self._value(item, (*place, position)) for position, item in enumerate(node.value)]
        )
        self._open.discard(id(node))
        return value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        self._document.lines.setdefault(place, node.start_mark.line + 1)
        self._report_repeated_keys(node)
        self._constructor.flatten_mapping(node)  # resolves merge keys (<<)
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._mistake(key_node, "a key is not text", "Quote text that starts with `{` or `[`")
                continue
            inner = (*place, key_node.value)
            self._document.lines[inner] = key_node.start_mark.line + 1
            mapping[key_node.value] = self._value(value_node, inner)
        return mapping

    def _report_repeated_keys(self, node: yaml.MappingNode) -> None:
        first_line: dict[str, int] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key = key_node.value
            if key in first_line:
                self._mistake(key_node, f"`{key}` stands twice, first on line {first_line[key]}", "Keep one")
            first_line.setdefault(key, key_node.start_mark.line + 1)

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        self._document.texts[place] = node.value
        if node.tag == _TIMESTAMP:
            self._mistake(node, f"the date {node.value} is not quoted", f'Write "{node.value}"')
            return node.value
        if node.tag not in _PLAIN_TAGS:
            self._mistake(node, f"the tag {node.tag} is not known", "Remove it")
            return node.value
        return self._constructor.construct_object(node)

    def _mistake(self, node: yaml.Node, message: str, cure: str) -> None:
        self._document.mistakes.append(Mistake(node.start_mark.line + 1, message, cure))
