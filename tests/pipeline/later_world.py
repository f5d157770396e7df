"""News that arrives in any order: a home taken through the flow in this process, and small random worlds to give it.

Belongs here: taking deliveries in, building the models, reading tables, making worlds. No gates: what is compared is
what deliveries come to, before anything is held. Does not belong here: what should come of it (the tests).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from orchestration.contracts.kinds import KINDS
from orchestration.contracts.model import Cadence, Contract, Mapping, Server
from orchestration.gates.carry import carry
from orchestration.gates.run import run_stage
from orchestration.gates.suites import load_suites
from orchestration.gates.verdicts import create_slices, publishable
from orchestration.ingest.feed import ingest_feed
from orchestration.ingest.ingest import open_ingest, prepare_lake
from orchestration.landing.land import land
from orchestration.landing.ledger import LedgerEntry, Withdrawal, ledger, restore, withdraw
from orchestration.publish.manifest import Manifest
from orchestration.publish.release import publish
from orchestration.publish.tables import TABLES
from orchestration.settings import EXPECTATIONS, Settings
from orchestration.transform.control import built_from, write_control
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.suggestions import write_suggestions

Row = dict[str, Any]
Tables = dict[str, list[Row]]

#: what is compared: every line with its class, what master data came to, the facts, and the account of it all
COMPARED: Final = (
    *(f"staging.stg_{kind}" for kind in ("sell_in", "sell_out", "stock", "master_lines", "products", "locations")),
    *(f"marts.fct_{kind}" for kind in ("sell_in", "sell_out", "stock")),
    *(f"quality.{table}" for table in ("delivery_ledger", "duplicates", "unknown_codes", "quarantine")),
)

#: a moment by which everything in these worlds was received
LATER: Final = datetime(2025, 3, 1, tzinfo=UTC)
_IN_NAMES: Final = "%Y%m%dT%H%M"


def feed(id_: str, columns: str, key: str = "", **words: Any) -> Contract:
    """A CSV feed of files `<id>/<anything>-20250113T0930.csv` whose columns have our names; `id_` ends in the kind."""
    kind = id_.partition(".")[2]
    mappings = tuple(
        Mapping(
            name=column,
            physical_name=column,
            required=column in KINDS[kind].required,
            primary_key=column in key.split(),
        )
        for column in columns.split()
    )
    given: dict[str, Any] = {
        "id": id_,
        "version": "1.0.0",
        "status": "active",
        "file": Path(f"{id_}.odcs.yaml"),
        "kind_name": kind,
        "server": Server(path=f"{id_}/*.csv", format="csv"),
        "mappings": mappings,
        "received_at": f"filename:*-{_IN_NAMES}.csv",
    }
    return Contract(**{**given, **words})


class Home:
    """A home and its feeds, by id; a feed is corrected by putting another contract in its place."""

    def __init__(self, folder: Path, feeds: Iterable[Contract]) -> None:
        self.settings = Settings(home=folder, contracts=folder / "contracts")
        self.feeds = {contract.id: contract for contract in feeds}
        with open_ingest() as connection:
            prepare_lake(self.settings, connection)

    def deliver(self, name: str, content: str) -> Path:
        """Put a file into the landing zone."""
        path = self.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def take_in(self, feeds: Iterable[str] | None = None) -> list[str]:
        """Ingest what feeds (all, if not told) received; returns problems in words."""
        problems: list[str] = []
        with open_ingest() as connection:
            for id_ in feeds if feeds is not None else self.feeds:
                land(self.settings, self.feeds[id_])
                ingest_feed(self.settings, connection, self.feeds[id_], problems)
        return problems

    def entry(self, name: str) -> LedgerEntry:
        """The ledger's entry of a file."""
        return next(one for one in ledger(self.settings).values() if one.file_name == name)

    def withdraw(self, name: str, at: datetime = LATER) -> None:
        """Withdraw the delivery of a file."""
        entry = self.entry(name)
        withdraw(self.settings, Withdrawal(delivery_id=entry.delivery_id, reason="a mistake", withdrawn_at=at))

    def restore(self, name: str) -> None:
        """Undo the withdrawal of a file's delivery."""
        restore(self.settings, self.entry(name).delivery_id)

    def build(self, as_of: datetime = LATER, relations: Sequence[str] = COMPARED, by_dbt: bool = False) -> Tables:
        """Build the models at a moment, nothing held, and read relations of the warehouse, by table name.

        The SQL of the models is run alone, unless `by_dbt`: a few times faster, and the same where each run builds all.
        """
        self.prepare(as_of)
        models = [_model_of(relation) for relation in relations]
        run: Callable[..., object] = self._run_dbt if by_dbt else self._run_sql
        if "unmatched_codes" in models:
            run("unknown_codes", "stg_known_codes", "stg_products")
            write_suggestions(self.settings)
        run(*models)
        with self._warehouse() as connection:
            return {model: read(connection, relation) for model, relation in zip(models, relations, strict=True)}

    def prepare(self, as_of: datetime) -> None:
        """Write what the models read beside the lines: nothing held, nothing carried."""
        write_control(self.settings, list(self.feeds.values()), as_of)
        with self._warehouse() as connection:
            create_slices(connection)
            carry(connection, self.settings)

    def published(self, as_of: datetime, names: Iterable[str]) -> Tables:
        """Published tables of a run at a moment, with the columns that users build on."""
        found = self.build(as_of, [TABLES[name].relation for name in names])
        return {name: [{key: row[key] for key in TABLES[name].columns} for row in found[name]] for name in names}

    def release(self, as_of: datetime = LATER, expectations: Path = EXPECTATIONS) -> Manifest:
        """Build, judge and publish as a run does; raises NotPublishable where the gates stop it."""
        contracts = list(self.feeds.values())
        write_control(self.settings, contracts, as_of)
        before = [suite.meta.evidence for suite in load_suites(expectations, "slices")]
        built = self._run_sql("unknown_codes", "stg_known_codes", "stg_products", "delivery_ledger")
        write_suggestions(self.settings)
        built |= self._run_sql(*map(_model_of, before), built=built)
        run_stage(self.settings, "slices", expectations)
        read = [relation for table in TABLES.values() for relation in table.relations]
        after = [relation for relation in read if not relation.startswith("gates.")]
        self._run_sql(*map(_model_of, [*after, "quality.evidence_marts"]), built=built)
        run_stage(self.settings, "marts", expectations)
        return publish(
            self.settings,
            "code",
            {contract.id: contract.version for contract in contracts},
            built_from(self.settings),
            publishable=lambda connection: publishable(connection, self.settings, expectations),
        ).manifest

    def failing_tests(self) -> list[str]:
        """Tests of published rows, as dbt has them, that would stop a run."""
        models = [table.relation for table in TABLES.values() if not table.relation.startswith("gates.")]
        selected = ["--select", *map(_model_of, models), "--exclude", "test_type:unit"]
        results = invoke_dbt(self.settings, ["test", *selected]).results
        assert results, "no test was run"
        return [one.node.name for one in results if one.status in ("fail", "error")]

    def released(self) -> Tables:
        """Published tables of the current release."""
        with duckdb.connect(str(self.settings.current.resolve() / "selltrace.duckdb"), read_only=True) as connection:
            return {name: read(connection, name) for name in TABLES}

    def _warehouse(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.settings.warehouse))

    def _run_dbt(self, *models: str) -> None:
        result = invoke_dbt(self.settings, ["run", "--select", *(f"+{model}" for model in models)])
        failed = [one.message for one in result.results if one.status != "success"]
        assert not failed, failed

    def _run_sql(self, *models: str, built: Collection[str] = ()) -> set[str]:
        """Make models and what they read, but for those that were `built`; returns the names of those that it made."""
        wanted = [model for model in _with_ancestors(models) if model.name not in built]
        with self._warehouse() as connection:
            connection.begin()
            for model in wanted:
                connection.execute(f"create schema if not exists {model.schema}")
                here = model.sql.replace(_ANYWHERE, str(self.settings.home))
                connection.execute(f"create or replace table {model.schema}.{model.name} as {here}")
            connection.commit()
        return {model.name for model in wanted}


