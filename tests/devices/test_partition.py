"""Which datastreams come by a partition."""

from devices import catalogue
from devices.partition import owned, partition_of
from tests.small_city import TEXTS, city


def test_every_datastream_comes_by_the_partition_of_its_gateways_key():
    town = city()
    for partition in range(4):
        due = [
            partition_of(town.gateways[gateway].place, 4) == partition
            for gateway in town.gateway_of
        ]  # fmt: skip
        assert owned(town, partition, 4).tolist() == due
    assert sum(int(owned(town, partition, 4).sum()) for partition in range(4)) == 5


def test_gateways_of_one_zone_share_a_partition():
    rows = TEXTS["gateways.csv"].replace("name_en\n", "name_en,zone\n")
    for name in ("Bridge gateway", "Lock gateway", "Road gateway"):
        rows = rows.replace(f"{name}\n", f"{name},all\n")
    town = catalogue.build({**TEXTS, "gateways.csv": rows})
    shares = [int(owned(town, partition, 16).sum()) for partition in range(16)]
    assert sorted(shares) == [0] * 15 + [5]
