"""What selltrace must find in the demo, table by table, in the words of the published tables.

Belongs here: expectations that follow from the marks on lines and deliveries and from the definitions.
Does not belong here: the roll-forward (`truth_stock`), planting (`defects`).
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from orchestration.contracts.kinds import SALES_KINDS
from orchestration.demo.catalogue import products
from orchestration.demo.network import locations
from orchestration.demo.plan import PLAN, Plant
from orchestration.demo.printing import Printed

TIMEZONE: Final = "Europe/Paris"
CLASSES: Final = ("accepted", "duplicate", "superseded", "unmatched", "out_of_scope", "quarantined")
_TRUE_UNITS = ("on_hand_units", "units")


def units_of(lines: pd.DataFrame) -> pd.Series:
    """Base units of lines: net of customer returns where they are told, on hand for stock."""
    measure = next(name for name in _TRUE_UNITS if name in lines)
    units = lines[measure] * lines["factor"]
    return units - lines["returned_units"].fillna(0) if "returned_units" in lines else units


def _of_sales(prints: list[Printed]) -> list[Printed]:
    return [sheet for sheet in prints if sheet.feed.layout.kind in SALES_KINDS]


def ledger(prints: list[Printed]) -> pd.DataFrame:
    """One row a delivery: file, moment of receipt (UTC), lines read and the class each line ends in."""
    parts = []
    for sheet in prints:
        counts = pd.crosstab(sheet.lines["delivery"], sheet.lines["line_class"])
        counts = counts.reindex(index=sheet.deliveries.index, columns=list(CLASSES), fill_value=0)
        is_copy = sheet.deliveries["copy_of"] >= 0
        counts.loc[is_copy, "duplicate"] = sheet.deliveries.loc[is_copy, "lines_read"]
        head = sheet.deliveries[["file_name", "period_start", "period_end", "lines_read"]].assign(
            contract_id=sheet.feed.contract_id,
            partner_id=sheet.feed.layout.partner,
            kind=sheet.feed.layout.kind,
            received_at=sheet.deliveries["received_at"].dt.tz_localize(TIMEZONE).dt.tz_convert("UTC"),
            defect=sheet.deliveries["defect"],
        )
        parts.append(pd.concat([head, counts], axis=1))
    return pd.concat(parts, ignore_index=True)


def defects(prints: list[Printed]) -> pd.DataFrame:
    """One row a planted defect: where, which files, how many lines and base units it touched or kept back."""
    by_contract = {sheet.feed.contract_id: sheet for sheet in prints}
    return pd.DataFrame([_defect(by_contract[plant.contract_id], number, plant) for number, plant in enumerate(PLAN)])


def _defect(sheet: Printed, number: int, plant: Plant) -> dict[str, Any]:
    feed, sent = sheet.feed, sheet.deliveries
    marked = sheet.lines.loc[sheet.lines["defect"] == number]
    lines = pd.concat([marked, feed.dropped.loc[feed.dropped["defect"] == number]])
    files = sent.loc[sent.index.isin(marked["delivery"]) | (sent["defect"] == number), "file_name"]
    starts = feed.clean_deliveries["period_start"]
    periods = feed.clean_deliveries.loc[starts.between(pd.Timestamp(plant.first), pd.Timestamp(plant.until))]
    # a delivery that never came concerns all its locations and products: none is named
    named = lines.iloc[:0] if plant.kind == "missing" else lines
    return {
        "defect": number, "defect_kind": plant.kind, "contract_id": plant.contract_id,
        "partner_id": feed.layout.partner, "kind": feed.layout.kind,
        "period_start": periods["period_start"].min(), "period_end": periods["period_end"].max(),
        "location_ids": _ids(locations()["location_id"], named["location"]),
        "product_ids": _ids(products()["product_id"], named["product"]),
        "file_names": sorted(files), "lines": len(lines), "units": float(units_of(lines).sum()),
    }  # fmt: skip


def _ids(ids: pd.Series, places: pd.Series) -> list[str]:
    return sorted(ids.iloc[place] for place in places.astype(int).unique() if place >= 0)


def duplicates(prints: list[Printed]) -> pd.DataFrame:
    """One row a delivery and class of duplicates; a resent file counts all its lines, totals too."""
    rows = []
    for sheet in _of_sales(prints):
        names = sheet.deliveries["file_name"]
        found = sheet.lines.loc[sheet.lines["found_as"].isin(["duplicate_line", "restatement"])]
        for _, part in found.groupby(["delivery", "found_as"]):
            file_name, name = names[int(part["delivery"].iloc[0])], str(part["found_as"].iloc[0])
            conflicts = int(part["is_conflict"].sum())
            rows.append(_duplicate(sheet, file_name, name, len(part), conflicts, float(units_of(part).sum())))
        copies = sheet.deliveries.loc[sheet.deliveries["copy_of"] >= 0]
        for file_name, lines_read in zip(copies["file_name"], copies["lines_read"], strict=True):
            rows.append(_duplicate(sheet, file_name, "resent_file", lines_read, 0, None))
    return pd.DataFrame(rows)


def _duplicate(
    sheet: Printed, file_name: str, name: str, lines: int, conflicts: int, units: float | None
) -> dict[str, Any]:
    return {
        "file_name": file_name, "contract_id": sheet.feed.contract_id, "partner_id": sheet.feed.layout.partner,
        "kind": sheet.feed.layout.kind, "class": name, "lines": int(lines), "conflicts": conflicts, "units": units,
    }  # fmt: skip


def quarantine(prints: list[Printed]) -> pd.DataFrame:
    """One row a line that must be set aside, with the reason code and the cell that is to blame."""
    return _lines_with(prints, "quarantined", {"found_as": "reason_code", "bad_column": "column", "bad_text": "cell"})


def unmatched_lines(prints: list[Printed]) -> pd.DataFrame:
    """One row a line whose code no mapping knows; `unmatched_code` says which of its codes that is."""
    columns = {
        "found_as": "unmatched_code", "product_code": "product_code", "location_code": "location_code",
        "label": "label", "units": "units",
    }  # fmt: skip
    return _lines_with(prints, "unmatched", columns)


def _lines_with(prints: list[Printed], line_class: str, columns: dict[str, str]) -> pd.DataFrame:
    parts = []
    for sheet in prints:
        found = sheet.lines.loc[sheet.lines["line_class"] == line_class]
        if found.empty:
            continue
        parts.append(found[[*columns, "line_number", "defect"]].rename(columns=columns).assign(
            contract_id=sheet.feed.contract_id, partner_id=sheet.feed.layout.partner,
            file_name=sheet.deliveries["file_name"].reindex(found["delivery"]).to_numpy(),
        ))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def unmatched_codes(unmatched: pd.DataFrame) -> pd.DataFrame:
    """One row a partner and code."""
    is_product = unmatched["unmatched_code"] == "product_code"
    code = unmatched["product_code"].where(is_product, unmatched["location_code"])
    keyed = unmatched.assign(code=code, label=unmatched["label"].where(is_product))
    return keyed.groupby(["partner_id", "code", "unmatched_code"], as_index=False).agg(
        label=("label", "first"), lines=("units", "size"), units=("units", "sum")
    )


def accepted(prints: list[Printed]) -> pd.DataFrame:
    """One row a partner and kind of sales: accepted lines and base units, held slices included."""
    parts = []
    for sheet in _of_sales(prints):
        lines = sheet.lines.loc[sheet.lines["line_class"] == "accepted"]
        partner = lines.get("partner_id", sheet.feed.layout.partner)
        sums = lines.assign(partner_id=partner, units=units_of(lines)).groupby("partner_id")["units"]
        parts.append(sums.agg(lines="size", units="sum").reset_index().assign(kind=sheet.feed.layout.kind))
    return pd.concat(parts, ignore_index=True)
