"""What Pillow makes of small random pictures: `python -m sieve_ref.pictures` writes `fixtures/pictures.json`.

`resized`: a picture and what `Image.resize` makes of it, by each filter, at odd sizes. `encoded`: small files and their
sizes. Bytes are base64, pixels [height, width, 3].
"""

import base64
import io
import json
from pathlib import Path

import numpy
from PIL import Image

OUT = Path(__file__).parent.parent / "fixtures" / "pictures.json"
# From, to, and the filter's number: larger, smaller, much smaller, one direction alone.
RESIZED = [
    ((5, 7), (11, 13), 2),
    ((17, 13), (6, 5), 2),
    ((37, 3), (4, 9), 2),
    ((5, 7), (11, 13), 3),
    ((17, 13), (6, 5), 3),
    ((9, 9), (9, 4), 3),
    ((13, 11), (7, 12), 1),
    ((19, 5), (3, 5), 4),
    ((1, 1), (3, 2), 3),
]
ENCODED = [
    ("png", (7, 5), {}),
    ("jpeg", (9, 17), {}),
    ("jpeg", (300, 11), {"progressive": True}),
    ("webp", (5, 8), {}),
    ("webp", (6, 3), {"lossless": True}),
]


def text(values: bytes) -> str:
    return base64.b64encode(values).decode()


def main() -> None:
    rng = numpy.random.default_rng(7)
    draw = lambda width, height: Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=numpy.uint8))
    sized = lambda picture: {"width": picture.width, "height": picture.height, "values": text(picture.tobytes())}
    resized = []
    for size, to, resample in RESIZED:
        picture = draw(*size)
        resized.append({"from": sized(picture), "to": sized(picture.resize(to, resample)), "resample": resample})
    encoded = []
    for kind, (width, height), options in ENCODED:
        file = io.BytesIO()
        draw(width, height).save(file, kind, **options)
        encoded.append({"format": kind, "width": width, "height": height, "bytes": text(file.getvalue()[:1024])})
    # An extended WebP: one with transparency and lossy colours.
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (4, 9, 4), dtype=numpy.uint8)).save(file, "webp", quality=20)
    encoded.append({"format": "webp", "width": 9, "height": 4, "bytes": text(file.getvalue()[:1024])})
    OUT.write_text(json.dumps({"resized": resized, "encoded": encoded}, indent=1) + "\n")


if __name__ == "__main__":
    main()
