"""Files: problems in native JSON and in the standard text formats, schedules, and documents with both.

Parsers such as :func:`parse_jsplib` give neutral arrays, for code that wants no problem.
"""

from schedcore.io.atomic import atomic_write_bytes, atomic_write_text
from schedcore.io.document import Document, document_from_dict, document_to_dict
from schedcore.io.files import (
    read_document,
    read_problem,
    read_schedule,
    write_document,
    write_problem,
    write_schedule,
)
from schedcore.io.fjsplib import fjsplib_text, parse_fjsplib
from schedcore.io.formats import FORMATS, Format, read_problem_text
from schedcore.io.job_shop import (
    ParsedFlexibleShop,
    ParsedJobShop,
    flexible_shop_of,
    flexible_shop_problem,
    job_shop_of,
    job_shop_problem,
)
from schedcore.io.jsplib import jsplib_text, parse_jsplib
from schedcore.io.patterson import parse_patterson, patterson_text
from schedcore.io.project import ParsedMode, ParsedProject, project_of, project_problem
from schedcore.io.psplib import parse_psplib, psplib_text
from schedcore.io.taillard import TaillardInstance, parse_taillard
from schedcore.io.text_file import read_text, write_text

__all__ = [
    "FORMATS",
    "Document",
    "Format",
    "ParsedFlexibleShop",
    "ParsedJobShop",
    "ParsedMode",
    "ParsedProject",
    "TaillardInstance",
    "atomic_write_bytes",
    "atomic_write_text",
    "document_from_dict",
    "document_to_dict",
    "fjsplib_text",
    "flexible_shop_of",
    "flexible_shop_problem",
    "job_shop_of",
    "job_shop_problem",
    "jsplib_text",
    "parse_fjsplib",
    "parse_jsplib",
    "parse_patterson",
    "parse_psplib",
    "parse_taillard",
    "patterson_text",
    "project_of",
    "project_problem",
    "psplib_text",
    "read_document",
    "read_problem",
    "read_problem_text",
    "read_schedule",
    "read_text",
    "write_document",
    "write_problem",
    "write_schedule",
    "write_text",
]
