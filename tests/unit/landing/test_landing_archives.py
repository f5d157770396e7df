"""Archives: their members are deliveries; what is hostile in them is refused with a reason and does no harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import stat
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.landing import land as landing
from orchestration.landing.bytes import bytes_of
from orchestration.landing.ledger import received_of
from orchestration.landing.store import stored_path, unpack
from orchestration.settings import CHECKOUT, Settings
from tests.unit.ingest.feeds import SELL_OUT, deliver, lines, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA\n"
REAL = Path(os.environ.get("SELLTRACE_DATA", CHECKOUT.parent / "shared" / "data")) / "online_retail"

#: parameters that are bytes would make names of tests that nobody can type
NAMED: dict[str, Any] = {"ids": lambda value: value if isinstance(value, str) else ""}

Content = Iterable[tuple[str | tarfile.TarInfo | zipfile.ZipInfo, str | bytes]]


def one_line(code: str) -> str:
    return f"{HEADER}{code};06/01/2025;1;1\n"


def as_bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def zip_of(content: Content, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, text in content:
            assert not isinstance(name, tarfile.TarInfo)
            archive.writestr(name, as_bytes(text))
    return target.getvalue()


def tar_of(content: Content, mode: str = "w:gz") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in content:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(str(name))
            info.size = len(as_bytes(text))
            archive.addfile(info, io.BytesIO(as_bytes(text)))
    return target.getvalue()


def special(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def feed(**words: Any) -> Contract:
    server = {"path": "shop/*", **words.pop("server", {})}
    return sell_out_contract(server, **words)


def landed(settings: Settings, contract: Contract | None = None) -> dict[str, str | None]:
    """Names of the deliveries that a look adds, each with its problem."""
    return {entry.file_name: entry.problem for entry in landing.land(settings, contract or feed()).new}


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("week.zip", zip_of([("a.csv", one_line("A")), ("b/c.csv", one_line("B"))])),
        ("week.tar.gz", tar_of([("./a.csv", one_line("A")), ("b/c.csv", one_line("B"))])),
        ("week.TGZ", tar_of([("a.csv", one_line("A")), ("b/c.csv", one_line("B"))])),
        ("week.tar", tar_of([("a.csv", one_line("A")), ("b/c.csv", one_line("B"))], "w:")),
    ],
    **NAMED,
)
def test_every_member_is_a_delivery_whose_lines_are_read(settings: Settings, name: str, packed: bytes) -> None:
    path = deliver(settings, f"shop/{name}", packed)
    first, second = take_in(settings, feed())
    assert (first.file_name, second.file_name) == (f"shop/{name}/a.csv", f"shop/{name}/b/c.csv")
    assert first.sha256 == hashlib.sha256(one_line("A").encode()).hexdigest()
    assert sorted(lines(settings, "product_code")) == [("A",), ("B",)]
    [modified] = {entry.received_at.timestamp() for entry in (first, second)}
    assert modified == pytest.approx(path.stat().st_mtime)


def test_a_file_sent_plain_and_compressed_is_a_resent_file(settings: Settings) -> None:
    deliver(settings, "shop/sales.csv.gz", gzip.compress(one_line("A").encode()))
    [packed] = take_in(settings, feed())
    assert (packed.file_name, packed.lines_read) == ("shop/sales.csv.gz", 1)
    assert lines(settings, "product_code") == [("A",)]
    [received] = received_of(settings, "shop.sell_out")
    # a reader that goes by names must not unpack it once more
    assert bytes_of(settings, feed(), received, settings.home).name == "sales.csv"
    deliver(settings, "shop/sales.csv", one_line("A"))
    [plain] = take_in(settings, feed())
    assert plain.resent_of == packed.delivery_id


def test_hidden_members_and_folders_are_no_deliveries(settings: Settings) -> None:
    hidden = ["__MACOSX/a.csv", ".DS_Store", "b/.c.csv", ".git/d.csv", "e.csv.part"]
    content = [("folder/", ""), *((name, "x") for name in hidden), ("folder/a.csv", one_line("A"))]
    deliver(settings, "shop/week.zip", zip_of(content))
    assert landed(settings) == {"shop/week.zip/folder/a.csv": None}


@pytest.mark.parametrize(
    ("member", "found"),
    [("*.csv", ["a.csv", "x/b.csv"]), ("x/*.csv", ["x/b.csv"]), ("**/*.txt", ["read.txt", "x/y/z.txt"])],
)
def test_the_contract_says_which_members_count(settings: Settings, member: str, found: list[str]) -> None:
    names = ["a.csv", "x/b.csv", "read.txt", "x/y/z.txt"]
    deliver(settings, "shop/week.zip", zip_of([(name, one_line(name)) for name in names]))
    assert landed(settings, feed(server={"member": member})) == {f"shop/week.zip/{name}": None for name in found}


def test_an_archive_without_a_member_that_counts_is_refused(settings: Settings) -> None:
    deliver(settings, "shop/week.zip", zip_of([("a.csv", one_line("A"))]))
    deliver(settings, "shop/empty.zip", zip_of([]))
    problems = landed(settings, feed(server={"member": "*.CSV"}))
    assert "correct `member` in the contract" in (problems["shop/week.zip"] or "")
    assert "holds no file" in (problems["shop/empty.zip"] or "")


def linked_zip_member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HOSTILE = {
    "../../../out.csv": "leads out of the archive",
    "/etc/out.csv": "leads out of the archive",
    "..\\out.csv": "leads out of the archive",
    "C:\\out.csv": "leads out of the archive",
    "x/../../out.csv": "leads out of the archive",
    "bell\a.csv": "holds control characters",
    f"{'n' * 300}.csv": "is too long",
    "inner.zip": "an archive in an archive",
    "inner.csv.gz": "an archive in an archive",
}


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize(("name", "reason"), HOSTILE.items())
def test_a_hostile_member_is_refused_and_the_good_one_beside_it_is_kept(
    settings: Settings, pack: Any, name: str, reason: str
) -> None:
    deliver(
        settings, "shop/week.zip" if pack is zip_of else "shop/week.tgz", pack([(name, "x"), ("a.csv", one_line("A"))])
    )
    before = {path for path in settings.home.parent.rglob("*") if settings.lake not in path.parents}
    entries = take_in(settings, feed())
    assert {path for path in settings.home.parent.rglob("*") if settings.lake not in path.parents} - before <= {
        settings.lake, settings.home / "pseudonym.key"
    }  # fmt: skip
    refused, good = sorted(entries, key=lambda entry: entry.rejected_reason is None)
    assert reason in (refused.rejected_reason or "")
    assert ".." not in refused.file_name
    assert good.file_name.endswith("/a.csv")
    assert lines(settings, "product_code") == [("A",)]


def test_links_and_devices_of_a_tar_are_refused(settings: Settings) -> None:
    kinds = {
        "link.csv": special("link.csv", tarfile.SYMTYPE, "/etc/passwd"),
        "hard.csv": special("hard.csv", tarfile.LNKTYPE, "a.csv"),
        "fifo.csv": special("fifo.csv", tarfile.FIFOTYPE),
        "device.csv": special("device.csv", tarfile.CHRTYPE),
    }
    deliver(settings, "shop/week.tgz", tar_of([("a.csv", one_line("A")), *((info, "") for info in kinds.values())]))
    found = landed(settings)
    assert found.pop("shop/week.tgz/a.csv") is None
    assert set(found) == {f"shop/week.tgz/{name}" for name in kinds}
    assert all("a link, a device" in (problem or "") for problem in found.values())


def test_a_link_of_a_zip_is_refused(settings: Settings) -> None:
    content: Content = [(linked_zip_member("link.csv"), "/etc/passwd"), ("a.csv", one_line("A"))]
    deliver(settings, "shop/week.zip", zip_of(content))
    found = landed(settings)
    assert found.pop("shop/week.zip/a.csv") is None
    assert "a link, a device" in (found["shop/week.zip/link.csv"] or "")


def test_a_member_name_that_is_not_utf8_is_refused(settings: Settings) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(tarfile.TarInfo("été.csv"))
    deliver(settings, "shop/week.tar", target.getvalue())
    [(name, problem)] = landed(settings).items()
    assert name == "shop/week.tar/%E9t%E9.csv"
    assert "is not UTF-8" in (problem or "")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_two_members_of_one_name_are_refused_since_neither_is_the_right_one(settings: Settings, pack: Any) -> None:
    content = [("a.csv", one_line("A")), ("b.csv", one_line("B")), ("./a.csv", one_line("C")), ("a.csv", one_line("D"))]
    name = "shop/week.zip" if pack is zip_of else "shop/week.tgz"
    deliver(settings, name, pack(content))
    found = landed(settings)
    assert "two files of this name" in (found.pop(f"{name}/a.csv") or "")
    assert found == {f"{name}/b.csv": None}


def kept(settings: Settings) -> int:
    """Bytes below the lake's store and work folder."""
    folders = (settings.lake / "files", settings.lake / ".work")
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "pack"),
    [("bomb.zip", zip_of), ("bomb.tar.gz", tar_of), ("bomb.csv.gz", lambda content: gzip.compress(content[1][1]))],
    **NAMED,
)
def test_a_bomb_ends_in_one_rejection_and_takes_neither_memory_nor_disk(
    settings: Settings, name: str, pack: Any
) -> None:
    bomb = pack([("a.csv", one_line("A")), ("zeros.csv", bytes(64 << 20))])
    deliver(settings, f"shop/{name}", bomb)
    tracemalloc.start()
    [entry] = take_in(settings, feed())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert entry.file_name == f"shop/{name}"
    assert "more than 200 times its size" in (entry.rejected_reason or "")
    assert peak < 32 << 20
    assert kept(settings) < 1 << 20
    assert stored_path(settings, hashlib.sha256(bomb).hexdigest()).exists()


