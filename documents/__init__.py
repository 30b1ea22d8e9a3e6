"""Documents 文书: texts, figures, tables and plots as PDF and DOCX, in Chinese or English.

What stands in a document is said once, as blocks; how it looks is said once for each form. Knows no
database, no clock and no city: facts, times and the folder of fonts come in, bytes go out. The same
document gives the same bytes of a PDF. A change of a block touches both forms.
"""

from documents.as_docx import docx
from documents.as_pdf import pdf
from documents.blocks import (
    Bars,
    Block,
    Document,
    Figure,
    Figures,
    Heading,
    Lang,
    Paragraph,
    Series,
    Table,
)
from documents.fonts import FontError, Fonts
from documents.handover import handover
from documents.report import Period, report

__all__ = [
    "Bars",
    "Block",
    "Document",
    "Figure",
    "Figures",
    "FontError",
    "Fonts",
    "Heading",
    "Lang",
    "Paragraph",
    "Period",
    "Series",
    "Table",
    "docx",
    "handover",
    "pdf",
    "report",
]