def _model_of(relation: str) -> str:
    return relation.partition(".")[2]


@dataclass(frozen=True)
class Model:
    """A compiled model and the names of those that it reads."""

    name: str
    schema: str
    sql: str
    reads: frozenset[str]


#: home that stands in compiled models
_ANYWHERE: Final = "/the/home/of/this/model"


@cache
def _compiled() -> list[Model]:
    """Every model, in an order in which they can be built."""
    with TemporaryDirectory() as folder:
        result = invoke_dbt(Settings(home=Path(folder)), ["compile", "--indirect-selection", "empty"])
        return [
            Model(
                one.node.name,
                one.node.schema,
                one.node.compiled_code.replace(folder, _ANYWHERE),
                frozenset(id_.rpartition(".")[2] for id_ in one.node.depends_on.nodes if id_.startswith("model.")),
            )
            for one in result.results
            if one.node.resource_type == "model"
        ]


def _with_ancestors(names: Iterable[str]) -> list[Model]:
    models = {model.name: model for model in _compiled()}
    needed: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += models[name].reads
    return [model for model in _compiled() if model.name in needed]


def read(connection: duckdb.DuckDBPyConnection, relation: str) -> list[Row]:
    """All rows of a relation, in an order of their own."""
    found = connection.execute(f"select * from {relation} order by all")
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def differences(one: Tables, other: Tables) -> dict[str, tuple[list[Row], list[Row]]]:
    """Rows of each table that only one side has, some of them."""
    found = {}
    for table in one:
        ours = [row for row in one[table] if row not in other[table]]
        theirs = [row for row in other[table] if row not in one[table]]
        if ours or theirs or len(one[table]) != len(other[table]):
            found[table] = (ours[:5], theirs[:5])
    return found


