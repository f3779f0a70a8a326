"""Captures of any size on Apache Spark: Spark distributes, the program ``wstap`` decodes."""

from .analysis import Analysis, analyse
from .errors import CaptureProblem
from .source import WstapDataSource, register
from .splitting import Split, split
from .tables import TABLES, schema

__all__ = [
    "Analysis", "CaptureProblem", "Split", "TABLES", "WstapDataSource", "analyse", "register", "schema", "split",
]
