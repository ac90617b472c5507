"""Puts a result into the job folder of its study, in place of the one before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom import Authorship, image_numbers
from BratsSegmenterLib.domain import Case, PreprocessingSteps, Segmentation
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.labelmap import write_labelmap
from BratsSegmenterLib.measurement import DoubtfulSlice, csv_tables, doubtful_slices
from BratsSegmenterLib.pipeline import SegmentedCase
from BratsSegmenterLib.preprocessing import resample_to_reference, write_quality_page
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study.job_folder import JobFolder, ResultRecord
from BratsSegmenterLib.study.kept_study import KeptStudy
from BratsSegmenterLib.study.notes import about_interpolated_slices
from BratsSegmenterLib.study.objects_before import delete_objects
from BratsSegmenterLib.study.result_images import image_uids
from BratsSegmenterLib.study.unsent import set_aside_unsent


def keep_result(
    result: SegmentedCase,
    folder: JobFolder,
    progress: Progress,
    resampled_gaps: bool,
    authorship: Authorship = Authorship.AI,
    tolerated: tuple[str, ...] = (),
    is_postoperative: bool = False,
    steps: PreprocessingSteps | None = None,
) -> SegmentResult:
    """Write label map, images, uncertainty, record and quality page, and say where they are.

    The record comes last: until all is written the label map goes by no model's name. Of the result before, corrections
    that were not sent stay under a name of their own, and the DICOM objects are deleted: they say something else.

    Parameters
    ----------
    result : SegmentedCase
    folder : JobFolder
    progress : Progress
    resampled_gaps : bool
        The user agreed that missing slices were interpolated.
    authorship : Authorship
        EDITED for regions that a person had drawn or changed.
    tolerated : tuple of str
        What had to be tolerated of regions that were taken up.
    is_postoperative : bool
        A person confirmed an operation.
    steps : PreprocessingSteps, optional
        Of the pre-processing that the model's input went through.

    Raises
    ------
    Cancelled
        The user asked to stop before anything was written; the result before stays.
    ExportError
        The disk refused.
    """
    segmentation, case = result.segmentation, result.case
    numbers = image_numbers(case.reference_volume)
    intervals_ml = result.measurements.intervals_ml
    with progress.to_its_end():
        KeptStudy(folder.path).forget_result()
        folder.forget_record()
        set_aside = set_aside_unsent(folder)
        about_objects = delete_objects(folder)
        folder.sent.unlink(missing_ok=True)
        with progress.stage("write"):
            write_labelmap(segmentation, folder.segmentation)
            for file, table in csv_tables(folder.volumes_table, result.measurements, numbers).items():
                write_atomically(file, table.encode(), is_private=False)
            uncertainty = _keep_map(segmentation.uncertainty, segmentation, folder.uncertainty)
            brain = None if result.brain is None else result.brain.astype(np.uint8)
            brain_path = _keep_map(brain, segmentation, folder.brain)
            for sequence, array in resample_to_reference(case, result.prepared).items():
                write_image(segmentation.geometry.image(array), folder.volume(sequence))
            page = write_quality_page(result.prepared, case, folder.quality)
            folder.write_record(
                ResultRecord(
                    reference=case.reference.value,
                    sequences={sequence.value: volume.series.key for sequence, volume in case.volumes.items()},
                    algorithm=segmentation.algorithm,
                    not_measured=segmentation.not_measured,
                    resampled_gaps=resampled_gaps,
                    authorship=authorship,
                    intervals_ml=intervals_ml,
                    expected_dice=result.expected_dice,
                    is_postoperative=is_postoperative,
                    steps=steps,
                    images={sequence.value: image_uids(volume.series) for sequence, volume in case.volumes.items()},
                    doubts=result.doubts,
                    image_doubts=result.image_doubts,
                    interpolated=_interpolated(case),
                    image_numbers=numbers,
                    study_uid=case.reference_volume.series.study_uid,
                )
            )
    return SegmentResult(
        reference=case.reference.value,
        labels=folder.segmentation,
        volumes={sequence.value: folder.volume(sequence) for sequence in case.volumes},
        uncertainty=uncertainty,
        volumes_ml=result.measurements.volumes_ml,
        not_measured=segmentation.not_measured,
        quality_page=page,
        algorithm=segmentation.algorithm,
        stages=tuple(progress.stages),
        warnings=(
            *result.findings,
            *about_interpolated_slices(segmentation, case.reference_volume, case.reference.value),
            *_about_what_was_set_aside(set_aside),
            *about_objects,
        ),
        doubts=result.doubts,
        routine=(*result.routine, *about_objects),
        tolerated=tolerated,
        intervals_ml=intervals_ml,
        expected_dice=result.expected_dice,
        doubtful_slices=_doubtful_slices(segmentation),
        brain=brain_path,
        authorship=authorship,
        is_postoperative=is_postoperative,
        image_numbers=numbers,
        product_sum_mm2=result.measurements.product_sum_mm2,
    )


def _interpolated(case: Case) -> tuple[str, ...]:
    return tuple(sequence.value for sequence, volume in case.volumes.items() if volume.is_resampled)


def _keep_map(array: NDArray | None, segmentation: Segmentation, path: Path) -> Path | None:
    """Write a map in the segmentation's grid; without one, leave none of an earlier segmentation behind."""
    if array is None:
        path.unlink(missing_ok=True)
        return None
    write_image(segmentation.geometry.image(array), path)
    return path


def _doubtful_slices(segmentation: Segmentation) -> tuple[DoubtfulSlice, ...]:
    if segmentation.uncertainty is None:
        return ()
    return doubtful_slices(segmentation.uncertainty, segmentation.labels, segmentation.geometry)


def _about_what_was_set_aside(corrections: Path | None) -> tuple[str, ...]:
    if corrections is None:
        return ()
    return (f"Corrections of the result before that were not sent were not deleted: they are kept in {corrections}.",)
