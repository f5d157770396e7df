"""Every mistake a contract can hold: its exact line, what is said, and the cure.

A case changes a good contract at one place; `at` is text of the line that must be named.
"""

from functools import partial
from importlib.resources import files
from json import loads

import pytest
import yaml
from jsonschema import Draft201909Validator

from orchestration.contracts.document import read_document
from orchestration.contracts.schema import validator

PROPERTY = "  - {property: delivery, value: keyed}"
KEYED = "value: keyed"
UNITS = "{name: units, physicalName: Qty, logicalType: integer, logicalTypeOptions: {minimum: -10, maximum: 100}}"
DAY = "physicalName: Day, logicalType: date, logicalTypeOptions: {format: dd/MM/yyyy}"


def added(word: str, value: str) -> tuple[str, str, str]:
    """Return the change that adds a custom property of the contract, and the text of its line."""
    line = f"{{property: {word}, value: {value}}}"
    return PROPERTY, f"{PROPERTY}\n  - {line}", line


def on_server(word: str, value: str) -> tuple[str, str, str]:
    """Return the change that adds a custom property of the server, and the text of its line."""
    line = f"      - {{property: {word}, value: {value}}}"
    return "    customProperties:\n", f"    customProperties:\n{line}\n", line


def units(old: str, new: str) -> tuple[str, str, str]:
    """Return a change of the property `units`."""
    return UNITS, UNITS.replace(old, new), "physicalName: Qty"


def dated(date_format: str) -> tuple[str, str, str]:
    """Return a change of the format of `period_start`."""
    return DAY, DAY.replace("dd/MM/yyyy", date_format), "physicalName: Day"


def gx(implementation: str, more: str = "") -> tuple[str, str, str]:
    """Return the change that adds an expectation to the schema."""
    entry = f"      - {{type: custom, engine: greatExpectations, {more}implementation: {implementation}}}"
    return "slaProperties:", f"    quality:\n{entry}\nslaProperties:", "engine: greatExpectations"


def waived(**changes: str | None) -> tuple[str, str, str]:
    """Return the change that adds a waiver; None leaves a word out."""
    words = {"period_start": '"2025-01-06"', "reason": "strike", "by": "ann", "until": '"2025-02-01"', **changes}
    said = ", ".join(f"{word}: {value}" for word, value in words.items() if value is not None)
    return added("waivers", f"[{{{said}}}]")


def threshold(change: str) -> tuple[str, str, str]:
    """Return the change that adds a threshold, with one word added or changed."""
    words = {"suite": "duplicates", "expectation": "few_conflicts", "max_value": "0.02", "reason": "till returns"}
    word, _, value = change.partition(": ")
    said = ", ".join(f"{name}: {text}" for name, text in (words | {word: value}).items())
    return added("thresholds", f"[{{{said}}}]")


