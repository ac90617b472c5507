"""How good a model is: BraTS-style cases, scores, tables and a page of pictures."""

from BratsSegmenterLib.learning.evaluation.calibration import calibrate, refuse_to_calibrate, synthesis_settings
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase, find_cases, read_case
from BratsSegmenterLib.learning.evaluation.comparison import HEADINGS as DIFFERENCE_HEADINGS
from BratsSegmenterLib.learning.evaluation.comparison import (
    difference_rows,
    differences,
    differences_json,
)
from BratsSegmenterLib.learning.evaluation.gaps import sequence_gaps
from BratsSegmenterLib.learning.evaluation.layouts import find_labelled_cases, with_label_four_settled
from BratsSegmenterLib.learning.evaluation.metrics import EMPTY_REGIONS, RegionScores
from BratsSegmenterLib.learning.evaluation.nnunet import LabelledFiles
from BratsSegmenterLib.learning.evaluation.page import PicturePage, case_picture
from BratsSegmenterLib.learning.evaluation.run import (
    CaseResult,
    Evaluation,
    Protocol,
    SetAside,
    evaluate,
    scored_regions,
)
from BratsSegmenterLib.learning.evaluation.stripping import refuse_what_is_no_brain
from BratsSegmenterLib.learning.evaluation.summary import (
    case_rows,
    measure_rows,
    statistics,
    to_json,
    trust_json,
    write_csv,
)
from BratsSegmenterLib.learning.evaluation.trust import HEADINGS as TRUST_HEADINGS
from BratsSegmenterLib.learning.evaluation.trust import trust, trust_rows
from BratsSegmenterLib.learning.evaluation.variants import (
    VARIANTS,
    VariantResult,
    evaluate_variants,
    variant_rows,
    variants_json,
    write_variants_csv,
    write_variants_page,
)

__all__ = [
    "DIFFERENCE_HEADINGS",
    "EMPTY_REGIONS",
    "TRUST_HEADINGS",
    "VARIANTS",
    "CaseResult",
    "Evaluation",
    "LabelledCase",
    "LabelledFiles",
    "PicturePage",
    "Protocol",
    "RegionScores",
    "SetAside",
    "VariantResult",
    "calibrate",
    "case_picture",
    "case_rows",
    "difference_rows",
    "differences",
    "differences_json",
    "evaluate",
    "evaluate_variants",
    "find_cases",
    "find_labelled_cases",
    "measure_rows",
    "read_case",
    "refuse_to_calibrate",
    "refuse_what_is_no_brain",
    "scored_regions",
    "sequence_gaps",
    "statistics",
    "synthesis_settings",
    "to_json",
    "trust",
    "trust_json",
    "trust_rows",
    "variant_rows",
    "variants_json",
    "with_label_four_settled",
    "write_csv",
    "write_variants_csv",
    "write_variants_page",
]
