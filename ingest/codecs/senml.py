"""SenML in JSON: packs of records with base fields.

Source:
    RFC 8428, section 5. `ingest.codecs.senml_pack` resolves the records.
"""

from __future__ import annotations

import msgspec

from ingest.codecs.decoded import Decoded, Heard
from ingest.codecs.senml_pack import (
    LONGEST,
    PackError,
    Plain,
    Record,
    refused,
    resolve,
    resolve_plain,
)

_plain = msgspec.json.Decoder(list[Plain])
_any = msgspec.json.Decoder(list[Record])


def decode(payload: bytes, heard: Heard) -> Decoded:
    """Decode a pack.

    Args:
        payload: the JSON text.
        heard: relative times count from its receipt.

    >>> decode(b'[{"bn":"g/","bt":1.7e9,"n":"level","u":"m","v":3.8}]', Heard()).measurements.value
    array([3.8])
    """
    if len(payload) > LONGEST:
        return refused(f"{len(payload)} bytes; at most {LONGEST}")
    try:
        found = resolve_plain(_plain.decode(payload), heard)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        found = None  # said below, by a reader who takes more and tells where
    if found is not None:
        return Decoded(found)
    try:
        records = _any.decode(payload)
        if b'_"' in payload:
            _refuse_must_understand(payload)
        return Decoded(resolve(records, heard))
    except (msgspec.MsgspecError, PackError) as error:
        return refused(str(error))
    except UnicodeDecodeError as error:
        return refused(f"not UTF-8: {error}")
    except RecursionError:
        return refused("nested deeper than any pack")


def _refuse_must_understand(payload: bytes) -> None:
    """Refuse fields whose name ends in an underscore (section 4.4)."""
    for index, record in enumerate(msgspec.json.decode(payload)):
        for field in record:
            if field.endswith("_"):
                raise PackError(f"record {index}: field {field!r} must be understood, and is not")