STANDARD = [
    ("kind: DataContract", "kind: DataContrat", "kind: Data", "`kind` cannot be `DataContrat`", "`DataContract`"),
    ("apiVersion: v3.1.0", "apiVersion: v9", "apiVersion", "`apiVersion` cannot be `v9`", "v3.1.0"),
    ("apiVersion: v3.1.0", "apiVersion: v2.2.2", "apiVersion", "v2.2.2 is too old", "v3.1.0"),
    ("version: 1.0.0\n", "version: 1.0\n", "version: 1.0", "`version` is not text", 'Quote it: "1.0"'),
    ("version: 1.0.0\n", "", "apiVersion", "`version` is missing", "Write `version: …`"),
    ("id: acme.sell_out", "id: 12", "id: 12", "`id` is not text", 'Quote it: "12"'),
    ("id: acme.sell_out\n", "", "apiVersion", "`id` is missing", "Write `id: …`"),
    ("status: active", "status: active\nownr: me", "ownr", "no word `ownr`", "Remove it"),
    ("status: active", "status: active\nslaPropertis: []", "slaPropertis", "no word", "`slaProperties`"),
    ("status: active", "status: active\npartner: acme", "partner: acme", "no word `partner`", "{property: partner,"),
    ("    format: csv", "    format: csv\n    delimiter: ;", "delimiter: ;", "no word `delimiter`", "{property: delim"),
    ("    format: csv", "    format: csv\n    pth: x", "pth: x", "no word `pth`", "`path`"),
    ("    path: acme/sell_out/*.csv\n", "", "- server: landing", "`path` is missing", "Write `path: …`"),
    ("    type: local", "    type: lokal", "type: lokal", "`type` cannot be `lokal`", "`local`"),
    ("servers:", "servers: x\ntags:", "servers: x", "`servers` is not a list", "Write a list"),
    (
        "Shop, logicalType: string, primaryKey: true",
        "Shop, logicalType: string, primaryKey: maybe",
        "Shop",
        "`primaryKey` is not true",
        "true or false",
    ),
    ("name: location_code, ", "", "physicalName: Shop", "`name` is missing", "Write `name: …`"),
    ("value: 3, unit: d}", "unit: d}", "property: latency", "`value` is missing", "Write `value: …`"),
    ("status: active", "status: active\nteam: [{name: Ann}]", "team", "`username` is missing", "`username: …`"),
    ("status: active", "status: active\nteam: {members: [{usernme: a}]}", "team", "no word `usernme`", "`username`"),
    (*units("logicalType: integer", "logicalType: intger"), "`logicalType` cannot be `intger`", "`integer`"),
    (*units("logicalType: integer, ", ""), "`logicalType` is missing", "Write `logicalType:"),
    (*units("physicalName", "physicalname")[:2], "name: units", "no word `physicalname`", "`physicalName`"),
    (*units("minimum: -10", "minimum: low"), "`minimum` is not a number", "Write a number"),
    (*units("minimum", "minimun"), "no word `minimun`", "`minimum`"),
    ("status: active", "status: active\ntags: [a, 1]", "tags", "`tags[1]` is not text", 'Quote it: "1"'),
    ("status: active", "status: active\nteam: {membrs: []}", "team", "no word `membrs`", "`members`"),
    ("    type: local", "    id: a b\n    type: local", "id: a b", "`id` breaks the standard: 'a b' does not", "ODCS"),
    ("    format: csv\n", "", "- server: landing", "`format` is missing", "Write `format: …`"),
    ("status: active", "status: active\ntags: x", "tags", "`tags` is not a list", "Write a list"),
]

PARTS = [
    ("status: active", "status: activ", "status", "unknown status `activ`", "`active`"),
    ("status: active", "status: proposed", "status", "`proposed` is not used", "Write `draft`"),
    ("status: active\n", "", "apiVersion", "`status` is missing", "draft, active, deprecated, retired"),
    ("id: acme.sell_out", "id: acme/sell_out", "id: acme", "cannot name files", "pharma_plus.sell_out"),
    ("name: sell_out", "name: sellout", "name: sellout", "unknown record kind `sellout`", "`sell_out`"),
    (UNITS + "\n", UNITS + "\n  - name: stock\n", "name: stock", "one schema object", "a contract of its own"),
    ("servers:\n", "servers: []\ntags: []\ndomain: x\nprice: {}\nroles:\n", "servers", "no server", "server: landing"),
    ("    format: csv", "    format: cvs", "format: cvs", "unknown format `cvs`", "`csv`"),
    ("    type: local", "    type: kafka\n    host: h", "type: kafka", "not read from a `kafka` server", "local, s3"),
    ("path: acme/", "path: /acme/", "path: /acme", "not below the landing folder", "glob below"),
    ("path: acme/", "path: C:/acme/", "path: C:", "not below the landing folder", "glob below"),
    ("path: acme/", "path: ../acme/", "path: ../", "leaves the landing folder", "glob below"),
    ("path: acme/sell_out/", "path: acme\\sell_out\\", "path: acme", "backslashes", "glob below"),
    ("path: acme/sell_out/*.csv", "path: ''", "path: ''", "`path` is empty", "where the files land"),
    ("encoding: cp1252", "encoding: cp125", "encoding", "unknown encoding `cp125`", "`cp1252`"),
    ("encoding: cp1252", "encoding: rot13", "encoding", "unknown encoding `rot13`", "Write one of utf-8"),
    (*on_server("encoding", "utf-8")[:2], "encoding: cp1252", "also a custom property", "Keep one"),
]

