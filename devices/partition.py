"""Which partition of the log holds what: a function of the key, for all who write or read it."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from devices.catalogue import Catalogue


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key.

    CRC-32 and not Kafka's murmur2, because every language of the field has it; all producers of
    `observations` must agree.

    >>> partition_of("luotang-river-1", 4) in range(4)
    True
    """
    return zlib.crc32(key.encode()) % partitions


def owned(catalogue: Catalogue, partition: int, partitions: int) -> NDArray[np.bool_]:
    """Return which datastreams come by a partition of `observations`.

    Args:
        catalogue: tells the key of each gateway.
        partition: from 0.
        partitions: of the topic.

    Returns:
        (s,) by slot.
    """
    mine = {
        one.id for one in catalogue.gateways.values()
        if partition_of(one.key, partitions) == partition
    }  # fmt: skip
    count = len(catalogue.gateway_of)
    return np.fromiter((one in mine for one in catalogue.gateway_of), np.bool_, count)
