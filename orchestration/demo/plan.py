"""Which defects are planted where, as a table: one row a defect, each in slices of its own.

Belongs here: the plan. How a defect is made stands in `defects`, what must be found of it in `truth`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Plant:
    """A defect to plant: its kind, the feed, the first and last period (by first day) it touches, and how much."""

    kind: str
    contract_id: str
    first: str
    last: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def until(self) -> str:
        """First day of the last period touched."""
        return self.last or self.first


PLAN: Final = (
    Plant("doubled", "pharma_plus.sell_out", "2025-03-03", options={"lines": 12, "conflicts": 3}),
    Plant("doubled", "pharma_plus.sell_out", "2025-04-28", options={"lines": 90, "conflicts": 90}),
    Plant("restated", "pharma_plus.sell_out", "2025-05-26", options={"lines": 40, "unchanged": 0, "days": 15}),
    Plant("late", "pharma_plus.sell_out", "2025-07-21", options={"days": 4}),
    Plant("unreadable", "pharma_plus.sell_out", "2025-08-18", options={"lines": 8}),
    Plant("unreadable", "pharma_plus.sell_out", "2025-09-29", options={"share": 0.3, "only": "spreadsheet_error"}),
    Plant("silent", "pharma_plus.sell_out", "2026-01-26", "2026-02-23", {"locations": [21]}),
    Plant("resent", "pharma_plus.stock", "2025-03-31", options={"minutes": 3 * 24 * 60 + 95}),
    Plant("late", "pharma_plus.stock", "2025-12-08", options={"days": 2}),
    Plant("unknown_product", "sante_unie.sell_out", "2025-02-17", "2025-03-03", {"products": [9], "locations": 10}),
    Plant("missing", "sante_unie.sell_out", "2025-05-12"),
    Plant("resent", "sante_unie.sell_out", "2025-08-04", options={"minutes": 24 * 60 + 215}),
    Plant("restated", "sante_unie.sell_out", "2025-09-01", options={"lines": 25, "unchanged": 3, "days": 9}),
    Plant("late", "sante_unie.sell_out", "2025-10-27", options={"days": 10}),
    Plant("unknown_location", "sante_unie.sell_out", "2025-12-22", "2025-12-29", {"code": "84109999900018"}),
    Plant("silent", "officines_du_sud.sell_out", "2025-03-17", "2025-03-31", {"locations": [125]}),
    Plant("unknown_product", "officines_du_sud.sell_out", "2025-06-23", options={"products": list(range(3, 11))}),
    Plant("silent", "officines_du_sud.sell_out", "2025-09-15", options={"locations": list(range(112, 122))}),
    Plant("missing", "officines_du_sud.stock", "2025-11-24"),
    Plant("doubled", "officines_du_sud.sell_out", "2026-01-05", options={"lines": 20, "conflicts": 0}),
    Plant("pack_size", "beaute_magasins.sell_out", "2025-04-14", "2025-05-05", {"products": [2]}),
    Plant("missing", "beaute_magasins.sell_out", "2025-07-07"),
    Plant("late", "beaute_magasins.sell_out", "2025-10-13", options={"days": 1}),
    Plant("unreadable", "beaute_magasins.sell_out", "2026-01-19", options={"lines": 2, "only": "not_a_number"}),
    Plant("product_gap", "place_marche.sell_out", "2025-05-26", "2025-06-02", {"products": [0, 6]}),
    Plant("late", "place_marche.sell_out", "2025-08-25", options={"days": 6}),
    Plant("resent", "peau_en_ligne.sell_out", "2025-07-23", options={"minutes": 2 * 24 * 60 + 270}),
    Plant("missing", "peau_en_ligne.sell_out", "2025-09-17"),
    Plant("late", "peau_en_ligne.sell_out", "2025-11-05", options={"days": 3}),
    Plant("repeated_day", "boutique.sell_out", "2025-06-19", options={"source": "2025-06-18"}),
    Plant("resent", "boutique.sell_out", "2025-11-19", options={"minutes": 25}),
    Plant("restated", "grand_repartiteur.sell_out", "2025-05-01", options={"lines": 3, "unchanged": 0, "days": 16}),
    Plant("missing", "grand_repartiteur.sell_out", "2025-08-01"),
    Plant("late", "grand_repartiteur.sell_out", "2025-10-01", options={"days": 3}),
    Plant("late", "brand.sell_in", "2025-08-11", options={"days": 1}),
    Plant("resent", "brand.sell_in", "2025-12-01", options={"minutes": 24 * 60 + 360}),
)