COLUMNS = [
    (*units("name: units", "name: unts"), "sell_out has no column `unts`", "`units`"),
    (UNITS + "\n", f"{UNITS}\n      - {UNITS.replace('Qty', 'Q2')}\n", "Q2", "mapped twice, first on line 20", "Keep"),
    ("      - " + UNITS + "\n", "", "- name: sell_out", "requires `units`", "{name: units, physicalName: …}"),
    (*units("physicalName: Qty", "transformLogic: 'a b'")[:2], "'a b'", "no SQL expression: syntax", "DuckDB"),
    (*units("physicalName: Qty", "transformLogic: '1; drop x'")[:2], "drop x", "no SQL expression", "DuckDB"),
    (*units("physicalName: Qty", "transformLogic: 'a) from t where (b'")[:2], "from t", "no SQL expression", "DuckDB"),
    (*units("physicalName: Qty", "physicalName: ''")[:2], "name: units", "`physicalName` is not text", "Write text"),
    (*units("minimum: -10", "minimum: 1000"), "`minimum` is greater than `maximum`", "Swap"),
    (*units("physicalName", "classification: Personnal, physicalName"),
     "classification `Personnal` does not protect", "`personal`"),
    ("physicalName: Shop, logicalType: string", "physicalName: Shop, logicalType: string, logicalTypeOptions: "
     "{pattern: '[0-9'}", "physicalName: Shop", "pattern `[0-9` cannot be used: missing ]", "RE2"),
    ("physicalName: Shop, logicalType: string", "physicalName: Shop, logicalType: string, logicalTypeOptions: "
     "{pattern: '(?!x)'}", "physicalName: Shop", "cannot be used: invalid perl operator", "RE2"),
    (DAY, DAY.replace("format:", "minimum: '2020-01-01', format:"), "physicalName: Day", "is not checked", "`where`"),
    (*dated("DD/MM/YYYY"), "the date format `DD/MM/YYYY` mixes up letters", "Write `dd/MM/yyyy`"),
]  # fmt: skip

PROMISES = [
    ("unit: w}", "unit: y}", "property: frequency", "unknown unit `y`", "Write one of d, w, m"),
    ("unit: w}", "unit: weeks}", "property: frequency", "unknown unit `weeks`", "Write `w`"),
    (", unit: w}", "}", "property: frequency", "`frequency` has no unit", "Write one of d, w, m"),
    ("value: 1, unit: w", "value: 0, unit: w", "property: frequency", "not a whole number from 1", "1 or more"),
    ("value: 1, unit: w", "value: often, unit: w", "property: frequency", "not a whole number", "1 or more"),
    ("value: 3, unit: d", "value: -3, unit: d", "property: latency", "not a whole number from 0", "0 or more"),
    ("property: latency", "property: frequency", "value: 3, unit: d", "stands twice, first on line 22", "Keep one"),
]

