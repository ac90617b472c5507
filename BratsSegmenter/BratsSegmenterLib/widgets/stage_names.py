"""The stages of a job, in the user's language."""

from __future__ import annotations

from BratsSegmenterLib.widgets.translation import tr as _


def stage_name(stage: str) -> str:
    """What the user reads for a stage of the worker; a stage that is new to the panel keeps its own name."""
    return _names().get(stage, stage)


def _names() -> dict[str, str]:
    return {
        "bias correction": _("bias correction"),
        "bias correction beside the tumour": _("bias correction beside the tumour"),
        "brain mask": _("brain mask"),
        "check": _("check"),
        "deliver what waits": _("deliver what waits"),
        "download": _("download"),
        "examine the archive": _("examine the archive"),
        "examine the machine": _("examine the machine"),
        "export": _("export"),
        "fetch": _("fetch"),
        "find the study": _("find the study"),
        "kept studies": _("kept studies"),
        "load": _("load"),
        "look for results": _("look for results"),
        "look for the images": _("look for the images"),
        "make the patient": _("make the patient"),
        "measure": _("measure"),
        "normalisation": _("normalisation"),
        "other studies": _("other studies"),
        "prior studies": _("prior studies"),
        "push": _("push"),
        "read headers": _("read headers"),
        "read regions": _("read regions"),
        "recognise": _("recognise"),
        "registration": _("registration"),
        "resampling": _("resampling"),
        "scanner stores": _("scanner stores"),
        "search": _("search"),
        "segment": _("segment"),
        "segment again": _("segment again"),
        "thumbnails": _("thumbnails"),
        "to the reference's slices": _("to the reference's slices"),
        "write": _("write"),
    }