def test_an_archive_that_grows_beyond_the_bound_leaves_nothing_behind(settings: Settings) -> None:
    noise = random.Random(0)
    content = [(f"{number}.csv", noise.randbytes(300_000)) for number in range(10)]
    packed = zip_of(content, zipfile.ZIP_STORED)
    deliver(settings, "shop/week.zip", packed)
    bounded = settings.model_copy(update={"archive_bytes": 1_000_000})
    [(name, problem)] = landed(bounded).items()
    assert name == "shop/week.zip"
    assert "SELLTRACE_ARCHIVE_BYTES" in (problem or "")
    assert [path.name for path in (settings.lake / "files").iterdir()] == [f"{hashlib.sha256(packed).hexdigest()}.zst"]
    assert list((settings.lake / ".work").iterdir()) == []


def test_a_bound_that_was_raised_lets_the_archive_in(settings: Settings) -> None:
    deliver(settings, "shop/week.zip", zip_of([(f"{number}.csv", one_line("A")) for number in range(4)]))
    bounded = settings.model_copy(update={"archive_members": 3})
    [problem] = landed(bounded).values()
    assert "SELLTRACE_ARCHIVE_MEMBERS" in (problem or "")
    assert landed(bounded) == {}
    assert landed(settings) == {f"shop/week.zip/{number}.csv": None for number in range(4)}
    assert landed(settings) == {}