WORDS = [
    (*added("currancy", "EUR"), "unknown custom property `currancy`", "`currency`"),
    (*added("xyzzy", "1"), "unknown custom property `xyzzy`", "Write one of partner, delivery"),
    (*added("decimal", '","'), "unknown custom property `decimal`", "under the server's `customProperties`"),
    (*on_server("partner", "x"), "unknown custom property `partner`", "under the contract's `customProperties`"),
    (*added("period", "day")[:2], "value: week", "`period` stands twice, first on line 27", "Keep one"),
    (*added("currency", ""), "`currency` has no value", "remove the word"),
    (*added("currency", "euro"), "`euro` is no currency code", "such as EUR"),
    (*added("currency", "eur"), "`eur` is no currency code", "Write `EUR`"),
    (KEYED, "value: keyd", "keyd", "unknown delivery `keyd`", "`keyed`"),
    (KEYED, "value: 3", "delivery, value: 3", "unknown delivery `3`", "append, keyed, replace_period, snapshot"),
    ("value: week", "value: weekly", "weekly", "unknown period `weekly`", "`week`"),
    (*added("unit", "cases"), "unknown unit `cases`", "`case`"),
    (*added("coverage", "full"), "unknown coverage `full`", "complete, partial"),
    (*added("startsOn", "2025-01-06"), "date 2025-01-06 is not quoted", 'Write "2025-01-06"'),
    (*added("startsOn", '"06/01/2025"'), "`startsOn` is no date: 06/01/2025", "yyyy-MM-dd"),
    (*added("startsOn", '"20250602"'), "`startsOn` is no date: 20250602", "yyyy-MM-dd"),
    (*added("startsOn", '"2025-02-30"'), "`startsOn` is no date: 2025-02-30", "yyyy-MM-dd"),
    (PROPERTY, PROPERTY + '\n  - {property: startsOn, value: "2025-02-01"}\n'
     '  - {property: endsOn, value: "2025-01-01"}', "endsOn", "2025-01-01 is before `startsOn` 2025-02-01", "Swap"),
    ("Europe/Paris", "Europe/Pari", "Europe/Pari", "unknown time zone `Europe/Pari`", "`Europe/Paris`"),
    ("Europe/Paris", "Europe", "timezone", "unknown time zone `Europe`", "Europe"),
    ("Europe/Paris", "../etc", "timezone", "unknown time zone `../etc`", "Write an IANA name"),
    (*added("closed", "[sat, saturdy]"), "`saturdy` is no weekday", "Did you mean `sat`"),
    (*added("closed", "[sat, 2025-01-01]"), "date 2025-01-01 is not quoted", 'Write "2025-01-01"'),
    (*added("closed", '["2025-13-01"]'), "`closed` is no date: 2025-13-01", "yyyy-MM-dd"),
    (*added("holidays", "XX"), "no holidays are known for the country `XX`", "ISO 3166"),
    (*added("holidays", "fr"), "no holidays are known for the country `fr`", "Write `FR`"),
    (*added("holidays", "GB-ENGL"), "the part `ENGL` of GB", "`ENG`"),
    (*added("holidays", "NO"), "reads as true or false", 'Quote it: "NO"'),
    (*added("where", "yes"), "`where` reads as true or false", 'Quote it: "yes"'),
    (*added("periodFrom", "file"), "unknown periodFrom `file`", "Write `lines`, or `filename:`"),
    (*added("periodFrom", '"filename:x_%Q%Y.csv"'), "`%Q` is no code of digits", "sales_%Y%m%d.csv"),
    (*added("periodFrom", '"filename:x_%d%b%Y.csv"'), "`%b` is no code of digits", "sales_%Y%m%d.csv"),
    (*added("periodFrom", '"filename:x_%Y-W%V.csv"'), "gives no date: ISO week directive", "%G-W%V"),
    (*added("periodFrom", '"filename:x_%Y%m%d%d.csv"'), "gives no date: redefinition", "%G-W%V"),
    (*added("periodFrom", '"filename:x_%"'), "`%` is no code of digits", "sales_%Y%m%d.csv"),
    (*added("receivedAt", "filename"), "unknown receivedAt `filename`", "Write `modified`"),
    (*added("receivedAt", '"filename:%d%m.csv"'), "names no year", "sales_%Y%m%d.csv"),
    (*added("where", '"a = = b"'), "`where` is no SQL expression: syntax error", "quote column names"),
    (*added("where", '"Code CIP = 1"'), "`where` is no SQL expression", 'quote column names'),
    (*added("where", '"a = 1; select 2"'), "`where` is no SQL expression", "one DuckDB expression"),
    (*added("defaults", "WEB"), "`defaults` is not a mapping", "{column: text}"),
    (*added("defaults", "{lable: x}"), "sell_out has no column `lable`", "`label`"),
    (*added("defaults", "{units: 1}"), "`units` is mapped, so its default is never used", "Remove"),
    (*added("defaults", "{label: [a]}"), "default of `label` is not text", "Write text"),
    (*added("defaults", "{label: }"), "default of `label` is not text", "Write text"),
    (*added("defaults", "{amount: much}"), "default of `amount` is no number: much", "Write it as 1234.5"),
    (*added("defaults", "{period_end: soon}"), "`period_end` is no date: soon", "yyyy-MM-dd"),
    (*added("waivers", "all"), "`waivers` is not a list", "period_start: …"),
    (*added("thresholds", "all"), "`thresholds` is not a list", "max_value: …"),
    (*added("thresholds", "[loose]"), "the threshold is not a mapping", "max_value: …"),
    (*threshold("suite: duplicate"), "no suite `duplicate` judges slices", "`duplicates`"),
    (*threshold("suite: conservation"), "conservation is an invariant", "Take it out"),
    (*threshold("expectation: few_conflict"), "has no expectation `few_conflict`", "`few_conflicts`"),
    (*threshold("limit: 1"), "a threshold has no word `limit`", "Write one of"),
    (*threshold("reason: ''"), "the threshold lacks `reason`", "why this feed is different"),
    (*threshold("max_value: null"), "`max_value` is no number", "Write a number"),
    (*threshold("min_value: 0"), "few_conflicts has no `min_value`", "Write `max_value`"),
    (*threshold("severity: fatal"), "unknown severity `fatal`", "critical, warning, info"),
    (
        *added("thresholds", "[{suite: duplicates, expectation: few_conflicts, reason: r}]"),
        "the threshold changes nothing",
        "`severity`",
    ),
    (*added("waivers", "[strike]"), "waiver is not a mapping", "period_start: …"),
    (*waived(until=None), "the waiver lacks `until`", "Write `until: …`"),
    (*waived(reason='""'), "`reason` is not text", "Write text"),
    (*waived(period_start="6.1.25"), "`period_start` is no date: 6.1.25", "yyyy-MM-dd"),
    (*waived(untill='"2025-02-01"'), "a waiver has no word `untill`", "`until`"),
    (*on_server("skipRows", "-1"), "not a whole number from 0", "0 or more"),
    (*on_server("skipRows", "true"), "not a whole number from 0", "0 or more"),
    (*on_server("quote", "''''''"), "`quote` is not one character", "one character"),
    (*on_server("recordPath", "sales.lines"), "does not start at the root: sales.lines", "Write `$.sales.lines`"),
    (*on_server("recordPath", "[]"), "`recordPath` is not text", "Write text"),
    (*on_server("decimal", ";"), "unknown decimal `;`", "Write one of ., ,"),
    (*on_server("thousands", '"."')[:2], "customProperties", "marks both thousands and decimals", "another `decimal`"),
    ('value: ";"', "value: '\\t'", "delimiter", "`delimiter` is not one character", '"\\t" in double quotes'),
]  # fmt: skip

