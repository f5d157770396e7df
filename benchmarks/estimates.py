"""How near estimates of missing sell-out come, on demo markets of several seeds.

`python -m benchmarks.estimates --seeds 21 22 23` draws a market a seed and runs it whole. Then reports that came are
hidden in a copy of its warehouse, of single locations and of whole partners, and the models that estimate are built
there; what they say is compared with what was hidden. `--homes DIR` keeps the homes, so that a second call measures
without running again; `--rounds` hides other reports once more; `--locations` hides that many reports of single
locations a feed and round; `--roughness 0.05` lets every count of stock err by some 5%, as the demo market counts
better than most.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pandas as pd

from benchmarks.causes import run_market
from orchestration.settings import Settings
from orchestration.transform.invoke import invoke_dbt

METHODS: Final = ("stock_balance", "trailing_rate")

#: reports of a feed that are hidden in one round, at most: single locations, whole partners
LOCATIONS, PARTNERS = 60, 3

#: what is built again where lines are hidden; whether a delivery came is told by the copy, not by the models
_BUILT: Final = ("--select", "+sell_out_estimates", "--exclude", "fqn:selltrace.staging", "+delivery_calendar")

_HIDE: Final = """
create schema hidden;

create table hidden.reports as
with judged as (
    select periods.*, row_number() over (
        partition by contract_id order by hash(contract_id || period_start::varchar || $round::varchar)
    ) as turn
    from quality.sell_out_periods as periods
    where is_judged and delivered_number > 9
),
partners as (
    select contract_id, partner_id, null::varchar as location_id, period_start, period_end
    from judged where partner_id is not null and turn <= $partners
),
locations as (
    select reports.contract_id, reports.partner_id, reports.location_id, reports.period_start, reports.period_end
    from quality.place_reports as reports
    anti join partners using (contract_id, period_start)
    where is_reported and is_expected
    qualify row_number() over (
        partition by contract_id order by hash(location_id || period_start::varchar || $round::varchar)
    ) <= $locations
)
from partners union all from locations;

create table hidden.truth as
select
    reports.contract_id, reports.partner_id, reports.location_id, lines.product_id, reports.period_start,
    sum(lines.units)::double as truth
from hidden.reports as reports
inner join staging.stg_sell_out as lines
    on lines.contract_id = reports.contract_id and lines.partner_id = reports.partner_id
    and lines.location_id is not distinct from coalesce(reports.location_id, lines.location_id)
    and lines.period_start between reports.period_start and reports.period_end
where lines.line_class = 'accepted'
group by all;

delete from staging.stg_sell_out as lines
where exists (
    select 1 from hidden.reports as reports
    where lines.contract_id = reports.contract_id and lines.partner_id = reports.partner_id
    and lines.location_id is not distinct from coalesce(reports.location_id, lines.location_id)
    and lines.period_start between reports.period_start and reports.period_end
);

update quality.delivery_calendar as calendar set status = 'missing', received_at = null
where exists (
    select 1 from hidden.reports as reports
    where reports.location_id is null
    and reports.contract_id = calendar.contract_id and reports.period_start = calendar.period_start
);
"""

_COMPARE: Final = """
select
    reports.contract_id,
    case when reports.location_id is null then 'partner' else 'location' end as level,
    reports.location_id, reports.period_start,
    coalesce(estimates.product_id, truth.product_id) as product_id,
    coalesce(truth.truth, 0) as truth,
    estimates.* exclude (contract_id, partner_id, location_id, product_id, period_start)
from hidden.truth as truth
full join (
    select estimates.* from reconciliation.sell_out_estimates as estimates
    semi join hidden.reports as reports
        on reports.contract_id = estimates.contract_id and reports.partner_id = estimates.partner_id
        and reports.location_id is not distinct from estimates.location_id
        and reports.period_start = estimates.period_start
) as estimates
    on truth.contract_id = estimates.contract_id and truth.partner_id = estimates.partner_id
    and truth.location_id is not distinct from estimates.location_id
    and truth.product_id = estimates.product_id and truth.period_start = estimates.period_start
inner join hidden.reports as reports
    on reports.contract_id = coalesce(truth.contract_id, estimates.contract_id)
    and reports.partner_id = coalesce(truth.partner_id, estimates.partner_id)
    and reports.location_id is not distinct from coalesce(truth.location_id, estimates.location_id)
    and reports.period_start = coalesce(truth.period_start, estimates.period_start)
