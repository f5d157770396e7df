"""The products of the demo brand and the codes by which partners know them.

Belongs here: the product list, check digits, codes. Does not belong here: what sells (`market`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from stdnum import ean

BRAND: Final = "Aurelys"

#: product, name, category, season, units in a case, list price in cents, popularity, CIP7 (blank: sold by EAN only)
_PRODUCTS: Final = (
    ("AUR-001", "Lait corps hydratant, 400 ml", "body", "flat", 6, 1190, 1.3, "4900112"),
    ("AUR-002", "Baume relipidant peaux atopiques, 400 ml", "body", "winter", 6, 1490, 1.6, "4900129"),
    ("AUR-003", "Gel lavant surgras, 500 ml", "body", "flat", 8, 890, 1.8, "4900135"),
    ("AUR-004", "Huile de douche apaisante, 750 ml", "body", "winter", 6, 1390, 1.2, ""),
    ("AUR-005", "Crème mains réparatrice, 50 ml", "body", "winter", 12, 590, 1.7, "4900158"),
    ("AUR-006", "Baume à lèvres nourrissant, 10 g", "face", "winter", 24, 390, 2.0, "4900164"),
    ("AUR-007", "Eau micellaire peaux sensibles, 500 ml", "face", "flat", 6, 1090, 1.5, ""),
    ("AUR-008", "Eau thermale en brumisateur, 150 ml", "face", "sun", 12, 690, 1.1, ""),
    ("AUR-009", "Crème hydratante légère, 40 ml", "face", "flat", 12, 1590, 1.2, "4900193"),
    ("AUR-010", "Crème hydratante riche, 40 ml", "face", "winter", 12, 1590, 1.0, "4900201"),
    ("AUR-011", "Sérum acide hyaluronique, 30 ml", "face", "flat", 12, 2490, 0.9, ""),
    ("AUR-012", "Soin anti-imperfections, 40 ml", "face", "flat", 12, 1290, 1.1, "4900224"),
    ("AUR-013", "Gel moussant purifiant, 200 ml", "face", "flat", 8, 990, 1.3, "4900230"),
    ("AUR-014", "Crème solaire SPF 50+, 50 ml", "sun", "sun", 12, 1290, 1.9, "4900247"),
    ("AUR-015", "Fluide solaire teinté SPF 50+, 50 ml", "sun", "sun", 12, 1490, 1.2, ""),
    ("AUR-016", "Spray solaire SPF 30, 200 ml", "sun", "sun", 6, 1690, 1.4, ""),
    ("AUR-017", "Spray solaire enfant SPF 50+, 200 ml", "sun", "sun", 6, 1790, 1.5, "4900276"),
    ("AUR-018", "Lait après-soleil, 200 ml", "sun", "sun", 6, 1190, 0.9, ""),
    ("AUR-019", "Shampooing doux, 250 ml", "hair", "flat", 8, 890, 1.1, ""),
    ("AUR-020", "Shampooing antipelliculaire, 200 ml", "hair", "winter", 8, 1090, 1.0, "4900307"),
    ("AUR-021", "Liniment oléo-calcaire, 500 ml", "baby", "flat", 6, 790, 1.6, "4900313"),
    ("AUR-022", "Crème change, 100 g", "baby", "flat", 12, 690, 1.3, ""),
    ("AUR-023", "Gel bébé cheveux et corps, 500 ml", "baby", "flat", 6, 990, 1.2, ""),
    ("AUR-024", "Écran minéral SPF 50+, 100 ml", "sun", "sun", 6, 1890, 1.3, "4900342"),
)  # fmt: skip

#: the last product came to the market later
LAUNCHED_ON: Final = {"AUR-024": "2025-05-19"}
#: the product that the marketplace also sells as a lot of two
LOT_PRODUCT: Final = "AUR-006"
LOT_CODE: Final = "B0LT2AUR06"
UNITS_PER_LOT: Final = 2
#: the others report GTINs or the brand's own key
_PARTNERS_WITH_CODES: Final = ("officines_du_sud", "grand_repartiteur", "place_marche", "peau_en_ligne")


def _gtin(number: int, cip7: str) -> str:
    stem = f"34009{cip7}" if cip7 else f"37601234{number:04d}"
    return stem + ean.calc_check_digit(stem)


def products() -> pd.DataFrame:
    """The brand's products, one row each, in the order by which the simulation counts them; prices in cents."""
    columns = ["product_id", "label", "category", "season", "units_per_case", "list_price", "popularity", "cip7"]
    table = pd.DataFrame(_PRODUCTS, columns=columns)
    table["gtin"] = [_gtin(place + 1, cip7) for place, cip7 in enumerate(table["cip7"])]
    table["launched_on"] = pd.to_datetime(table["product_id"].map(LAUNCHED_ON).fillna("2020-01-06"))
    return table


def partner_codes() -> dict[str, list[str]]:
    """The code each partner uses, by partner, in the order of `products`."""
    table = products()
    places = range(1, len(table) + 1)
    return {
        "pharma_plus": list(table["gtin"]),
        "sante_unie": list(table["gtin"]),
        "officines_du_sud": [cip7 or f"OS{place:05d}" for place, cip7 in zip(places, table["cip7"], strict=True)],
        "grand_repartiteur": [f"{481000 + 37 * place}" for place in places],
        "beaute_magasins": list(table["gtin"]),
        "place_marche": [f"B0{7_000_000 + 104_729 * place:08d}" for place in places],
        "peau_en_ligne": [f"PEL-{place:03d}-{100 + 7 * place}" for place in places],
        "boutique": list(table["product_id"]),
    }


def code_table() -> pd.DataFrame:
    """Master data: the codes that are neither a GTIN nor the brand's own key, one row a partner and code."""
    table, codes = products(), partner_codes()
    parts = [_codes_of(partner, codes[partner], table) for partner in _PARTNERS_WITH_CODES]
    lot = pd.DataFrame({
        "partner_id": ["place_marche"], "code": [LOT_CODE], "code_type": ["own"], "product_id": [LOT_PRODUCT],
        "units_per_code": [float(UNITS_PER_LOT)],
    })  # fmt: skip
    return pd.concat([*parts, lot], ignore_index=True)


def _codes_of(partner: str, codes: list[str], table: pd.DataFrame) -> pd.DataFrame:
    code_type = np.where(table["cip7"] == codes, "cip7", "own")
    return pd.DataFrame({
        "partner_id": partner, "code": codes, "code_type": code_type, "product_id": table["product_id"],
        "units_per_code": 1.0,
    })  # fmt: skip
