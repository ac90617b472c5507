"""Headers of MR series as six vendors write them, each with the sequence a radiologist would call it.

Written from the vendors' usual protocols, not copied from patients. They hold the traps of the field: T1 named FLAIR,
FLAIR without inversion time, agents typed into every series, T2* that looks like T1, maps that look like images.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import MRImageStorage

from BratsSegmenterLib.domain import Frame, Sequence, Series

T1, T1C, T2, FLAIR = Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR
NONE = None

SIEMENS, GE, PHILIPS = "SIEMENS", "GE MEDICAL SYSTEMS", "Philips Medical Systems"
CANON, HITACHI, UNITED = "TOSHIBA_MEC", "HITACHI MEDICAL CORPORATION", "UIH"

_PLAIN = ("ORIGINAL", "PRIMARY", "M", "ND", "NORM")
_GE = ("ORIGINAL", "PRIMARY", "OTHER")
_FFE, _SE, _IR = (("ORIGINAL", "PRIMARY", f"M_{kind}", "M", kind) for kind in ("FFE", "SE", "IR"))


@dataclass(frozen=True)
class Specimen:
    """One header and what it is; times in milliseconds.

    `scanning` is Scanning Sequence, `more` holds further attributes by keyword.
    """

    expected: Sequence | None
    vendor: str
    description: str
    scanning: str
    repetition_time: float
    echo_time: float
    inversion_time: float | None = None
    image_type: tuple[str, ...] = _PLAIN
    agent: str = ""
    more: dict[str, object] = field(default_factory=dict)

    def series(self, number: int = 1, slices: int = 24, acquired: str = "101500") -> Series:
        """The specimen as a series of axial slices 5 mm apart."""
        header = Dataset()
        header.Modality, header.Manufacturer, header.SOPClassUID = "MR", self.vendor, MRImageStorage
        header.SeriesDescription, header.ImageType = self.description, list(self.image_type)
        header.ScanningSequence = self.scanning.split("\\")
        header.RepetitionTime, header.EchoTime = str(self.repetition_time), str(self.echo_time)
        if self.inversion_time is not None:
            header.InversionTime = str(self.inversion_time)
        if self.agent:
            header.ContrastBolusAgent = self.agent
        header.StudyDate, header.AcquisitionTime = "20260102", acquired
        header.Rows = header.Columns = 256
        header.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        for keyword, value in self.more.items():
            setattr(header, keyword, value)
        return series_of(header, number, slices)


def series_of(header: Dataset, number: int = 1, slices: int = 24) -> Series:
    """A series of that header whose files do not exist; recognition reads none."""
    frames = tuple(
        Frame(Path(f"{number}-{k}.dcm"), MRImageStorage, f"2.25.{number}.{k}", None, (0.0, 0.0, 5.0 * k))
        for k in range(slices)
    )
    description = str(header.get("SeriesDescription", ""))
    return Series(f"2.25.{number}", "2.25.1", f"2.25.{number}", "MR", description, number, "2.25.2", frames, header)


def _ge(expected: Sequence | None, description: str, scanning: str, tr: float, te: float, ti: float | None = None,
        agent: str = "", **more: object) -> Specimen:  # fmt: skip
    return Specimen(expected, GE, description, scanning, tr, te, ti, _GE, agent, more)


def _siemens(expected: Sequence | None, description: str, scanning: str, tr: float, te: float, ti: float | None = None,
             agent: str = "", image_type: tuple[str, ...] = _PLAIN, **more: object) -> Specimen:  # fmt: skip
    return Specimen(expected, SIEMENS, description, scanning, tr, te, ti, image_type, agent, more)


def _philips(expected: Sequence | None, description: str, scanning: str, tr: float, te: float, ti: float | None = None,
             agent: str = "", image_type: tuple[str, ...] = _SE, **more: object) -> Specimen:  # fmt: skip
    return Specimen(expected, PHILIPS, description, scanning, tr, te, ti, image_type, agent, more)


SPECIMENS = (
    _siemens(T1, "t1_mprage_sag_p2_iso", "GR\\IR", 2300, 2.98, 900, FlipAngle="9", SequenceName="*tfl3d1_16ns"),
    _siemens(T1C, "t1_mprage_sag_p2_iso", "GR\\IR", 2300, 2.98, 900, "GADOVIST", ContrastBolusVolume="7"),
    _siemens(T1C, "T1 MPRAGE AX +C", "GR\\IR", 1900, 2.5, 900),
    _siemens(T1C, "t1_space_sag_KM", "SE", 600, 9, SequenceName="*spc_36ns"),
    _siemens(T1C, "t1_vibe_fs_tra_gd", "GR", 4.2, 1.6, SequenceName="*fl3d1"),
    _siemens(T1C, "scan 12", "SE", 550, 9, agent="MAGNEVIST"),
    _siemens(T1, "t1_se_tra", "SE", 550, 8.9, SequenceName="*se2d1"),
    _siemens(T1, "t1_tirm_tra_dark-fluid", "SE\\IR", 2000, 9, 860),
    _siemens(T1, "FLAIR tra", "SE\\IR", 2000, 9, 860),
    _siemens(T1, "ir_tse_tra FLAIR", "SE\\IR", 4500, 12, 900),
    _siemens(T2, "t2_tse_tra_512", "SE", 5000, 96, SequenceName="*tse2d1_18"),
    _siemens(T2, "t2_spc_sag_p2_iso", "SE", 3200, 408, SequenceName="*spc_314ns"),
    _siemens(T2, "scan 4", "SE", 5000, 96),
    _siemens(T2, "t2_tse_tra nach KM", "SE", 5000, 96, agent="GADOVIST"),
    _siemens(FLAIR, "t2_tirm_tra_dark-fluid", "SE\\IR", 9000, 81, 2500, SequenceName="*tir2d1_16"),
    _siemens(FLAIR, "t2_spc_da-fl_sag_p2_iso", "SE\\IR", 5000, 388, 1800, SequenceName="*spcir_278ns"),
    _siemens(FLAIR, "t2_tirm_tra_dark-fluid KM", "SE\\IR", 9000, 81, 2500, "GADOVIST"),
    _siemens(FLAIR, "scan 5", "SE\\IR", 9000, 90, 2500),
    _siemens(FLAIR, "FLAIR processed", "SE\\IR", 9420, 141, 2500, image_type=("DERIVED", "SECONDARY", "OTHER")),
    _siemens(NONE, "t2_tirm_cor_STIR", "SE\\IR", 4000, 60, 160),
    _siemens(
        NONE,
        "ep2d_diff_3scan_trace_p2_ADC",
        "EP",
        6000,
        90,
        image_type=("DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND"),
    ),
    _siemens(NONE, "t2_fl2d_tra_hemo", "GR", 620, 19.9, SequenceName="*fl2d1"),
    _siemens(NONE, "SWI_Images", "GR", 28, 20, image_type=("ORIGINAL", "PRIMARY", "M", "SWI", "NORM")),
    _siemens(NONE, "mIP_Images(SW)", "GR", 28, 20, image_type=("DERIVED", "PRIMARY", "MNIP", "SWI")),
    _siemens(NONE, "t1_mprage_sag_MPR_Tra", "GR\\IR", 2300, 2.98, 900, image_type=("DERIVED", "SECONDARY", "MPR")),
    _siemens(NONE, "AAHead_Scout_MPR_sag", "GR", 3.2, 1.4, image_type=("DERIVED", "PRIMARY", "MPR", "NORM")),
    _siemens(NONE, "t1_fl3d_sub", "GR", 4.2, 1.6, image_type=("DERIVED", "SECONDARY", "SUBTRACTION")),
    _siemens(NONE, "ep2d_perf", "EP", 1500, 30, agent="GADOVIST"),
    _siemens(NONE, "TOF_3D_multi-slab", "GR", 22, 3.7, AngioFlag="Y"),
    _siemens(NONE, "t1_se_tra MT", "SE", 550, 8.9, SequenceVariant=["SK", "MTC"]),
    _siemens(NONE, "t1_fl2d_phase", "GR", 30, 5, image_type=("ORIGINAL", "PRIMARY", "P", "ND")),
    _ge(T1, "Ax T1 FLAIR", "SE\\IR", 2500, 24, 850),
    _ge(T1, "Ax T1 FLAIR PROPELLER", "RM", 2500, 24, 850),
    _ge(T1, "Sag 3D BRAVO", "GR\\IR", 8.2, 3.2, 450),
    _ge(T1, "3D Ax T1 MP-RAGE", "RM\\IR", 2217.7, 3.2, 1000),
    _ge(T1C, "Ax 3D BRAVO +C", "GR\\IR", 8.2, 3.2, 450, "20ML MULTIHANCE"),
    _ge(T1C, "AX T1 POST", "SE", 600, 10),
    _ge(T1C, "Sag T1 FLAIR + C", "SE\\IR", 2500, 24, 850, "MULTIHANCE"),
    _ge(T1C, "COR T1 FS GAD", "SE", 550, 12, agent="Gadavist"),
    _ge(T2, "Ax T2 FRFSE", "SE", 4800, 102),
    _ge(T2, "Ax T2 PROPELLER", "RM", 4500, 100),
    _ge(FLAIR, "Ax T2 FLAIR", "SE\\IR", 9000, 120, 2250),
    _ge(FLAIR, "Ax T2 FLAIR PROPELLER", "RM", 9500, 125, 2472),
    _ge(FLAIR, "Sag CUBE T2 FLAIR", "SE\\IR", 6000, 119, 1722),
    _ge(NONE, "Ax GRE T2*", "GR", 600, 15),
    _ge(NONE, "3 Plane Loc SSFSE", "SE", 1400, 80),
    _ge(NONE, "ASSET calibration", "GR", 150, 2.1),
    _ge(NONE, "Ax DWI b1000", "EP\\SE", 8000, 75),
    _ge(NONE, "Ax SWAN", "GR", 40, 25),
    _ge(NONE, "Ax PD", "SE", 2500, 15),
    Specimen(NONE, GE, "COR 3D BRAVO REFORMAT", "GR\\IR", 8.2, 3.2, 450, ("DERIVED", "SECONDARY", "REFORMATTED")),
    Specimen(NONE, GE, "Apparent Diffusion Coefficient", "SE", 8000, 75, None, ("DERIVED", "SECONDARY", "COMBINED")),
    _philips(T1, "T1W_3D_TFE", "GR", 8.1, 3.7, image_type=_FFE),
    _philips(T1, "T1W_3D_TFE PRE", "GR", 8.1, 3.7, agent="Dotarem", image_type=_FFE),
    _philips(T1, "T1W_3D_TFE", "GR", 8.1, 3.7, agent="NO", image_type=_FFE),
    _philips(T1, "T1W_IR_TSE", "IR", 2000, 20, 800, image_type=_IR),
    _philips(T1C, "sT1W_3D_TFE_GD", "GR", 8.1, 3.7, image_type=_FFE),
    _philips(T1C, "T1W_SE POST GADO", "SE", 520, 12),
    _philips(T2, "T2W_TSE", "SE", 3000, 80),
    _philips(T2, "T2 GRASE ax", "SE\\GR", 5286, 100),
    _philips(FLAIR, "FLAIR_longTR", "IR", 11000, 125, 2800, image_type=_IR),
    _philips(FLAIR, "3D_Brain_VIEW_FLAIR", "SE", 4800, 340, 1650),
    _philips(FLAIR, "VISTA FLAIR", "SE", 4800, 300),
    _philips(FLAIR, "t2flair", "IR", 11000, 18, 2800, image_type=_IR),
    _philips(NONE, "SWIp", "GR", 31, 7.2, image_type=_FFE),
    _philips(NONE, "dReg_ADC", "SE", 3000, 80, DiffusionBValue=1000.0),
    _philips(NONE, "T1W_TSE knee", "SE", 580, 20, BodyPartExamined="KNEE"),
    Specimen(T2, CANON, "T2 FSE AX", "SE", 4000, 105),
    Specimen(FLAIR, CANON, "FLAIR AX", "SE\\IR", 10000, 105, 2700),
    Specimen(T1, HITACHI, "T1 SE", "SE", 450, 13),
    Specimen(T1, UNITED, "t1_gre_fsp_3d_sag", "GR\\IR", 7.25, 3.1, 750),
    Specimen(T1C, UNITED, "t1_gre_fsp_3d_sag +c", "GR\\IR", 7.25, 3.1, 750),
)