@dataclass(frozen=True)
class Delivery:
    """A file, below the landing folder, that one feed reads."""

    feed_id: str
    name: str
    content: str


@dataclass(frozen=True)
class World:
    """Deliveries, and what happens to some of them after they were taken in.

    `corrected` are contracts that replace those of `feeds` at some moment; files named in `vanishing` leave the landing
    zone; those in `withdrawn` are withdrawn for good, those in `restored` for a while.
    """

    feeds: tuple[Contract, ...]
    corrected: tuple[Contract, ...]
    deliveries: tuple[Delivery, ...]
    vanishing: frozenset[str]
    withdrawn: frozenset[str]
    restored: frozenset[str]


_WEEKLY: Final = dict(period="week", frequency=Cadence(value=1, unit="w"))
_LINE: Final = "product_code label period_start units"

FEEDS: Final = (
    feed("till.sell_out", f"transaction_id partner_code location_code {_LINE} amount currency"),
    feed(
        "weeks.sell_out",
        f"location_code {_LINE} amount deleted",
        "location_code product_code period_start",
        **_WEEKLY,
        partner="b",
        delivery="keyed",
        currency="USD",
        where="product_code <> 'TOTAL'",
    ),
    feed("months.sell_out", _LINE, "product_code period_start", partner="b", delivery="keyed", period="month",
         unit="case"),
    feed(
        "days.sell_out", _LINE, "product_code period_start", **_WEEKLY | {"period": "day"}, partner="c",
        delivery="replace_period",
    ),
    feed("brand.sell_in", "document_id document_date partner_code product_code units free_units",
         "document_id product_code", delivery="keyed"),
    feed("counts.stock", "location_code product_code snapshot_date on_hand_units",
         "location_code product_code snapshot_date", partner="b", delivery="keyed"),
    feed("sheets.stock", "product_code snapshot_date on_hand_units", partner="c", delivery="replace_period"),
    feed("brand.products", "product_id product_name gtin units_per_case", "product_id", delivery="snapshot"),
    feed("brand.product_codes", "partner_id code product_id units_per_code valid_from", "partner_id code valid_from",
         delivery="keyed"),
    feed("brand.partners", "partner_id partner_name lead_time_days", "partner_id", delivery="snapshot"),
    feed("brand.partner_codes", "contract_id code partner_id", "contract_id code", delivery="snapshot"),
    feed("brand.locations", "location_id partner_id location_code location_name", "location_id", delivery="keyed"),
    feed("brand.exchange_rates", "rate_date from_currency to_currency rate", "rate_date from_currency to_currency",
         delivery="keyed"),
)  # fmt: skip