def test_declared_sizes_are_not_believed(settings: Settings) -> None:
    packed = bytearray(zip_of([("a.csv", bytes(1 << 20))]))
    listed = packed.rindex(b"PK\x01\x02")
    packed[listed + 24 : listed + 28] = (10).to_bytes(4, "little")
    deliver(settings, "shop/week.zip", bytes(packed))
    [(name, problem)] = landed(settings).items()
    assert name == "shop/week.zip"
    assert "is broken" in (problem or "")


def test_a_header_that_is_there_to_fill_the_memory_is_refused(settings: Settings) -> None:
    info = special("pax", tarfile.XHDTYPE)
    info.size = 64 << 20
    deliver(settings, "shop/week.tgz", gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(64 << 20), 1))
    tracemalloc.start()
    [problem] = landed(settings).values()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "a header is too long" in (problem or "")
    assert peak < 32 << 20


def test_a_list_of_members_that_is_there_to_fill_the_memory_is_refused(settings: Settings) -> None:
    names = [f"{'n' * 60_000}{number}" for number in range(100)]
    deliver(settings, "shop/week.zip", zip_of([(name, "") for name in names]))
    bounded = settings.model_copy(update={"archive_members": 100})
    [problem] = landed(bounded).values()
    assert "list of files of the archive is too long" in (problem or "")


