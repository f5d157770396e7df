"""How each partner prints its files: names, dialect, columns, preamble, total lines, and what it promises of them.

Belongs here: the partners' side of each feed, as a table. What selltrace is told of it stands in `contracts/`; a test
holds the two together. Does not belong here: which lines there are (`feeds`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

NO_BREAK_SPACE: Final = "\u00a0"


@dataclass(frozen=True)
class Layout:
    """A feed as its sender knows it.

    `columns`: their column name -> our column, in the order of the file. `total`: None, 'delivery' (one line at the
    end) or 'location' (one after each location), with `total_text` in `total_column`. `stem`: file names are
    <stem>_<moment of receipt>.<suffix>.
    """

    partner: str | None
    kind: str
    stem: str
    columns: dict[str, str]
    cadence: str | None = "w"
    latency_days: int = 3
    delivery: str = "keyed"
    suffix: str = "csv"
    delimiter: str = ";"
    encoding: str = "cp1252"
    decimal: str = ","
    thousands: str = ""
    date_format: str = "%d/%m/%Y"
    preamble: tuple[str, ...] = field(default=())
    total: str | None = None
    total_column: str = ""
    total_text: str = ""

    @property
    def folder(self) -> str:
        """Folder below the landing root."""
        return f"{self.partner or 'brand'}/{self.kind}"


LAYOUTS: Final[dict[str, Layout]] = {
    "brand.products": Layout(
        None, "products", "articles", cadence=None, delivery="snapshot", encoding="utf-8",
        columns={
            "Référence": "product_id", "Désignation": "label", "EAN": "gtin", "Marque": "brand", "Famille": "category",
            "PCB": "units_per_case", "Tarif HT": "list_price", "Devise": "currency", "Lancement": "launched_on",
        },
    ),
    "brand.product_codes": Layout(
        None, "product_codes", "codes", cadence=None, delivery="snapshot", encoding="utf-8",
        columns={
            "Client": "partner_id", "Code": "code", "Type": "code_type", "Référence": "product_id",
            "Unités": "units_per_code",
        },
    ),
    "brand.partners": Layout(
        None, "partners", "clients", cadence=None, delivery="snapshot", encoding="utf-8",
        columns={
            "Client": "partner_id", "Raison sociale": "partner_name", "Type": "partner_type", "Pays": "country",
            "Devise": "currency", "Délai": "lead_time_days",
        },
    ),
    "brand.locations": Layout(
        None, "locations", "points_de_vente", cadence=None, delivery="snapshot", encoding="utf-8",
        columns={
            "Point de vente": "location_id", "Client": "partner_id", "Code client": "location_code",
            "Nom": "location_name", "Région": "region", "Code postal": "postal_code", "Ouverture": "opened_on",
            "Fermeture": "closed_on",
        },
    ),
    "brand.sell_in": Layout(
        None, "sell_in", "facturation", latency_days=2, encoding="utf-8", date_format="%Y%m%d",
        columns={
            "N° document": "document_id", "Ligne": "document_line", "Type": "document_type",
            "Date document": "document_date", "Date réception": "received_on", "Client": "partner_id",
            "Livré à": "location_id", "Référence": "product_code", "Désignation": "label", "Quantité": "units",
            "UG": "free_units", "Montant net HT": "net_amount", "Devise": "currency",
        },
    ),
    "pharma_plus.sell_out": Layout(
        "pharma_plus", "sell_out", "ventes", thousands=" ",
        preamble=("Groupement Pharma Plus", "Ventes hebdomadaires par officine", "Edition automatique"),
        columns={
            "Code FINESS": "location_code", "Code CIP": "product_code", "Désignation": "label",
            "Semaine du": "period_start", "Qté": "units", "CA TTC": "amount",
        },
        total="delivery", total_column="Code FINESS", total_text="TOTAL",
    ),
    "pharma_plus.stock": Layout(
        "pharma_plus", "stock", "stocks", thousands=" ",
        preamble=("Groupement Pharma Plus", "Stocks hebdomadaires par officine", "Edition automatique"),
        columns={
            "Code FINESS": "location_code", "Code CIP": "product_code", "Désignation": "label",
            "Date inventaire": "snapshot_date", "Stock": "on_hand_units", "Ajustement": "adjustment_units",
        },
    ),
    "sante_unie.sell_out": Layout(
        "sante_unie", "sell_out", "sorties", thousands=NO_BREAK_SPACE, date_format="%d.%m.%Y",
        columns={
            "SIRET": "location_code", "EAN": "product_code", "LIBELLE": "label", "DATE_DEBUT": "period_start",
            "DATE_FIN": "period_end", "QTE_VENDUE": "units", "MONTANT_TTC": "amount",
        },
    ),
    "sante_unie.stock": Layout(
        "sante_unie", "stock", "inventaire", thousands=NO_BREAK_SPACE, date_format="%d.%m.%Y",
        columns={
            "SIRET": "location_code", "EAN": "product_code", "LIBELLE": "label", "DATE": "snapshot_date",
            "QTE_STOCK": "on_hand_units",
        },
    ),
    "officines_du_sud.sell_out": Layout(
        "officines_du_sud", "sell_out", "export", delimiter="|", encoding="latin-1", date_format="%d/%m/%y",
        latency_days=4,
        columns={
            "Officine": "location_code", "Article": "product_code", "Libellé": "label", "Lundi": "period_start",
            "Ventes": "units", "Valeur": "amount",
        },
        total="location", total_column="Libellé", total_text="Sous-total",
    ),
    "officines_du_sud.stock": Layout(
        "officines_du_sud", "stock", "etat", delimiter="|", encoding="latin-1", date_format="%d/%m/%y",
        latency_days=4,
        columns={
            "Officine": "location_code", "Article": "product_code", "Libellé": "label", "Au": "snapshot_date",
            "En rayon": "on_hand_units", "Corrections": "adjustment_units",
        },
    ),
    "grand_repartiteur.sell_out": Layout(
        "grand_repartiteur", "sell_out", "statistiques", cadence="m", latency_days=5, delivery="replace_period",
        thousands=" ", preamble=("Grand Répartiteur SA - Statistiques de vente", ""),
        columns={
            "Code article": "product_code", "Libellé": "label", "Mois": "period_start",
            "Quantité vendue": "units", "Montant": "amount",
        },
        total="delivery", total_column="Libellé", total_text="TOTAL GENERAL",
    ),
    "grand_repartiteur.stock": Layout(
        "grand_repartiteur", "stock", "stock", cadence="m", latency_days=5, thousands=" ",
        columns={
            "Code article": "product_code", "Libellé": "label", "Arrêté au": "snapshot_date",
            "Stock disponible": "on_hand_units",
        },
    ),
    "beaute_magasins.sell_out": Layout(
        "beaute_magasins", "sell_out", "sellout", delimiter="\t", encoding="utf-8-sig", date_format="%Y-%m-%d",
        columns={
            "Magasin": "location_code", "EAN13": "product_code", "Article": "label", "Semaine": "period_start",
            "Quantité": "units", "CA TTC": "amount",
        },
    ),
    "beaute_magasins.stock": Layout(
        "beaute_magasins", "stock", "stock", delimiter="\t", encoding="utf-8-sig", date_format="%Y-%m-%d",
        columns={
            "EAN13": "product_code", "Article": "label", "Date": "snapshot_date", "Stock réseau": "on_hand_units",
        },
    ),
    "place_marche.sell_out": Layout(
        "place_marche", "sell_out", "sales", suffix="parquet", decimal=".", date_format="%Y-%m-%d",
        columns={
            "asin": "product_code", "title": "label", "week_starting": "period_start", "units_ordered": "units",
            "ordered_revenue": "amount", "currency": "currency",
        },
    ),
    "peau_en_ligne.sell_out": Layout(
        "peau_en_ligne", "sell_out", "orders", cadence="d", latency_days=1, delimiter=",", encoding="utf-8",
        decimal=".", date_format="%Y-%m-%d",
        columns={
            "date": "period_start", "sku": "product_code", "title": "label", "quantity": "units",
            "quantity_returned": "returned_units", "revenue": "amount",
        },
    ),
    "peau_en_ligne.stock": Layout(
        "peau_en_ligne", "stock", "inventory", cadence="m", latency_days=4, delimiter=",", encoding="utf-8",
        decimal=".", date_format="%Y-%m-%d",
        columns={
            "date": "snapshot_date", "sku": "product_code", "title": "label", "quantity_on_hand": "on_hand_units",
        },
    ),
    "boutique.sell_out": Layout(
        "boutique", "sell_out", "caisse", cadence="d", latency_days=1, delivery="append",
        columns={
            "Ticket": "transaction_id", "Date": "period_start", "Heure": "hour", "Référence": "product_code",
            "Libellé": "label", "Qté": "units", "Montant TTC": "amount", "Carte fidélité": "customer_id",
        },
    ),
    "boutique.stock": Layout(
        "boutique", "stock", "inventaire", latency_days=2,
        columns={
            "Date": "snapshot_date", "Référence": "product_code", "Libellé": "label", "Stock": "on_hand_units",
        },
    ),
}  # fmt: skip