WHOLE = [
    (KEYED, "value: snapshot", "value: snapshot", "would wipe the history of sell_out", "`replace_period`"),
    (", primaryKey: true", "", KEYED, "`keyed` needs a primary key", "primaryKey: true"),
    ("  - {property: partner, value: acme}\n", "", "\ncustomProperties", "nothing says whose sell_out", "partner_code"),
    (*gx("x"), "expectation is not a mapping", "kwargs"),
    (*gx("{type: expectations}"), "`expectations` is no expectation", "expect_…"),
    (*gx("{kwargs: {column: units}}"), "`None` is no expectation", "expect_…"),
    (*gx("{type: expect_x, kwargs: [1]}"), "`kwargs` is not a mapping", "kwargs: {column: …}"),
    (
        *gx("{type: expect_column_values_to_be_null, kwargs: {column: unit}}"),
        "sell_out has no column `unit`",
        "`units`",
    ),
    (
        *gx("{type: expect_table_row_count_to_be_between}", "severity: fatal, "),
        "unknown severity `fatal`",
        "info, warning, critical",
    ),
    (
        *gx("{type: expect_column_values_to_be_unique, kwargs: {column: units}}"),
        "`expect_column_values_to_be_unique` cannot be judged slice by slice",
        "expect_column_",
    ),
    (
        *gx("{type: expect_table_row_count_to_be_between, kwargs: {row_condition: units > 0}}"),
        "`row_condition` is not used here",
        "`where`",
    ),
]

