"""Suggestions for unmatched codes: what counts as near, what does not, and that the answer is always the same."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from orchestration.transform.suggestions import SCHEMA, THRESHOLD, suggest

PRODUCTS = {
    "P1": "Crème hydratante visage 50 ml",
    "P2": "Crème hydratante visage 200 ml",
    "P3": "Gel douche surgras 400 ml",
    "P4": "Baume lèvres réparateur 15 ml",
    "P5": "Baume mains réparateur 75 ml",
}
#: partner (None: all), code, product
KNOWN = [
    (None, "03400949497294", "P1"),
    (None, "4949729", "P1"),
    (None, "P1", "P1"),
    (None, "00036000291452", "P3"),
    (None, "SKU-1001", "P4"),
    (None, "SKU-1002", "P5"),
    ("shop", "HYDRA200", "P2"),
]


def _suggest(
    *codes: tuple[str, str | None],
    known: list[tuple[str | None, str, str]] = KNOWN,
    products: dict[str, str] = PRODUCTS,
    partner: str = "shop",
) -> dict[str, tuple[str, float]]:
    found = suggest(
        pa.table(
            {
                "partner_id": pa.array([partner] * len(codes), pa.string()),
                "code": pa.array([code for code, _ in codes], pa.string()),
                "label": pa.array([label for _, label in codes], pa.string()),
            }
        ),
        pa.table(
            {
                name: pa.array([row[place] for row in known], pa.string())
                for place, name in enumerate(("partner_id", "code", "product_id"))
            }
        ),
        pa.table(
            {
                "product_id": pa.array(products.keys(), pa.string()),
                "product_name": pa.array(products.values(), pa.string()),
            }
        ),
    )
    assert found.schema == SCHEMA
    return {row["code"]: (row["suggested_product_id"], row["suggestion_score"]) for row in found.to_pylist()}


@pytest.mark.parametrize(
    ("code", "score"),
    [
        ("3400949497299", 1 - 1 / 13),  # the last digit
        ("3400949467294", 1 - 1 / 13),  # a digit within
        ("3400949497924", 1 - 1 / 13),  # two digits swapped
        ("3400949492794", 1 - 1 / 13),  # two that leave the check digit right
        ("3 400949-467294", 1 - 1 / 13),  # and separators
        ("340094949729", 1 - 2 / 13),  # a digit short: one shifted in, one lost
        ("4949728", 1 - 1 / 7),
    ],
)
def test_a_slip_of_the_hand_is_seen_through(code: str, score: float) -> None:
    assert _suggest((code, None)) == {code: ("P1", round(score, 4))}


def test_a_right_check_digit_is_another_article() -> None:
    """Two digits away from P1, and no slip of the hand leaves the check digit right."""
    other = "3400949498291"
    invalid = "3400949498297"
    assert _suggest((other, None), (invalid, None)) == {invalid: ("P1", round(1 - 2 / 13, 4))}


def test_another_packaging_level_is_the_same_article() -> None:
    assert _suggest(("13400949497291", None)) == {"13400949497291": ("P1", round(1 - 2 / 14, 4))}


def test_a_right_code_finds_the_product_whose_own_is_mistyped() -> None:
    known = [(None, "03400949497290", "P1")]
    assert _suggest(("3400949497294", None), known=known) == {"3400949497294": ("P1", round(1 - 1 / 13, 4))}


def test_short_codes_have_no_room_for_a_slip() -> None:
    known: list[tuple[str | None, str, str]] = [(None, "AB1", "P1"), (None, "CDE1", "P3"), (None, "FGHIJ12", "P4")]
    found = _suggest(("AB2", None), ("CDE2", None), ("FGHIJ21", None), ("FGHIK22", None), known=known)
    assert found == {"CDE2": ("P3", 0.75), "FGHIJ21": ("P4", round(1 - 1 / 7, 4))}


def test_a_code_as_near_to_two_products_leaves_it_to_the_label() -> None:
    assert _suggest(("SKU-1003", None)) == {}
    [(product, score)] = _suggest(("SKU-1003", "BAUME MAINS REP. 75ML")).values()
    assert product == "P5"
    assert score >= THRESHOLD
    assert _suggest(("SKU-1003", "SHAMPOING")) == {}


def test_the_nearest_code_counts_and_no_other() -> None:
    known: list[tuple[str | None, str, str]] = [(None, "SKU-12377", "P3"), (None, "SKU-12345", "P4")]
    assert _suggest(("SKU-12346", None), known=known) == {"SKU-12346": ("P4", 1 - 1 / 8)}


def test_codes_of_another_partner_say_nothing() -> None:
    assert _suggest(("HYDRA201", None)) == {"HYDRA201": ("P2", round(1 - 1 / 8, 4))}
    assert _suggest(("HYDRA201", None), partner="other") == {}


def test_a_mapping_that_has_ended_is_suggested_whole() -> None:
    assert _suggest(("HYDRA200", None)) == {"HYDRA200": ("P2", 1.0)}


@pytest.mark.parametrize(
    ("label", "product"),
    [
        ("CREME HYDRATANTE VISAGE 200ML", "P2"),
        ("crem. hydrat. vis. 50 ml", "P1"),
        ("400 ml surgras gel douche", "P3"),
        ("BAUME LEVRES REPARATEUR 15ML PROMO", "P4"),
    ],
)
def test_a_label_is_known_by_its_words(label: str, product: str) -> None:
    [(found, score)] = _suggest(("X", label)).values()
    assert found == product
    assert score >= THRESHOLD


@pytest.mark.parametrize("label", ["", "???", "Shampoing sec 150 ml", "Lait corps 400 ml", None])
def test_a_label_of_other_words_suggests_nothing(label: str | None) -> None:
    assert _suggest(("X", label)) == {}


def test_common_words_weigh_little() -> None:
    """Nine words in ten are those of every name; the one that differs is the one that counts."""
    products = {f"P{place:03}": f"Comprimé pelliculé sécable boîte de 30 {place:03}stat" for place in range(100)}
    products["P999"] = "Ibuprofène, comprimé pelliculé sécable, boîte de 30"
    assert _suggest(("X", "IBUPROFENE CPR PELLICULE 30"), known=[], products=products)["X"][0] == "P999"
    assert _suggest(("X", "PRAVASTATINE comprimé pelliculé"), known=[], products=products) == {}


def test_equal_suggestions_go_to_the_lower_product_id() -> None:
    twins = {"Z": "Gel douche 400 ml", "B": "Gel douche 400 ml", "C": "Gel douche 400 ml"}
    assert _suggest(("X", "gel douche 400 ml"), known=[], products=twins) == {"X": ("B", 1.0)}


def test_of_equal_labels_the_nearer_code_wins() -> None:
    twins = {"B": "Gel douche 400 ml", "Z": "Gel douche 400 ml"}
    known: list[tuple[str | None, str, str]] = [(None, "SKU-9999", "B"), (None, "SKU-1001", "Z")]
    assert _suggest(("SKU-1002", "gel douche 400 ml"), known=known, products=twins) == {"SKU-1002": ("Z", 1.0)}


def test_the_order_of_rows_changes_nothing() -> None:
    stock = [f"{chr(65 + place % 26)}{place * 7919 % 100003:06}" for place in range(3000)]
    products = {f"P{place:04}": f"Soin {code[:3]} nuit {place % 90} ml" for place, code in enumerate(stock)}
    known: list[tuple[str | None, str, str]] = [
        (None, code, product) for code, product in zip(stock, products, strict=True)
    ]
    codes = [(code[:-1] + "X", f"SOIN NUIT {place % 90}") for place, code in enumerate(stock[:2500])]
    first = _suggest(*codes, known=known, products=products)
    assert len(first) > 100
    shuffled = random.Random(4)
    for rows in (codes, known):
        shuffled.shuffle(rows)
    names = list(products.items())
    shuffled.shuffle(names)
    assert _suggest(*codes, known=known, products=dict(names)) == first


def test_nothing_known_suggests_nothing() -> None:
    assert _suggest(("X", "Crème"), known=[], products={}) == {}
    assert _suggest() == {}
