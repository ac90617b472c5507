"""A worker that answers without working: it speaks the worker's protocol and writes a small synthetic head.

``python replay_worker.py BEHAVIOUR JOB.json``, with a behaviour of :class:`Behaviour`. It runs a thousand times in the
tests, so that only the answers that hold images import what images need.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

SPACING_MM = (1.0, 1.0, 2.0)
SHAPE = (24, 64, 56)
SEQUENCES = ("T1", "T1c", "T2", "FLAIR")
STUDY = {
    "study_uid": "2.25.1001",
    "patient_name": "Synthetic^Sam",
    "patient_id": "SYN-1",
    "accession_number": "A-1",
    "study_date": "20260102",
    "description": "MR brain glioma",
    "modalities": ["MR"],
    "series_count": 4,
    "instance_count": 96,
}
ROUTINE = "T1 was moved by 0.9 mm and 0.3° onto T1c."
DOUBTFUL_SLICES = [
    {"slice_index": 11, "kind": "border", "region": "ED", "centre": [24.0, 34.0]},
    {"slice_index": 17, "kind": "inside", "region": "ET", "centre": [24.0, 34.0]},
    {"slice_index": 5, "kind": "elsewhere", "region": "", "centre": [20.0, 30.0]},
]
_RESULT = {
    "version": 1,
    "objects": [
        {
            "kind": "RTSTRUCT",
            "path": "1.dcm",
            "reference": {"series_uid": "2.25.50", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.481.3"}
            | {"sop_instance_uid": "2.25.51"},
            "is_ours": True,
            "version": 1,
            "made_at": "2026-05-03T10:00:00",
            "authorship": "SEMIAUTOMATIC",
            "reviewer": "Curie^Marie",
            "is_approved": False,
            "algorithm": {"name": "glioma-synthetic", "version": "0", "weights_sha256": ""},
            "drawn_on": ["2.25.2"],
        }
    ],
}


_OF_OTHERS = {
    "kind": "RTSTRUCT",
    "path": "2.dcm",
    "reference": {"series_uid": "2.25.60", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.481.3"}
    | {"sop_instance_uid": "2.25.61"},
    "is_ours": False,
    "version": None,
    "made_at": "2026-05-01T09:00:00",
    "authorship": "SEMIAUTOMATIC",
    "reviewer": "",
    "is_approved": False,
    "algorithm": {"name": "Planner", "version": "unknown", "weights_sha256": ""},
    "drawn_on": ["2.25.2"],
    "label": "GTV plan",
    "region_names": ["ET", "Edema", "Brainstem"],
}


class Behaviour(Enum):
    """How the worker behaves."""

    WORKS = "works"
    DOUBTS = "doubts"
    FINDS_RESULTS = "finds-results"
    FINDS_A_GAP = "finds-a-gap"
    FAILS = "fails"
    WAITS_FOR_CANCEL = "waits-for-cancel"
    DIES = "dies"
    HANGS = "hangs"
    LACKS_FLAIR = "lacks-flair"
    OPERATED = "operated"
    MEASURES_WHOLE_ONLY = "measures-whole-only"


def main(argv: list[str]) -> int:
    """Answer one job and return the exit code."""
    behaviour = Behaviour(argv[1])
    job = json.loads(Path(argv[2]).read_text(encoding="utf-8"))
    sys.stdin.readline()
    _say("progress", stage=job["job"], fraction=0.5, message="half")
    match behaviour:
        case Behaviour.FAILS:
            _say("error", what="The PACS answered 401.", advice="Check user name and password.", cause="HTTP 401")
            return 1
        case Behaviour.FINDS_A_GAP if job.get("resample_gaps") is False:
            _say("error", what="Series 4: slices 7 and 8 are missing.", advice="Agree to resample.", kind="GapError")
            return 1
        case Behaviour.WAITS_FOR_CANCEL:
            sys.stdin.readline()
            _say("cancelled")
            return 2
        case Behaviour.DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        case Behaviour.HANGS:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
    _say("result", **answer(job, behaviour))
    return 0


def answer(job: dict[str, Any], behaviour: Behaviour = Behaviour.WORKS) -> dict[str, Any]:
    """The result of a job; a segmentation's files are written into its folder."""
    return _ANSWERS[job["job"]](job, behaviour)


