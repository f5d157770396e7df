"""Files that cannot be read as a contract at all: encoding, YAML, and what YAML makes of unquoted text."""

import pytest

from orchestration.contracts.document import read_document


@pytest.mark.parametrize(
    ("content", "line", "message", "cure"),
    [
        (b"", 1, "empty", "selltrace contract new"),
        (b"# only a comment\n", 1, "empty", "selltrace contract new"),
        (b"\n- a\n- b\n", 2, "no mapping", "selltrace contract new"),
        (b"just text\n", 1, "no mapping", "selltrace contract new"),
        ("id: a\nname: Qté\n".encode("cp1252"), 2, "not UTF-8", "Save it as UTF-8"),
        (b"id: a\nservers: [1, 2\nstatus: b\n", 3, "YAML: ", "brackets"),
        (b"id: a\nwhere: a: b\n", 2, "mapping values are not allowed", "quote text"),
        (b"id: a\nservers:\n\t- x\n", 3, "cannot start any token", "spaces, not tabs"),
        (b'id: a\nname: "open\nversion: 1\n', 2, "end of stream", "Check"),
        (b"id: a\n---\nid: b\n", 2, "another document", "one contract a file"),
        (b"id: a\nname: *nowhere\n", 2, "undefined alias", "quote text"),
        (b"id: a\nversion: 1\nid: b\n", 3, "`id` stands twice, first on line 1", "Keep one"),
        (b"a: {x: 1, x: 2}\n", 1, "`x` stands twice, first on line 1", "Keep one"),
        (b"a:\n  b: 2025-06-02\n", 2, "2025-06-02 is not quoted", 'Write "2025-06-02"'),
        (b"id: a\nx: !secret y\n", 2, "!secret", "Remove it"),
        (b"id: a\n? [x]\n: y\n", 2, "a key is not text", "Quote"),
        (b"id: a\nx: &loop\n  - *loop\n", 2, "refers to what holds it", "Write the value out"),
        (b"id: a\nx: \x01\n", 1, "YAML: control characters are not allowed", "Check"),
    ],
)
def test_mistake_of_the_yaml_is_told_with_line_and_cure(tmp_path, content, line, message, cure):
    file = tmp_path / "a.odcs.yaml"
    file.write_bytes(content)
    mistakes = read_document(file).mistakes
    assert len(mistakes) == 1
    assert mistakes[0].line == line
    assert message in mistakes[0].message
    assert cure in mistakes[0].cure


def test_lines_and_texts_are_those_of_the_file(tmp_path):
    file = tmp_path / "a.odcs.yaml"
    file.write_text("# note\nid: a\nlist:\n  - {code: 0012}\n  -\n    day: '2025-01-01'\n", encoding="utf-8")
    document = read_document(file)
    assert document.data == {"id": "a", "list": [{"code": 10}, {"day": "2025-01-01"}]}
    assert document.texts["list", 0, "code"] == "0012"
    assert [document.line(place) for place in [("id",), ("list",), ("list", 0, "code"), ("list", 1, "day")]] == [
        2,
        3,
        4,
        6,
    ]


def test_the_line_of_what_is_absent_is_that_of_its_holder(tmp_path):
    file = tmp_path / "a.odcs.yaml"
    file.write_text("id: a\nlist:\n  - x: 1\n", encoding="utf-8")
    document = read_document(file)
    assert document.line(("list", 0, "absent", "deeper")) == 3
    assert document.line(("absent",)) == 1


def test_byte_order_mark_and_anchors_are_read(tmp_path):
    file = tmp_path / "a.odcs.yaml"
    file.write_bytes(b"\xef\xbb\xbfbase: &base {a: 1, b: 2}\nother:\n  <<: *base\n  b: 3\n")
    document = read_document(file)
    assert document.mistakes == []
    assert document.data == {"base": {"a": 1, "b": 2}, "other": {"a": 1, "b": 3}}


def test_unreadable_file_is_a_mistake_not_a_crash(tmp_path):
    assert "cannot be read" in read_document(tmp_path / "absent.odcs.yaml").mistakes[0].message
