"""One shop and its brand's master data, news by news: what the tests of single rules are told in.

Belongs here: its feeds, sending a delivery, and what came of it. Does not belong here: random worlds (`later_world`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.pipeline.later_world import Home, feed

LINE: Final = "product_code period_start units"
KEYED: Final = feed("shop.sell_out", LINE, "product_code period_start", partner="shop", delivery="keyed", period="week")
PRODUCTS: Final = feed("brand.products", "product_id product_name", "product_id", delivery="snapshot")
CODES: Final = feed("brand.product_codes", "code product_id", "code", delivery="snapshot")


class Shop(Home):
    """A shop's sell-out of January 2025 and its brand's master data; deliveries are named by day and letter."""

    def send(self, name: str, *lines: str, feed_id: str = "shop.sell_out") -> Path:
        """Take in a delivery of the day that its name begins with, `13a`, as it arrives."""
        columns = ",".join(mapping.name for mapping in self.feeds[feed_id].mappings)
        path = self.deliver(self.file(name, feed_id), "\n".join([columns, *lines, ""]))
        self.take_in([feed_id])
        return path

    def file(self, name: str, feed_id: str = "shop.sell_out") -> str:
        """File of a delivery, below the landing folder."""
        return f"{feed_id}/{name[2:]}-202501{name[:2]}T0900.csv"

    def classes(self) -> dict[str, list[str]]:
        """By delivery, the classes of its sell-out lines, in their order."""
        found: dict[str, list[str]] = {}
        rows = self.build(relations=["staging.stg_sell_out"])["stg_sell_out"]
        for row in sorted(rows, key=lambda row: (row["file_name"], row["line_number"])):
            tag, _, moment = Path(row["file_name"]).stem.partition("-")
            found.setdefault(f"{moment[6:8]}{tag}", []).append(row["line_class"])
        return found

    def units(self) -> list[tuple[str, str, int]]:
        """Published sales: product, first day, units."""
        rows = self.build(relations=["marts.fct_sell_out"])["fct_sell_out"]
        return sorted((row["product_id"], str(row["period_start"]), int(row["units"])) for row in rows)