CASES = [*STANDARD, *PARTS, *COLUMNS, *PROMISES, *WORDS, *WHOLE]


def changed(good: str, old: str, new: str) -> str:
    """Return the contract with one change, which must be one."""
    assert old in good
    return good.replace(old, new)


def line_of(text: str, at: str) -> int:
    """Return the number of the only line that holds `at`, or of the line that starts with it."""
    if at.startswith("\n"):
        return text[: text.index(at) + 1].count("\n") + 1
    return text[: text.index(at)].count("\n") + 1


@pytest.mark.parametrize(("old", "new", "at", "message", "cure"), CASES, ids=[case[3][:60] for case in CASES])
def test_a_mistake_is_told_once_with_line_and_cure(folder, good, old, new, at, message, cure):
    text = changed(good, old, new)
    file = folder.write(text)
    loaded = folder.load()
    told = [problem for problem in loaded.errors if message in problem.message]
    assert len(told) == 1, [str(problem) for problem in loaded.problems]
    assert told[0].file == file
    assert told[0].line == line_of(text, at)
    assert cure in told[0].cure
    assert loaded.contracts == ()


ALONE = [
    case
    for case in CASES
    if case[3] not in {"no server", "one schema object", "`servers` is not a list", "not read from a `kafka` server"}
]


@pytest.mark.parametrize(("old", "new", "at", "message", "cure"), ALONE, ids=[case[3][:60] for case in ALONE])
def test_a_mistake_draws_no_other_error_after_it(folder, good, old, new, at, message, cure):
    folder.write(changed(good, old, new))
    assert len({problem.line for problem in folder.load().errors}) == 1
    assert len(folder.load().errors) == 1, [str(problem) for problem in folder.load().errors]


WARNINGS = [
    ("value: keyed", "value: append", "value: append", "the primary key is not used", "value: keyed"),
    (*added("stockTolerance", "0.1"), "`stockTolerance` has no effect on sell_out", "it is for stock"),
    (*on_server("sheet", "Sales"), "`sheet` has no effect on csv", "it is for xlsx"),
    ("property: latency", "property: latencey", "latencey", "`latencey` is not read", "`latency`"),
    (
        *units("logicalType: integer, logicalTypeOptions: {minimum: -10, maximum: 100}", "logicalType: string"),
        "`units` is integer in sell_out, not string",
        "`logicalType: integer`",
    ),
    (*units("minimum: -10", "exclusiveMinimum: -11"), "`exclusiveMinimum` is not checked", "minimum"),
]


@pytest.mark.parametrize(("old", "new", "at", "message", "cure"), WARNINGS, ids=[case[3][:60] for case in WARNINGS])
def test_a_warning_does_not_keep_the_contract_from_use(folder, good, old, new, at, message, cure):
    text = changed(good, old, new)
    folder.write(text)
    loaded = folder.load()
    assert [(problem.severity, problem.line) for problem in loaded.problems] == [("warning", line_of(text, at))]
    assert message in loaded.problems[0].message
    assert cure in loaded.problems[0].cure
    assert len(loaded.contracts) == 1


