"""What a contract without mistakes says: every word reaches its field, in the form that later stages read."""

import re
from datetime import date
from pathlib import Path

import pytest

from orchestration.contracts.load import contracts_hash
from orchestration.contracts.model import Cadence, Mapping, PartnerExpectation, Waiver
from orchestration.contracts.words import CONTRACT_WORDS, SERVER_WORDS

LAST = "  - {property: timezone, value: Europe/Paris}\n"


def with_word(good: str, word: str, value: str) -> str:
    """Return the contract with one more custom property."""
    return f"{good}  - {{property: {word}, value: {value}}}\n"


def with_server_word(good: str, word: str, value: str) -> str:
    """Return the contract with one more custom property of the server."""
    line = f"      - {{property: {word}, value: {value}}}\n"
    return good.replace("schema:\n", f"{line}schema:\n", 1)


def test_the_parts_of_a_plain_contract(folder, good):
    contract = folder.contract(good)
    assert (contract.id, contract.version, contract.status) == ("acme.sell_out", "1.0.0", "active")
    assert contract.file == folder.path / "acme/sell_out.odcs.yaml"
    assert contract.kind.name == "sell_out"
    assert contract.server.path == "acme/sell_out/*.csv"
    assert (contract.server.encoding, contract.server.delimiter, contract.server.decimal) == ("cp1252", ";", ".")
    assert contract.key == ["location_code", "product_code"]
    assert (contract.partner, contract.delivery, contract.period) == ("acme", "keyed", "week")
    assert contract.timezone == "Europe/Paris"
    assert (contract.frequency, contract.latency_days) == (Cadence(value=1, unit="w"), 3)
    assert contract.mappings[2:] == (
        Mapping(name="period_start", physical_name="Day", date_format="dd/MM/yyyy", required=True),
        Mapping(name="units", physical_name="Qty", required=True, minimum=-10, maximum=100),
    )


@pytest.mark.parametrize(
    ("word", "value", "field", "expected"),
    [
        ("unit", "case", "unit", "case"),
        ("currency", "EUR", "currency", "EUR"),
        ("startsOn", '"2025-01-06"', "starts_on", date(2025, 1, 6)),
        ("endsOn", '"2025-02-06"', "ends_on", date(2025, 2, 6)),
        ("closed", '[sun, "2025-12-25", sat]', "closed_weekdays", (6, 7)),
        ("closed", '[sun, "2025-12-25", "2025-01-01"]', "closed_dates", (date(2025, 1, 1), date(2025, 12, 25))),
        ("closed", "mon", "closed_weekdays", (1,)),
        ("holidays", "FR", "holidays", "FR"),
        ("holidays", "GB-ENG", "holidays", "GB-ENG"),
        ("holidays", '"NO"', "holidays", "NO"),
        ("periodFrom", "lines", "period_from", None),
        ("periodFrom", '"filename:x_%Y%m%d.csv"', "period_from", "filename:x_%Y%m%d.csv"),
        ("periodFrom", '"filename:%G-%V-%u.csv"', "period_from", "filename:%G-%V-%u.csv"),
        ("periodFrom", '"filename:*_%G-W%V.csv"', "period_from", "filename:*_%G-W%V.csv"),
        ("receivedAt", "modified", "received_at", None),
        ("receivedAt", '"filename:x_%Y%m%d.csv"', "received_at", "filename:x_%Y%m%d.csv"),
        ("coverage", "complete", "coverage", "complete"),
        ("defaults", "{label: 0012, amount: 1.50}", "defaults", {"label": "0012", "amount": "1.50"}),
        ("where", "\"Type <> 'TOTAL' and \\\"Code CIP\\\" is not null\"", "where",
         "Type <> 'TOTAL' and \"Code CIP\" is not null"),
        ("waivers", '[{period_start: "2025-06-02", reason: strike, by: ann, until: "2025-07-01"}]', "waivers",
         (Waiver(period_start=date(2025, 6, 2), reason="strike", by="ann", until=date(2025, 7, 1)),)),
    ],
)  # fmt: skip
def test_a_word_of_the_contract_reaches_its_field(folder, good, word, value, field, expected):
    assert getattr(folder.contract(with_word(good, word, value)), field) == expected


