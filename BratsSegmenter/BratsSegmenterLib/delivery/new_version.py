"""Before objects that were written some time ago are stored: who signed them, and that no other has their number."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from BratsSegmenterLib.archive import Archive, StudyChangedError
from BratsSegmenterLib.delivery.objects import results_in_archive
from BratsSegmenterLib.dicom import result_objects
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.versions import earlier_results


def reviewers_in(files: Iterable[Path]) -> str:
    """Who reviewed what is to be stored, as the objects say; empty when nobody did. Show it, never log it."""
    reviewers = (result.reviewer for result in earlier_results(result_objects(files)))
    return "; ".join(dict.fromkeys(filter(None, reviewers)))


def require_new_version(
    files: Iterable[Path], archive: Archive, study_uid: str, patient_id: str, progress: Progress
) -> None:
    """Prove that no other result of ours in the archive is the version that these objects call themselves.

    Those that do were written without knowing of it: they refer to another predecessor or none, and may say the same.
    What belongs to the very result that lies there may come later than the rest of it, or again.

    Parameters
    ----------
    files : iterable of Path
        DICOM objects; any but ours are passed over.
    archive : Archive
    study_uid, patient_id : str
        What names another Patient ID counts for no result of the study; empty where it is not known.
    progress : Progress

    Raises
    ------
    StudyChangedError
        One is.
    ArchiveError
    """
    made_at = {result.version: result.made_at for result in earlier_results(result_objects(files))}
    if not made_at:
        return
    with tempfile.TemporaryDirectory() as folder:
        carried = results_in_archive(archive, study_uid, patient_id, Path(folder), progress)
    for result in carried:
        if made_at.get(result.version, result.made_at) != result.made_at:
            raise StudyChangedError(
                f"The study in the PACS '{archive.profile.name}' carries another version {result.version} already, of "
                "which these objects know nothing.",
                "Nothing was sent. Fetch the study into the folder dicom of the job (fetch --out JOB/dicom), export "
                "again, then push what that wrote.",
            )
