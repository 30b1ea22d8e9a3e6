"""Snapshots: what is no picture is refused with its reason, what is one is drawn anew."""

import io
import random

import pytest
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ingest.snapshot import LARGEST_BYTES, NoSnapshot, Snapshot, take
from tests.codecs.bad_bytes import hunt


def scene(width=640, height=360):
    """A white left half, a black right half, and a red square at the upper left."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height), "black")
    draw.rectangle((0, 0, width // 8, height // 8), "red")
    return picture


def jpeg(picture=None, **options):
    out = io.BytesIO()
    (picture or scene()).save(out, "JPEG", **options)
    return out.getvalue()


def exif(orientation):
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "Camera Maker"
    found.get_ifd(0x8825)[1] = "N"
    return found


def taken(payload, snapshot_id="s-1"):
    found = take(snapshot_id, payload)
    assert isinstance(found, Snapshot), found
    return found, Image.open(io.BytesIO(found.jpeg))


def why(payload, snapshot_id="s-1"):
    found = take(snapshot_id, payload)
    assert isinstance(found, NoSnapshot)
    return found.reason


def near(pixel, wanted):
    return all(abs(a - b) < 40 for a, b in zip(pixel, wanted, strict=True))


def test_a_picture_is_kept_with_its_size():
    found, drawn = taken(jpeg())
    assert (found.id, found.width, found.height) == ("s-1", 640, 360)
    assert (drawn.format, drawn.size) == ("JPEG", (640, 360))
    assert near(drawn.getpixel((100, 200)), (255, 255, 255))
    assert near(drawn.getpixel((600, 200)), (0, 0, 0))
    assert near(drawn.getpixel((20, 20)), (255, 0, 0))


def test_nothing_but_the_picture_is_kept():
    payload = jpeg(
        exif=exif(1), comment=b"owner: somebody", icc_profile=b"profile of somebody",
        xmp=b"<x:xmpmeta>somebody</x:xmpmeta>",
    )  # fmt: skip
    assert payload.count(b"somebody") == 3
    found, drawn = taken(payload)
    assert b"somebody" not in found.jpeg
    assert b"Camera Maker" not in found.jpeg
    assert b"Exif" not in found.jpeg
    assert set(drawn.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera of that orientation writes an upright scene."""


@pytest.mark.parametrize("orientation", TURNS, ids=[f"EXIF_4.6.4_A_{one}" for one in TURNS])
def test_a_picture_is_made_upright_before_its_orientation_is_dropped(orientation):
    upright = scene()
    turn = TURNS[orientation]
    written = upright if turn is None else upright.transpose(turn)
    found, drawn = taken(jpeg(written, exif=exif(orientation)))
    assert (found.width, found.height) == drawn.size == (640, 360)
    assert near(drawn.getpixel((20, 20)), (255, 0, 0))
    assert near(drawn.getpixel((100, 300)), (255, 255, 255))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_turns_nothing(orientation):
    assert taken(jpeg(exif=exif(orientation)))[0].width == 640


def test_broken_exif_does_not_cost_the_picture():
    for broken in (
        b"Exif\0\0",
        b"Exif\0\0XX",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0" + b"I" * 99,
    ):
        assert taken(jpeg(exif=broken))[0].width == 640


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_every_kind_of_jpeg_is_drawn(mode, progressive):
    _, drawn = taken(jpeg(scene().convert(mode), progressive=progressive))
    assert drawn.mode == ("L" if mode == "L" else "RGB")


def test_a_picture_that_grows_is_written_smaller():
    noise = Image.frombytes("RGB", (640, 480), random.Random(1).randbytes(640 * 480 * 3))
    payload = next(
        one
        for quality in range(90, 1, -1)
        if len(one := jpeg(noise, quality=quality)) <= LARGEST_BYTES
    )
    found, _ = taken(payload)
    assert len(found.jpeg) <= LARGEST_BYTES
    assert (found.width, found.height) == (640, 480)


def test_a_large_flat_picture_is_taken():
    found, _ = taken(jpeg(Image.new("RGB", (4096, 4096), "blue")))
    assert (found.width, found.height) == (4096, 4096)


def png():
    out = io.BytesIO()
    scene().save(out, "PNG")
    return out.getvalue()


def sized(width, height):
    """A small JPEG that says it is large."""
    said = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return jpeg(Image.new("L", (16, 16))).replace(b"\0\x10\0\x10", said)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"", "begins with nothing", id="empty"),
        pytest.param(b"hello", "begins with 68656c6c", id="text"),
        pytest.param(png(), "begins with 89504e47", id="png"),
        pytest.param(b"\xff\xd8\xff\xd9", "not a JPEG that can be drawn", id="start_and_end"),
        pytest.param(jpeg()[:-2], "it is cut off", id="without_end"),
        pytest.param(jpeg() + b"<script>", "something follows it", id="something_behind"),
        pytest.param(jpeg() + bytes(LARGEST_BYTES), "at most 300000", id="too_long"),
        pytest.param(
            jpeg(Image.new("L", (4097, 4096))), "4097 × 4096 pixels", id="too_many_pixels"
        ),
        pytest.param(sized(10_000, 10_000), "10000 × 10000 pixels", id="too_many_for_pillow_too"),
        pytest.param(sized(65_500, 65_500), "decompression bomb", id="decompression_bomb"),
        pytest.param(
            jpeg().replace(b"\xff\xda", b"\xff\xda" * 30), "30 scans", id="many_scans"
        ),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_with_its_reason(payload, reason):
    assert reason in why(payload)


def test_padding_behind_the_end_is_no_harm():
    assert taken(jpeg() + bytes(100))[0].width == 640


@pytest.mark.parametrize("snapshot_id", ["a", "Cam-1_2026.07.01", "x" * 128])
def test_ids_that_are_taken(snapshot_id):
    assert taken(jpeg(), snapshot_id)[0].id == snapshot_id


@pytest.mark.parametrize("snapshot_id", ["", "x" * 129, "a/b", "a b", "积水", "a\0", "a\n"])
def test_ids_that_are_refused(snapshot_id):
    assert "must be up to 128" in why(jpeg(), snapshot_id)


def test_a_picture_cut_off_anywhere_is_refused(tried):
    payload = jpeg(scene(160, 90), exif=exif(6))
    for cut in range(len(payload)):
        assert isinstance(take("s", payload[:cut]), NoSnapshot)
        # Also where the cut is dressed up as an end, unless all of the picture stands before it.
        dressed = take("s", payload[:cut] + b"\xff\xd9")
        assert isinstance(dressed, NoSnapshot) or (dressed.width, dressed.height) == (90, 160)
    tried("snapshot", 2 * len(payload))


def test_any_bytes_give_a_small_clean_jpeg_or_a_reason(tried):
    changes = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8)
    tried("snapshot", hunt(st.tuples(changes, st.booleans()), _look, examples=300))


def _look(how):
    changes, progressive = how
    payload = bytearray(jpeg(scene(160, 90), exif=exif(8), progressive=progressive))
    for at, value in changes:
        payload[at % len(payload)] = value
    found = take("s", bytes(payload))
    if isinstance(found, Snapshot):
        with Image.open(io.BytesIO(found.jpeg)) as drawn:
            drawn.load()
            assert drawn.size == (found.width, found.height)
        assert len(found.jpeg) <= LARGEST_BYTES
        assert b"Exif" not in found.jpeg
    else:
        assert found.reason