def head() -> np.ndarray:
    """Labels of a small head: 0 air, 1 NCR, 2 ED, 3 ET, 5 brain; shape :data:`SHAPE`."""
    import numpy as np

    k, j, i = np.indices(SHAPE).astype(float)
    distance = np.sqrt(((k - 12) * 2) ** 2 + (j - 24) ** 2 + (i - 34) ** 2)
    labels = np.where(((k - 12) / 11) ** 2 + ((j - 32) / 28) ** 2 + ((i - 28) / 24) ** 2 < 1, 5, 0)
    for label, radius_mm in ((2, 13), (3, 8), (1, 4)):
        labels[(distance < radius_mm) & (labels > 0)] = label
    return labels


def doubt() -> np.ndarray:
    """The model's entropy on the small head: a ring about the oedema; shape :data:`SHAPE`."""
    import numpy as np

    k, j, i = np.indices(SHAPE).astype(float)
    distance = np.sqrt(((k - 12) * 2) ** 2 + (j - 24) ** 2 + (i - 34) ** 2)
    return np.exp(-(((distance - 13) / 1.5) ** 2)).astype(np.float32)


def _say(event: str, **fields: Any) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def _connection(_job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    check = {"name": "reachable", "ok": True, "sentence": "The archive answers."}
    return {"checks": [check, {"name": "store", "ok": None, "sentence": "Storing was not tried."}]}


def _search(_job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    return {"studies": [STUDY]}


def _list_folder(_job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    return {"studies": [{"study": STUDY, "files": ["/scanner/1.dcm"]}]}


def _priors(_job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    return {"studies": []}


def _prepare(_job: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    series = [
        {"key": f"2.25.{number}", "description": f"{name} tra", "number": number, "slices": SHAPE[0]}
        for number, name in enumerate(SEQUENCES, 1)
    ]
    series.append({"key": "2.25.9", "description": "loc", "number": 9, "slices": 3, "excluded": "a localiser"})
    sequences = {
        name: {
            "key": f"2.25.{number}",
            "series_uid": f"2.25.{number}",
            "confidence": 0.97,
            "reasons": ["TR and TE fit"],
        }
        for number, name in enumerate(SEQUENCES, 1)
    }
    warnings = []
    if behaviour is Behaviour.DOUBTS:
        sequences["T2"]["confidence"] = 0.5
        warnings = ["Series 3 is called T2, but its echo time is that of a T1."]
    if behaviour is Behaviour.LACKS_FLAIR:
        series, sequences = [row for row in series if row["key"] != "2.25.4"], _without_flair(sequences)
    has_results = behaviour is Behaviour.FINDS_RESULTS
    return {
        "series": series,
        "sequences": sequences,
        "warnings": warnings,
        "notes": [],
        "results": [_RESULT] if has_results else [],
        "others": [_OF_OTHERS] if has_results else [],
        "consequences": {"FLAIR": "Without FLAIR: oedema and whole tumour will not be measured."},
        "operated": True if behaviour is Behaviour.OPERATED else None,
        "operated_reason": "post op" if behaviour is Behaviour.OPERATED else "",
    }


def _without_flair(sequences: dict[str, Any]) -> dict[str, Any]:
    return {name: choice for name, choice in sequences.items() if name != "FLAIR"}


def _elsewhere(_job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    study = STUDY | {"study_uid": "2.25.1000", "study_date": "20251224"}
    offer = {"sequence": "FLAIR", "study": study, "days_later": -9}
    return {"offers": [offer | {"description": "Ax T2 FLAIR", "series_uids": ["2.25.8"]}]}


def _borrow(_job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    choice = {"key": "2.25.8", "series_uid": "2.25.8", "confidence": 0.95, "reasons": ["TR and TE fit"]}
    row = {"key": "2.25.8", "description": "Ax T2 FLAIR", "number": 8, "slices": SHAPE[0]}
    return {"sequence": "FLAIR", "choice": choice, "row": row, "study_date": "2025-12-24", "days_later": -9}


def _download(job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    return {"bundle": job["model"]}


def _resume(job: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    tolerated = ["The region 'Edema' was taken as ED."]
    return _segment({**job, "bundle": "glioma-synthetic"}, behaviour) | {"tolerated": tolerated}


def _segment(job: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    import numpy as np

    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "unsent.nii.gz").exists():  # as the worker does: they belong to the result before
        (folder / "unsent.nii.gz").replace(folder / "unsent-20260503-120000.nii.gz")
    (folder / "sent.nii.gz").unlink(missing_ok=True)
    anatomy = head()
    labels = np.where(anatomy == 5, 0, anatomy).astype(np.uint8)
    is_whole_only = behaviour is Behaviour.MEASURES_WHOLE_ONLY  # as the model does without T1c
    if is_whole_only:
        labels = np.where(labels > 0, 2, 0).astype(np.uint8)
    brightness = {"T1": (0, 60, 80, 90, 0, 100), "T1c": (0, 60, 80, 220, 0, 100), "T2": (0, 200, 180, 120, 0, 90)}
    for name in SEQUENCES:
        values = np.array(brightness.get(name, (0, 90, 210, 160, 0, 80)), np.float32)[anatomy]
        _write(values, folder / f"{name}.mha")
    _write(labels, folder / "segmentation.nii.gz")
    _write(doubt(), folder / "uncertainty.mha")
    _write((anatomy > 0).astype(np.uint8), folder / "brain.mha")
    voxel_ml = float(np.prod(SPACING_MM)) / 1000
    count = {label: int((labels == label).sum()) * voxel_ml for label in (1, 2, 3)}
    volumes_ml = {
        "NCR": count[1],
        "ED": count[2],
        "ET": count[3],
        "WT": sum(count.values()),
        "TC": count[1] + count[3],
    }
    not_measured = [key for key in volumes_ml if is_whole_only and key != "WT"]
    (folder / "quality.html").write_text("<p>quality</p>", encoding="utf-8")
    return {
        "reference": "T1c",
        "labels": str(folder / "segmentation.nii.gz"),
        "volumes": {name: str(folder / f"{name}.mha") for name in SEQUENCES},
        "uncertainty": str(folder / "uncertainty.mha"),
        "brain": str(folder / "brain.mha"),
        "doubtful_slices": DOUBTFUL_SLICES,
        "volumes_ml": {key: volume_ml for key, volume_ml in volumes_ml.items() if key not in not_measured},
        "not_measured": {key: f"{key} needs T1c." for key in not_measured},
        "quality_page": str(folder / "quality.html"),
        "algorithm": {"name": job["bundle"], "version": "0", "weights_sha256": "0" * 64},
        "stages": [{"name": "segment", "seconds": 0.0}],
        "is_postoperative": job.get("is_postoperative", False),
        "warnings": [*(["FLAIR ends within the tumour."] if behaviour is Behaviour.DOUBTS else []), ROUTINE],
        "routine": [ROUTINE],
    }


def _send(job: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    if job["profile"] is None:
        return {"objects": _objects(job), "pushed": [], "receipt": None, "version": 1}
    where = {"archive": job["profile"]["name"], "archive_url": job["profile"]["url"], "receipt": None, "version": 1}
    if behaviour is Behaviour.FINDS_RESULTS and not job["edited"]:
        notes = ["Version 1 in the archive says exactly this already; nothing was sent."]
        return {"objects": [], "pushed": [], "notes": notes, **where}
    objects = _objects(job)
    uids = [item["sop_instance_uid"] for item in objects]
    return {"objects": objects, "pushed": uids, "delivered_at": "2026-05-03T12:02:00.000+00:00", **where}


def _doctor(job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    checks = [
        {"name": "disk", "ok": True, "sentence": f"64.0 GB are free in {job['folder']}."},
        {"name": "keyring", "ok": None, "sentence": "There is no keyring here: passwords are asked for again."},
        {"name": "reachable", "ok": False, "sentence": f"The PACS '{job['profile']['name']}' does not answer."},
    ]
    return {"checks": checks}


def _storage(job: dict[str, Any], _behaviour: Behaviour) -> dict[str, Any]:
    if job["delete_older_than_days"] is None:
        return {"studies": 3, "size_bytes": 1_200_000_000}
    stayed = ["00ff: it holds a correction that was not sent."]
    return {"studies": 1, "size_bytes": 4e8, "deleted": 2, "freed_bytes": 8e8, "stayed": stayed}


def _objects(job: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "path": f"{job['folder']}/{kind}.dcm", "sop_instance_uid": f"2.25.7{index}"}
        | {"check": f"{kind}: 0 voxels differ."}
        for index, kind in enumerate(job["formats"])
    ]


def _write(values: np.ndarray, path: Path) -> None:
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(values)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-27.0, -31.0, -23.0))
    sitk.WriteImage(image, str(path))


_ANSWERS = {
    "test_connection": _connection,
    "search": _search,
    "list_folder": _list_folder,
    "priors": _priors,
    "elsewhere": _elsewhere,
    "borrow": _borrow,
    "download": _download,
    "prepare": _prepare,
    "segment": _segment,
    "resume": _resume,
    "send": _send,
    "doctor": _doctor,
    "storage": _storage,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv))