#: how many of them are of sales and stock; the others are master data
_SALES: Final = 7

_DAYS: Final = [f"2025-01-{day:02}" for day in (6, 7, 13, 14, 20)]
_BROKEN: Final = ("x", "2025-02-30", "")
#: what a cell of each column may say; few values, so that keys meet
_VALUES: Final[dict[str, Sequence[str]]] = {
    "transaction_id": ["T1", "T2"],
    "document_id": ["D1", "D2", "D3"],
    "partner_code": ["a", "b", "CODE-A", "nobody"],
    "partner_id": ["a", "b", "c"],
    "location_code": ["L1", "L2", "L2 "],
    "location_id": ["b:L1", "b:L2", "a:L1"],
    "product_code": ["A", "B", "C", "4006381333931", "TOTAL"],
    "code": ["A", "B", "C", "CODE-A"],
    "product_id": ["A", "P1", "P2"],
    "gtin": ["4006381333931", ""],
    "period_start": _DAYS,
    "document_date": _DAYS,
    "snapshot_date": _DAYS,
    "rate_date": _DAYS[:3],
    "valid_from": ["", "2025-01-13"],
    "contract_id": ["", "till.sell_out"],
    "units": ["1", "2", "3", "-1"],
    "free_units": ["", "1"],
    "on_hand_units": ["0", "5", "7"],
    "units_per_case": ["", "6"],
    "units_per_code": ["", "10"],
    "amount": ["1.50", "2.25", ""],
    "rate": ["0.5", "0.75"],
    "lead_time_days": ["", "7"],
    "currency": ["EUR", "USD", ""],
    "from_currency": ["USD"],
    "to_currency": ["EUR"],
    "deleted": ["", "", "", "true"],
    "label": ["cream", "soap"],
    "product_name": ["cream", "soap"],
    "partner_name": ["one", "other"],
    "location_name": ["one", "other"],
}


def make_world(random: Random) -> World:
    """Some feeds and thirty deliveries of them: restatements there and back, resent bytes, broken lines, whole files of
    garbage, deletions, master data at any time; some are received in the same minute."""
    feeds = (*random.sample(FEEDS[:_SALES], 4), *random.sample(FEEDS[_SALES:], 3))
    moments = [datetime(2025, 1, 10) + timedelta(hours=random.randrange(24 * 30)) for _ in range(15)]
    contents: dict[str, list[list[str]]] = {contract.id: [] for contract in feeds}
    deliveries: list[Delivery] = []
    for number in range(30):
        contract, moment = random.choice(feeds), random.choice(moments)
        lines = _lines(random, contract, contents[contract.id])
        contents[contract.id].append(lines)
        header = ",".join(mapping.name for mapping in contract.mappings)
        content = "\n".join([header, *lines, ""]) if random.random() > 0.04 else f"\x00 no table {number}\n;;\n"
        name = f"{contract.id}/{random.choice('ab')}{number}-{moment:{_IN_NAMES}}.csv"
        deliveries.append(Delivery(contract.id, name, content))
    names = [one.name for one in deliveries]
    withdrawn = frozenset(random.sample(names, 3))
    return World(
        feeds=feeds,
        corrected=tuple(_correction(random, contract) for contract in random.sample(feeds[:4], 2)),
        deliveries=tuple(deliveries),
        vanishing=frozenset(random.sample(names, 5)),
        withdrawn=withdrawn,
        restored=frozenset(random.sample(names, 4)) - withdrawn,
    )