def test_replace_period_needs_dates_on_the_lines_or_in_the_file_name(folder, good):
    dated_lines = good.replace(", primaryKey: true", "").replace("value: keyed", "value: replace_period")
    folder.contract(dated_lines)
    columns = "".join(f"      - {{name: {name}, logicalType: string}}\n" for name in ("product_id", "product_name"))
    text = dated_lines[: good.index("      - {name: location_code")] + columns
    text += dated_lines[dated_lines.index("slaProperties") :].replace("  - {property: period, value: week}\n", "")
    text = text.replace("name: sell_out", "name: products")
    folder.contract(text + '  - {property: periodFrom, value: "filename:p_%Y%m%d.csv"}\n')
    folder.write(text)
    (problem,) = folder.load().errors
    assert "products has no dates" in problem.message
    assert problem.line == line_of(text, "replace_period")


@pytest.mark.parametrize("said", ["schema: []\n", "schema: sell_out\n", ""])
def test_a_contract_without_a_schema_is_told(folder, good, said):
    folder.write(good[: good.index("schema:")] + said + good[good.index("slaProperties") :])
    (problem,) = [problem for problem in folder.load().errors if "no schema" in problem.message]
    assert problem.line == (14 if said else 1)
    assert "schema: [{name: sell_out" in problem.cure


def test_a_column_without_logical_type_hides_none_of_its_other_mistakes(folder, good):
    text = changed(good, "name: units, physicalName: Qty, logicalType: integer", "physicalname: Qty")
    folder.write(text)
    told = {problem.message for problem in folder.load().errors if problem.line == line_of(text, "Qty")}
    assert told == {"`name` is missing", "`logicalType` is missing", "the standard has no word `physicalname` here"}


def test_every_mistake_of_a_file_is_told_at_once(folder, good):
    text = good
    for old, new in [
        ("status: active", "status: activ"),
        ("format: csv", "format: cvs"),
        ("name: units", "name: unts"),
        ("unit: w", "unit: q"),
        ("value: keyed", "value: keyd"),
        ("Europe/Paris", "Mars/Base"),
    ]:
        text = changed(text, old, new)
    folder.write(text)
    assert [problem.line for problem in folder.load().errors] == [5, 10, 20, 22, 26, 28]


def test_mistakes_of_the_yaml_and_of_the_words_are_told_together(folder, good):
    folder.write(
        good.replace("status: active", "status: activ\nstatus: activ") + "  - {property: startsOn, value: 2025-01-06}\n"
    )
    assert [problem.line for problem in folder.load().errors] == [6, 6, 30]


def test_our_validator_refuses_what_the_standard_refuses_and_nothing_else(folder, good):
    plain = Draft201909Validator(loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8")))
    verdicts = set()
    for old, new, *_ in [("id", "id"), *CASES, *WARNINGS]:
        data = read_document(folder.write(changed(good, old, new))).data
        assert data is not None
        verdicts.add(plain.is_valid(data))
        assert validator().is_valid(data) == plain.is_valid(data), new
    assert verdicts == {True, False}


JUNK = [None, True, "junk", ["junk"], {"junk": "junk"}]
RICH = """\
  - {property: closed, value: [sat, '2025-01-01']}
  - {property: defaults, value: {label: WEB}}
  - {property: waivers, value: [{period_start: '2025-01-06', reason: r, by: me, until: '2025-02-01'}]}
team: {members: [{username: ann, role: owner}]}
support: [{channel: desk}]
"""


def places(value, place=()):
    """Yield the place of every part of plain data, below the whole."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*place, step)
        yield from places(inner, (*place, step))


def test_no_junk_makes_the_checks_fail(folder, good):
    folder.contract(good + RICH)
    read = partial(yaml.load, good + RICH, Loader=yaml.CSafeLoader)
    for count, place in enumerate(places(read())):
        for number, junk in enumerate(JUNK):
            data = holder = read()
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = junk
            folder.write(yaml.dump(data, Dumper=yaml.CSafeDumper), f"{count}_{number}.odcs.yaml")
    problems = folder.load().problems
    assert all(problem.line > 0 for problem in problems)
    assert all(problem.message and problem.cure and not problem.message.endswith(".") for problem in problems)