"""

#: counts that err by a share of the stock: the sum of four even draws has a deviation of about 0.577
_ROUGHEN: Final = """
update staging.stg_stock set on_hand_units = round(on_hand_units * (1 + $roughness / 0.577 * (
    (hash(delivery_id, line_number, 1) % 1000 + hash(delivery_id, line_number, 2) % 1000
    + hash(delivery_id, line_number, 3) % 1000 + hash(delivery_id, line_number, 4) % 1000) / 1000.0 - 2
)))
where on_hand_units > 0 and $roughness > 0
"""


def hide_and_estimate(
    home: Path, work: Path, round_: int, locations: int = LOCATIONS, roughness: float = 0
) -> pd.DataFrame:
    """What was hidden and what is estimated of it, one row a hidden report x product sold or estimated.

    `home` was run and is not touched; `work` is an empty folder. Stock counts are made to err by `roughness`, a share
    of the stock. Units are base units; unknown is NaN.
    """
    shutil.copy(Settings(home=home).warehouse, work / "warehouse.duckdb")
    (work / "lake").symlink_to((home / "lake").resolve())
    hidden = Settings(home=work)
    with duckdb.connect(str(hidden.warehouse)) as connection:
        parameters = {"round": round_, "partners": PARTNERS, "locations": locations, "roughness": roughness}
        for statement in (*_HIDE.split(";\n"), _ROUGHEN):
            used = {name: value for name, value in parameters.items() if f"${name}" in statement}
            connection.execute(statement, used)
    # what stands beside staged lines tells of those that are hidden now
    built = invoke_dbt(hidden, ["run", "--full-refresh", *_BUILT])
    assert {one.status for one in built.results} == {"success"}, [one.message for one in built.results]
    with duckdb.connect(str(hidden.warehouse), read_only=True) as connection:
        rows = connection.execute(_COMPARE).df()
    numbers = [name for name in rows.columns if name.endswith("units")]
    return rows.astype(dict.fromkeys(numbers, float))


def scores(rows: pd.DataFrame) -> pd.DataFrame:
    """How each method does, by level, one row each: share within the bounds, and errors in units.

    `preferred` is the estimate that is given. `bias` is the mean error over the mean truth.
    """
    parts = []
    for method in (*METHODS, "preferred"):
        prefix = "" if method == "preferred" else f"{method}_"
        known = rows.dropna(subset=[f"{prefix}lower_units"])
        error = known[f"{prefix}units"] - known["truth"]
        measures = pd.DataFrame(
            {
                "level": known["level"],
                "rows": 1,
                "truth": known["truth"],
                "error": error,
                "absolute": error.abs(),
                "width": known[f"{prefix}upper_units"] - known[f"{prefix}lower_units"],
                "within": known["truth"].between(known[f"{prefix}lower_units"], known[f"{prefix}upper_units"]),
            }
        )
        both = pd.concat([measures, measures.assign(level="all")])
        grouped = both.groupby("level")
        parts.append(
            pd.DataFrame(
                {
                    "rows": grouped["rows"].sum(),
                    "within": grouped["within"].mean(),
                    "median error": grouped["absolute"].median(),
                    "mean error": grouped["absolute"].mean(),
                    "bias": grouped["error"].mean() / grouped["truth"].mean(),
                    "mean truth": grouped["truth"].mean(),
                    "mean width": grouped["width"].mean(),
                }
            ).assign(method=method)
        )
    return pd.concat(parts).reset_index().set_index(["method", "level"])


def by_feed(rows: pd.DataFrame) -> pd.DataFrame:
    """How the trailing rate does for whole partners, one row a feed: share within the bounds, and bias, as `scores`."""
    known = rows[rows["level"] == "partner"].dropna(subset=["trailing_rate_lower_units"])
    measures = pd.DataFrame(
        {
            "contract_id": known["contract_id"],
            "within": known["truth"].between(known["trailing_rate_lower_units"], known["trailing_rate_upper_units"]),
            "error": known["trailing_rate_units"] - known["truth"],
            "truth": known["truth"],
        }
    )
    grouped = measures.groupby("contract_id")
    return pd.DataFrame(
        {
            "rows": grouped.size(),
            "within": grouped["within"].mean(),
            "bias": grouped["error"].mean() / grouped["truth"].mean(),
        }
    )


def main() -> None:
    """Measure the seeds of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--locations", type=int, default=LOCATIONS, help="reports of locations hidden a feed")
    parser.add_argument("--roughness", type=float, default=0, help="share of the stock that counts err by")
    parser.add_argument("--homes", type=Path)
    options = parser.parse_args()
    parts = []
    with TemporaryDirectory() as temporary:
        folder = options.homes or Path(temporary)
        for seed in options.seeds:
            run_market(folder / str(seed), seed)
            for round_ in range(options.rounds):
                with TemporaryDirectory() as work:
                    home = folder / str(seed)
                    parts.append(hide_and_estimate(home, Path(work), round_, options.locations, options.roughness))
                print(f"seed {seed}, round {round_}: {len(parts[-1])} rows", file=sys.stderr)
    rows = pd.concat(parts, ignore_index=True)
    print(scores(rows).round(3).to_string(), by_feed(rows).round(3).to_string(), sep="\n\n")
    print(f"\nneither method: {rows['units'].isna().mean():.1%} of {len(rows)} rows")


if __name__ == "__main__":
    main()
