from __future__ import annotations

import re

from stdnum import ean, luhn

from orchestration.demo.catalogue import code_table, partner_codes, products
from orchestration.demo.network import PARTNERS, locations


def test_gtins_have_valid_check_digits() -> None:
    gtins = products()["gtin"]
    assert gtins.map(lambda gtin: ean.is_valid(gtin) and len(gtin) == 13).all()
    assert gtins.is_unique
    assert 5 < gtins.str.startswith("3400").sum() < len(gtins)


def test_every_partner_has_one_code_a_product() -> None:
    codes = partner_codes()
    assert set(codes) == set(PARTNERS)
    for listed in codes.values():
        assert len(set(listed)) == len(products())
    assert not code_table().duplicated(["partner_id", "code"]).any()


def test_location_codes_look_like_those_of_the_trade() -> None:
    table = locations()
    codes = table.set_index("partner_id")["location_code"]
    assert all(re.fullmatch("[0-9][0-9A-Z][0-9]{7}", code) for code in codes["pharma_plus"])
    assert all(len(code) == 14 and luhn.is_valid(code) for code in codes["sante_unie"])
    assert not table.duplicated(["partner_id", "location_code"]).any()
    assert table["location_id"].is_unique