@pytest.mark.parametrize(
    ("format_", "word", "value", "field", "expected"),
    [
        ("csv", "quote", '"\'"', "quote", "'"),
        ("csv", "quote", "''", "quote", ""),
        ("csv", "decimal", '","', "decimal", ","),
        ("csv", "thousands", '" "', "thousands", " "),
        ("csv", "skipRows", "3", "skip_rows", 3),
        ("csv", "skipRows", '"3"', "skip_rows", 3),
        ("csv", "header", "[CIS, CIP 7]", "header", ("CIS", "CIP 7")),
        ("xlsx", "sheet", "Ventes", "sheet", "Ventes"),
        ("json", "recordPath", "$.salesByAsin", "record_path", "$.salesByAsin"),
        ("edifact", "message", "SLSRPT", "message", "SLSRPT"),
        ("x12", "message", "852", "message", "852"),
        ("x12", "productQualifiers", "[UP, 12]", "product_qualifiers", ("UP", "12")),
        ("x12", "productQualifiers", "UP", "product_qualifiers", ("UP",)),
    ],
)
def test_a_word_of_the_server_reaches_its_field(folder, good, format_, word, value, field, expected):
    text = good.replace("format: csv", f"format: {format_}")
    if format_ != "csv":
        text = text.replace('      - {property: delimiter, value: ";"}\n', "")
    assert getattr(folder.contract(with_server_word(text, word, value)).server, field) == expected


def test_a_tab_is_a_delimiter(folder, good):
    assert folder.contract(good.replace('";"', '"\\t"')).server.delimiter == "\t"


def test_a_remote_server_says_location_and_delimiter_itself(folder, good):
    start, end = good.index("    type: local"), good.index("schema:")
    remote = "    type: sftp\n    location: sftp://host/out/*.csv\n    format: csv\n"
    remote += "    delimiter: '|'\n    encoding: utf-8\n"
    server = folder.contract(good[:start] + remote + good[end:]).server
    assert (server.type, server.path) == ("sftp", "sftp://host/out/*.csv")
    assert (server.delimiter, server.encoding) == ("|", "utf-8")


def test_a_remote_server_without_format_is_told(folder, good):
    start, end = good.index("    type: local"), good.index("schema:")
    folder.write(good[:start] + "    type: s3\n    location: s3://bucket/*.csv\n" + good[end:])
    (problem,) = folder.load().errors
    assert (problem.line, problem.message) == (7, "`format` is missing")


def test_of_several_servers_the_one_named_landing_is_read(folder, good):
    other = "  - {server: archive, type: local, path: old/*.csv, format: json}\n"
    text = good.replace("servers:\n", f"servers:\n{other}")
    assert folder.contract(text).server.path == "acme/sell_out/*.csv"
    folder.write(text.replace("server: landing", "server: inbox"))
    (problem,) = folder.load().errors
    assert (problem.line, problem.message) == (6, "which server is read is not clear")


@pytest.mark.parametrize(
    ("given", "days"), [("3, unit: d", 3), ("'3', unit: d", 3), ("2, unit: w", 14), ("1, unit: m", 31)]
)
def test_latency_is_counted_in_days(folder, good, given, days):
    assert folder.contract(good.replace("value: 3, unit: d", f"value: {given}")).latency_days == days


def test_without_promises_nothing_is_expected(folder, good):
    start, end = good.index("slaProperties"), good.index("customProperties:\n  - {property: partner")
    contract = folder.contract(good[:start] + good[end:])
    assert (contract.frequency, contract.latency_days) == (None, 0)


def test_an_expression_replaces_the_physical_name(folder, good):
    contract = folder.contract(
        good.replace("physicalName: Qty", 'physicalName: Qty, transformLogic: sold - "sent back"')
    )
    assert (contract.mappings[3].physical_name, contract.mappings[3].transform_logic) == (None, 'sold - "sent back"')


def test_without_physical_name_the_column_is_named_as_ours(folder, good):
    assert folder.contract(good.replace("physicalName: Qty, ", "")).mappings[3].physical_name == "units"


def test_pattern_enum_and_personal_reach_the_mapping(folder, good):
    column = "physicalName: Shop, logicalType: string, classification: personal, enum: [{value: 0012}, {value: A}], "
    text = good.replace(
        "physicalName: Shop, logicalType: string, ", column + "logicalTypeOptions: {pattern: '[0-9]+'}, "
    )
    contract = folder.contract(text)
    assert contract.mappings[0].pattern == "[0-9]+"
    assert contract.mappings[0].enum == ("0012", "A")
    assert contract.mappings[0].personal
    assert contract.is_personal


def test_a_format_that_is_of_no_date_is_left(folder, good):
    text = good.replace("Shop, logicalType: string", "Shop, logicalType: string, logicalTypeOptions: {format: email}")
    assert folder.contract(text).mappings[0].date_format is None


def test_the_date_format_is_kept_as_written(folder, good):
    assert folder.contract(good.replace("dd/MM/yyyy", '"yyyyMMdd"')).mappings[2].date_format == "yyyyMMdd"


def test_a_column_may_be_given_by_default_only_and_be_declared_in_the_key(folder, good):
    declared = good.replace("physicalName: Shop, ", "")
    contract = folder.contract(with_word(declared, "defaults", "{location_code: WEB}"))
    assert contract.defaults == {"location_code": "WEB"}
    assert contract.key == ["product_code"]


def test_a_required_column_may_be_given_by_default(folder, good):
    text = "".join(line for line in good.splitlines(keepends=True) if "name: units" not in line)
    assert folder.contract(with_word(text, "defaults", "{units: 1}")).defaults == {"units": "1"}


