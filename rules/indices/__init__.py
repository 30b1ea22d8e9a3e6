"""What measured numbers mean by the standards: the air quality index and the class of water.

Pure and vectorised over stations. Knows the tables of HJ 633 and GB 3838 and nothing of where
numbers come from: concentrations go in with NaN for what is missing, an index comes out, or NA;
never a number that the standard does not give. A change here changes what the city publishes; the
vectors of the standards in `tests/rules/indices` are its proof.
"""

from __future__ import annotations

from rules.indices.aqi_tables import Edition, Report, edition_at
from rules.indices.gb3838_tables import Water
from rules.indices.given import IndexInputError

__all__ = ["Edition", "IndexInputError", "Report", "Water", "edition_at"]