def _lines(random: Random, contract: Contract, former: list[list[str]]) -> list[str]:
    """Lines of a delivery: new ones, those of an earlier one again as they were or with some changed, or none."""
    chance = random.random()
    if chance < 0.05:
        return []
    if former and chance < 0.25:
        return random.choice(former)
    if former and chance < 0.6:
        lines = [line if random.random() < 0.5 else _line(random, contract) for line in random.choice(former)]
        random.shuffle(lines)
        return lines
    return [_line(random, contract) for _ in range(random.randrange(1, 6))]


def _line(random: Random, contract: Contract) -> str:
    cells = [random.choice(_VALUES[mapping.name]) for mapping in contract.mappings]
    if random.random() < 0.06:
        cells[random.randrange(len(cells))] = random.choice(_BROKEN)
    return ",".join(cells)


def _correction(random: Random, contract: Contract) -> Contract:
    """The contract with another reading."""
    every = tuple(one.model_copy(update={"required": True}) for one in contract.mappings)
    changes: list[dict[str, Any]] = [
        {"where": "product_code <> 'C'"},
        {"where": None},
        {"mappings": every},
        {"mappings": tuple(map(_a_week_on, contract.mappings))},
        {"defaults": {"location_code": "L1"} if "location_code" not in _columns(contract) else {}},
        {"delivery": "replace_period", "starts_on": date(2025, 1, 5)},
        {"delivery": "keyed" if contract.key else "append"},
    ]
    corrected = [contract.model_copy(update={"version": "1.1.0", **change}) for change in changes]
    return random.choice([one for one in corrected if one.reading_hash != contract.reading_hash])


def _a_week_on(mapping: Mapping) -> Mapping:
    """The column, read a week later if it is a day."""
    if mapping.name not in ("period_start", "document_date", "snapshot_date"):
        return mapping
    shift = f"cast(cast({mapping.name} as date) + 7 as varchar)"
    return mapping.model_copy(update={"physical_name": None, "transform_logic": shift})


def _columns(contract: Contract) -> set[str]:
    return {mapping.name for mapping in contract.mappings}


def all_at_once(home: Home, world: World, by_dbt: bool = False) -> Tables:
    """The world as it stands in the end, taken in by one run."""
    home.feeds |= {contract.id: contract for contract in world.corrected}
    for one in world.deliveries:
        home.deliver(one.name, one.content)
    home.take_in()
    for name in world.withdrawn:
        home.withdraw(name)
    return home.build(by_dbt=by_dbt)


def in_any_order(home: Home, world: World, random: Random, by_dbt: bool = False) -> Tables:
    """The same world taken in by several runs, in an order of arrival that has nothing to do with that of receipt."""
    waiting = random.sample(world.deliveries, len(world.deliveries))
    runs = random.randrange(2, 5)
    corrected_before = random.randrange(runs)
    for run in range(runs):
        if run == corrected_before:
            home.feeds |= {contract.id: contract for contract in world.corrected}
        size = len(waiting) if run == runs - 1 else random.randrange(len(waiting) + 1)
        batch, waiting = waiting[:size], waiting[size:]
        paths = {one.name: home.deliver(one.name, one.content) for one in batch}
        home.take_in()
        if by_dbt and run < runs - 1:
            home.build(by_dbt=True)
        happen(home, world, paths)
    return home.build(by_dbt=by_dbt)


def happen(home: Home, world: World, taken_in: dict[str, Path]) -> None:
    """What happens to deliveries after the run that took them in."""
    for name, path in taken_in.items():
        if name in world.vanishing:
            path.unlink()
        if name in world.withdrawn | world.restored:
            home.withdraw(name)
        if name in world.restored:
            home.restore(name)