def test_lines_may_name_the_partner(folder, good):
    text = good.replace("  - {property: partner, value: acme}\n", "").replace("location_code", "partner_code")
    assert folder.contract(text).partner is None


def test_expectations_of_schema_and_column_are_read_and_other_engines_left(folder, good):
    schema_level = (
        "    quality:\n"
        "      - {type: custom, engine: greatExpectations, severity: error,"
        " implementation: {type: expect_column_max_to_be_between, kwargs: {column: units, max_value: 9}}}\n"
        "      - {type: custom, engine: soda, implementation: 'row_count > 0'}\n"
    )
    column_level = (
        ", quality: [{type: custom, engine: great-expectations,"
        " implementation: {type: expect_column_values_to_not_be_null}}]}\n"
    )
    text = good.replace("slaProperties:", f"{schema_level}slaProperties:").replace(
        "maximum: 100}}\n", f"maximum: 100}}{column_level}"
    )
    assert folder.contract(text).expectations == (
        PartnerExpectation(
            type="expect_column_max_to_be_between", kwargs={"column": "units", "max_value": 9}, severity="critical"
        ),
        PartnerExpectation(type="expect_column_values_to_not_be_null", kwargs={"column": "units"}),
    )


@pytest.mark.parametrize(
    ("said", "owner"),
    [
        ("team: [{username: bob}, {username: ann, role: Owner}]", "ann"),
        ("team: {members: [{username: bob}, {username: ann, name: Ann B, role: owner}]}", "Ann B"),
        ("team: {members: [{username: bob, name: Bob}, {username: ann, role: steward}]}", "Bob"),
        ("team: {name: Sales ops}", "Sales ops"),
        ("support: [{channel: '#feeds'}, {channel: '#other'}]", "#feeds"),
        ("team: []\nsupport: [{channel: '#feeds'}]", "#feeds"),
        ("description: {purpose: none}", None),
    ],
)
def test_the_owner_is_found_where_the_standard_puts_it(folder, good, said, owner):
    assert folder.contract(f"{good}{said}\n").owner == owner


def test_what_another_vendor_says_is_left_to_it(folder, good):
    folder.contract(good.replace(LAST, LAST + "  - {property: tier, value: gold, vendor: atlan}\n"))


def test_stock_words_fit_a_stock_contract(folder, good):
    text = good.replace("name: sell_out", "name: stock").replace("period_start", "snapshot_date")
    text = text.replace("name: units", "name: on_hand_units")
    text = with_word(with_word(text, "stockTolerance", "0.02"), "snapshotTaken", "start_of_day")
    contract = folder.contract(text)
    assert (contract.stock_tolerance, contract.snapshot_taken) == (0.02, "start_of_day")


@pytest.mark.parametrize(
    ("given", "cure"),
    [
        ("2", "Write 0.02"),
        ("150", "0.02 for 2%"),
        ("-1", "0.02 for 2%"),
        ("some", "0.02 for 2%"),
        (".nan", "0.02 for 2%"),
    ],
)
def test_a_tolerance_is_a_share(folder, good, given, cure):
    folder.write(with_word(good, "stockTolerance", given))
    (problem,) = folder.load().errors
    assert "not a share from 0 to 1" in problem.message
    assert problem.cure.startswith("Write") and cure in problem.cure


def test_sell_in_words_fit_a_sell_in_contract(folder, good):
    text = good.replace("name: sell_out", "name: sell_in").replace("period_start", "document_date")
    text = text.replace("location_code", "document_id").replace("  - {property: period, value: week}\n", "")
    text = with_word(with_word(text, "basis", "receipt"), "leadTimeDays", "5")
    contract = folder.contract(text)
    assert (contract.basis, contract.lead_time_days) == ("receipt", 5)


def test_the_fingerprint_follows_what_is_said_and_not_where(folder, good):
    contract = folder.contract(good)
    other = folder.contract(good.replace("acme.sell_out", "acme.other"))
    moved = contract.model_copy(update={"file": folder.path / "elsewhere.odcs.yaml"})
    assert contracts_hash([contract, other]) == contracts_hash([other, moved])
    reworded = folder.contract(good.replace("version: 1.0.0", "version: 1.0.1"))
    assert contracts_hash([reworded]) != contracts_hash([contract])
    assert len(contracts_hash([])) == 64


def test_a_contract_may_use_every_word_at_once(folder):
    text = Path(__file__).with_name("every_word.odcs.yaml").read_text("utf-8")
    folder.write(text)
    loaded = folder.load()
    assert loaded.errors == ()
    assert len(loaded.contracts) == 1
    used = {*re.findall(r"property: (\w+)", text), "encoding"}
    assert used >= CONTRACT_WORDS.keys() | SERVER_WORDS.keys()
