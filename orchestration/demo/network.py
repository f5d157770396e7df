"""The partners of the demo brand, their points of sale, and the points where stock is kept.

Belongs here: who there is, how large, since when. Does not belong here: what they sell (`market`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from stdnum import luhn

PHARMACIES: Final = {"pharma_plus": 60, "sante_unie": 50, "officines_du_sud": 40}
STORES: Final = 20
#: pharmacies that opened later (place in the network, first day) or closed (place, last day)
OPENED: Final = {57: "2025-06-09", 108: "2025-07-07", 149: "2025-09-01"}
CLOSED: Final = {33: "2025-11-16"}


@dataclass(frozen=True)
class Partner:
    """A partner: what it is, how far its goods travel, how it grows, sells and prices."""

    name: str
    type: str
    lead_time_days: int
    growth: float
    weekly_units: float
    markup: float
    weekdays: tuple[float, ...]


_PHARMACY_DAYS = (0.18, 0.16, 0.17, 0.16, 0.19, 0.14, 0.0)
_EVEN_DAYS = (1 / 7,) * 7
#: weekly units: mean units of a product of popularity 1 that one point sells in a week
PARTNERS: Final = {
    "pharma_plus": Partner("Groupement Pharma Plus", "pharmacy_group", 2, 0.06, 2.6, 1.55, _PHARMACY_DAYS),
    "sante_unie": Partner("Santé Unie", "pharmacy_group", 2, 0.02, 2.2, 1.6, _PHARMACY_DAYS),
    "officines_du_sud": Partner("Officines du Sud", "pharmacy_group", 2, 0.1, 2.0, 1.5, _PHARMACY_DAYS),
    "grand_repartiteur": Partner(
        "Grand Répartiteur", "wholesaler", 3, 0.03, 180.0, 1.1, (0.22, 0.2, 0.2, 0.19, 0.19, 0.0, 0.0)
    ),
    "beaute_magasins": Partner(
        "Beauté Magasins", "retailer", 4, 0.04, 110.0, 1.7, (0.12, 0.12, 0.14, 0.13, 0.16, 0.25, 0.08)
    ),
    "place_marche": Partner("Place Marché", "marketplace", 3, 0.25, 26.0, 1.5, _EVEN_DAYS),
    "peau_en_ligne": Partner("Peau en Ligne", "ecommerce", 2, 0.3, 34.0, 1.45, _EVEN_DAYS),
    "boutique": Partner("Boutique Aurelys", "own_shop", 1, 0.05, 11.0, 1.75, (0.1, 0.14, 0.16, 0.15, 0.18, 0.27, 0.0)),
}

#: department number and region of the points of sale, taken in turn
_DEPARTMENTS: Final = (
    ("75", "Île-de-France"), ("69", "Auvergne-Rhône-Alpes"), ("13", "Provence-Alpes-Côte d'Azur"),
    ("31", "Occitanie"), ("33", "Nouvelle-Aquitaine"), ("44", "Pays de la Loire"), ("59", "Hauts-de-France"),
    ("67", "Grand Est"), ("35", "Bretagne"), ("76", "Normandie"), ("21", "Bourgogne-Franche-Comté"),
    ("45", "Centre-Val de Loire"),
)  # fmt: skip


def _location_code(partner: str, number: int, department: str) -> str:
    if partner == "pharma_plus":
        return f"{department}20{number:05d}"
    if partner == "sante_unie":
        stem = f"8{410_000_00 + 1237 * number:08d}0001"
        return stem + luhn.calc_check_digit(stem)
    return f"{'OS' if partner == 'officines_du_sud' else 'M'}{number:03d}"


def locations() -> pd.DataFrame:
    """Points of sale, one row each: the pharmacies, by group, then the stores of the retailer."""
    rows: list[dict[str, Any]] = []
    for partner, count in (*PHARMACIES.items(), ("beaute_magasins", STORES)):
        kind = "Magasin" if partner == "beaute_magasins" else "Pharmacie"
        for number in range(1, count + 1):
            department, region = _DEPARTMENTS[(number * 5 + len(partner)) % len(_DEPARTMENTS)]
            place = len(rows)
            rows.append({
                "location_id": f"{partner}-{number:03d}",
                "partner_id": partner,
                "location_code": _location_code(partner, number, department),
                "location_name": f"{kind} {region} {number}",
                "region": region,
                "postal_code": f"{department}{(number * 10) % 1000:03d}",
                "opened_on": pd.Timestamp(OPENED.get(place, "2015-01-05")),
                "closed_on": pd.Timestamp(CLOSED[place]) if place in CLOSED else pd.NaT,
            })  # fmt: skip
    return pd.DataFrame(rows)


def pharmacies_of(partner: str) -> np.ndarray:
    """Places of a group's pharmacies in `locations`, which are their stock points too."""
    table = locations()
    return np.flatnonzero(table["partner_id"] == partner)


def stores() -> np.ndarray:
    """Places of the retailer's stores in `locations`; their stock is pooled in the retailer's stock point."""
    return pharmacies_of("beaute_magasins")


def stock_points(rng: np.random.Generator) -> pd.DataFrame:
    """Where stock is kept, one row each: every pharmacy, then one point for each other partner.

    `size` multiplies the partner's weekly units; `opened_on`, `closed_on` are null where always open.
    """
    pharmacies = locations().loc[lambda table: table["partner_id"].isin(PHARMACIES)]
    points = pharmacies[["partner_id", "opened_on", "closed_on"]]
    others = pd.DataFrame({"partner_id": [partner for partner in PARTNERS if partner not in PHARMACIES]})
    others["opened_on"], others["closed_on"] = pd.Timestamp("2015-01-05"), pd.NaT
    table = pd.concat([points, others], ignore_index=True)
    sizes = np.clip(rng.lognormal(0.0, 0.35, len(table)), 0.5, 2.2)
    table["size"] = np.where(table["partner_id"].isin(PHARMACIES), sizes, 1.0)
    return table


def point_of(partner: str) -> int:
    """Place of a partner that keeps all its stock in one point."""
    singles = [name for name in PARTNERS if name not in PHARMACIES]
    return sum(PHARMACIES.values()) + singles.index(partner)