def encrypted() -> bytes:
    packed = bytearray(zip_of([("a.csv", one_line("A")), ("b.csv", one_line("B"))]))
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


GOOD_TAR = tar_of([("a.csv", one_line("A")), ("b.csv", one_line("B"))], "w:")
DAMAGED_TAR = GOOD_TAR[:1030] + b"!" + GOOD_TAR[1031:]
BROKEN = {
    "cut.zip": (zip_of([("a.csv", one_line("A"))])[:-10], "is broken"),
    "no.zip": (b"Code;Jour\n", "is broken"),
    "nothing.zip": (b"", "is broken"),
    "secret.zip": (encrypted(), "is encrypted"),
    "rare.zip": (zip_of([("a.csv", one_line("A"))], zipfile.ZIP_LZMA), "plain zip"),
    "cut.tar.gz": (tar_of([("a.csv", random.Random(0).randbytes(99_999))])[:-50_000], "is broken"),
    "cut.tar": (GOOD_TAR[:1100], "is broken"),
    "damaged.tar": (DAMAGED_TAR, "a header is damaged"),
    "two.tar": (GOOD_TAR + GOOD_TAR, "something follows its end"),
    "no.tar": (b"Code;Jour\n", "is broken"),
    "cut.csv.gz": (gzip.compress(one_line("A").encode())[:-4], "is broken"),
    "no.csv.gz": (b"Code;Jour\n", "is broken"),
}


@pytest.mark.parametrize(("name", "packed", "reason"), [(name, *rest) for name, rest in BROKEN.items()], **NAMED)
def test_an_archive_that_cannot_be_read_to_its_end_is_one_rejected_delivery(
    settings: Settings, name: str, packed: bytes, reason: str
) -> None:
    deliver(settings, f"shop/{name}", packed)
    [entry] = take_in(settings, feed())
    assert entry.file_name == f"shop/{name}"
    assert reason in (entry.rejected_reason or "")
    unpack(settings, entry.sha256, settings.home / "back")
    assert (settings.home / "back").read_bytes() == packed


def test_no_damage_makes_landing_fail(settings: Settings) -> None:
    noise = random.Random(7)
    sound = {"a.zip": encrypted(), "a.tar": GOOD_TAR, "a.tgz": gzip.compress(GOOD_TAR)}
    for number in range(90):
        name, packed = list(sound.items())[number % 3]
        damaged = bytearray(packed)
        for _ in range(noise.choice((1, 3, 9))):
            damaged[noise.randrange(len(damaged))] = noise.randrange(256)
        deliver(settings, f"shop/{number}{name}", bytes(damaged))
    look = landing.land(settings, feed())
    assert look.problems == []
    assert {entry.file_name.split("/")[1] for entry in look.new} == {
        path.name for path in (settings.landing / "shop").iterdir()
    }


def test_an_unchanged_archive_is_not_opened_again(settings: Settings) -> None:
    path = deliver(settings, "shop/week.zip", zip_of([("a.csv", one_line("A"))]))
    assert len(landed(settings)) == 1
    state = path.stat()
    path.write_bytes(zip_of([("a.csv", one_line("B"))]))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == state.st_size
    assert landed(settings) == {}
    os.utime(path)
    assert landed(settings) == {"shop/week.zip/a.csv": None}


def test_of_an_archive_that_grows_by_the_day_only_what_is_new_is_a_delivery(settings: Settings) -> None:
    days = [("1.csv", one_line("A")), ("2.csv", one_line("B"))]
    deliver(settings, "shop/month.zip", zip_of(days[:1]))
    assert landed(settings) == {"shop/month.zip/1.csv": None}
    deliver(settings, "shop/month.zip", zip_of(days))
    assert landed(settings) == {"shop/month.zip/2.csv": None}
    deliver(settings, "shop/month.zip", zip_of([("1.csv", one_line("C")), days[1]]))
    assert landed(settings) == {"shop/month.zip/1.csv": None}
    first, second, third = received_of(settings, "shop.sell_out")
    assert (first.file_name, second.file_name, third.file_name) == tuple(
        f"shop/month.zip/{day}.csv" for day in (1, 2, 1)
    )


def test_an_archive_whose_recording_was_cut_short_is_opened_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number}.csv" for number in range(4)]
    deliver(settings, "shop/week.zip", zip_of([(name, one_line(name)) for name in names]))
    left = iter([True, True])
    recording = landing.record_received

    def dying(*arguments: Any) -> None:
        if not next(left, False):
            raise KeyboardInterrupt
        recording(*arguments)

    monkeypatch.setattr(landing, "record_received", dying)
    with pytest.raises(KeyboardInterrupt):
        landing.land(settings, feed())
    monkeypatch.undo()
    assert len(take_in(settings, feed())) == 4
    assert sorted(lines(settings, "product_code")) == [(name,) for name in names]


@pytest.mark.parametrize("pattern", ["sales_%Y-%m-%d.csv", "week_%Y-%m-%d.zip"])
def test_the_moment_of_receipt_stands_in_the_name_of_the_member_or_of_its_archive(
    settings: Settings, pattern: str
) -> None:
    deliver(settings, "shop/week_2025-01-06.zip", zip_of([("sales_2025-01-06.csv", one_line("A"))]))
    [entry] = landing.land(settings, feed(received_at=f"filename:{pattern}")).new
    assert (entry.problem, f"{entry.received_at:%Y-%m-%d}") == (None, "2025-01-06")


def test_a_contract_that_was_corrected_takes_up_members_that_their_names_kept_out(settings: Settings) -> None:
    deliver(settings, "shop/week.zip", zip_of([("2025_01_06.csv", one_line("A")), ("2025-01-07.csv", one_line("B"))]))
    first = landed(settings, feed(received_at="filename:%Y-%m-%d.csv"))
    assert [problem is None for _, problem in sorted(first.items())] == [True, False]
    assert landed(settings, feed(received_at="filename:%Y*%m*%d.csv")) == {"shop/week.zip/2025_01_06.csv": None}


PERSONAL = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True, primary_key=True))


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("week.zip", zip_of([(f"{name}.csv", one_line(name)) for name in "AB"])),
        ("week.tgz", tar_of([(f"{name}.csv", one_line(name)) for name in "AB"])),
        ("a.csv.gz", gzip.compress((one_line("A") + "B;07/01/2025;1;1\n").encode())),
    ],
    **NAMED,
)
def test_of_a_personal_feed_members_are_read_and_nothing_is_kept(settings: Settings, name: str, packed: bytes) -> None:
    path = deliver(settings, f"shop/{name}", packed)
    entries = take_in(settings, feed(mappings=PERSONAL))
    assert all(entry.rejected_reason is None for entry in entries)
    assert sorted(lines(settings, "product_code")) == [("A",), ("B",)]
    assert kept(settings) == 0
    assert not (settings.lake / "files").exists()
    corrected = feed(mappings=PERSONAL, defaults={"location_code": "X"})
    take_in(settings, corrected)
    assert lines(settings, "location_code") == [("X",), ("X",)]
    path.unlink()
    problems: list[str] = []
    assert take_in(settings, feed(mappings=PERSONAL, defaults={"location_code": "Y"}), problems) == []
    assert len(problems) == len(entries)
    assert "put the file back as it was" in problems[0]
    assert lines(settings, "location_code") == [("X",), ("X",)]


def test_the_days_of_a_real_shop_in_one_archive(settings: Settings) -> None:
    source = REAL / "online_retail_by_day.tar.gz"
    if not source.exists():
        pytest.skip(f"the data of Online Retail is not at {source}")
    (settings.landing / "shop").mkdir(parents=True)
    (settings.landing / "shop" / source.name).write_bytes(source.read_bytes())
    found = landed(settings, feed(received_at="filename:%Y-%m-%d.csv"))
    assert len(found) == 305
    assert set(found.values()) == {None}
    assert landed(settings, feed(received_at="filename:%Y-%m-%d.csv")) == {}
