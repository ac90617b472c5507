"""Model bundles, inference and post-processing.

The names are loaded when they are first used: some of them need torch, which Slicer's own process never imports.
"""

from typing import TYPE_CHECKING

from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.segmentation.brain import brain_finder
    from BratsSegmenterLib.segmentation.bundle import (
        BRAIN_MODEL,
        POSTOPERATIVE,
        SHIPPED,
        Bundle,
        available_bundles,
        installed_bundles,
        load_bundle,
        load_bundle_for,
        segmenting_bundles,
        stand_in_finding,
    )
    from BratsSegmenterLib.segmentation.bundle_writer import write_bundle
    from BratsSegmenterLib.segmentation.calibration import (
        CALIBRATION_FILE,
        Calibration,
        Confidence,
        RegionCalibration,
        load_calibration,
        outward_step,
        pushed_outwards,
        write_calibration,
    )
    from BratsSegmenterLib.segmentation.choices import DEFAULT_BUNDLE, DEVICES
    from BratsSegmenterLib.segmentation.devices import choose_device, computes_in_bfloat16
    from BratsSegmenterLib.segmentation.download import (
        BRATS_MRI_SEGMENTATION,
        PUBLISHED,
        PublishedModel,
        download_bundle,
        missing_model,
    )
    from BratsSegmenterLib.segmentation.drawing import Drawn, draw
    from BratsSegmenterLib.segmentation.evidence import Evidence
    from BratsSegmenterLib.segmentation.inference import (
        InferenceSettings,
        Prepared,
        RegionProbabilities,
        entropy,
        segment,
        uncertainty,
    )
    from BratsSegmenterLib.segmentation.labels import THRESHOLD
    from BratsSegmenterLib.segmentation.network import ResidualUNet
    from BratsSegmenterLib.segmentation.postprocessing import LITTLE_ENHANCEMENT, PRESETS, Postprocessing
    from BratsSegmenterLib.segmentation.specification import (
        ModelSpecification,
        Need,
        NetworkDefinition,
        Normalisation,
        SecondLook,
    )
    from BratsSegmenterLib.segmentation.standard_scale import (
        STANDARD_SCALE,
        StandardScale,
        on_standard_scales,
        own_landmarks,
    )
    from BratsSegmenterLib.segmentation.windows import WindowRunner

_HOMES = {
    "brain_finder": "brain",
    "BRAIN_MODEL": "bundle",
    "POSTOPERATIVE": "bundle",
    "SHIPPED": "bundle",
    "Bundle": "bundle",
    "available_bundles": "bundle",
    "installed_bundles": "bundle",
    "segmenting_bundles": "bundle",
    "load_bundle": "bundle",
    "load_bundle_for": "bundle",
    "stand_in_finding": "bundle",
    "write_bundle": "bundle_writer",
    "CALIBRATION_FILE": "calibration",
    "Calibration": "calibration",
    "Confidence": "calibration",
    "RegionCalibration": "calibration",
    "load_calibration": "calibration",
    "outward_step": "calibration",
    "pushed_outwards": "calibration",
    "write_calibration": "calibration",
    "DEFAULT_BUNDLE": "choices",
    "DEVICES": "choices",
    "choose_device": "devices",
    "computes_in_bfloat16": "devices",
    "BRATS_MRI_SEGMENTATION": "download",
    "PUBLISHED": "download",
    "PublishedModel": "download",
    "download_bundle": "download",
    "missing_model": "download",
    "Drawn": "drawing",
    "draw": "drawing",
    "Evidence": "evidence",
    "InferenceSettings": "inference",
    "Prepared": "inference",
    "RegionProbabilities": "inference",
    "entropy": "inference",
    "segment": "inference",
    "uncertainty": "inference",
    "THRESHOLD": "labels",
    "ResidualUNet": "network",
    "PRESETS": "postprocessing",
    "Postprocessing": "postprocessing",
    "LITTLE_ENHANCEMENT": "postprocessing",
    "ModelSpecification": "specification",
    "Need": "specification",
    "NetworkDefinition": "specification",
    "Normalisation": "specification",
    "SecondLook": "specification",
    "StandardScale": "standard_scale",
    "STANDARD_SCALE": "standard_scale",
    "own_landmarks": "standard_scale",
    "on_standard_scales": "standard_scale",
    "WindowRunner": "windows",
}

__all__ = [
    "BRAIN_MODEL",
    "BRATS_MRI_SEGMENTATION",
    "CALIBRATION_FILE",
    "DEFAULT_BUNDLE",
    "DEVICES",
    "LITTLE_ENHANCEMENT",
    "POSTOPERATIVE",
    "PRESETS",
    "PUBLISHED",
    "SHIPPED",
    "STANDARD_SCALE",
    "THRESHOLD",
    "Bundle",
    "Calibration",
    "Confidence",
    "Drawn",
    "Evidence",
    "InferenceSettings",
    "ModelSpecification",
    "Need",
    "NetworkDefinition",
    "Normalisation",
    "Postprocessing",
    "Prepared",
    "PublishedModel",
    "RegionCalibration",
    "RegionProbabilities",
    "ResidualUNet",
    "SecondLook",
    "StandardScale",
    "WindowRunner",
    "available_bundles",
    "brain_finder",
    "choose_device",
    "computes_in_bfloat16",
    "download_bundle",
    "draw",
    "entropy",
    "installed_bundles",
    "load_bundle",
    "load_bundle_for",
    "load_calibration",
    "missing_model",
    "on_standard_scales",
    "outward_step",
    "own_landmarks",
    "pushed_outwards",
    "segment",
    "segmenting_bundles",
    "stand_in_finding",
    "uncertainty",
    "write_bundle",
    "write_calibration",
]

__getattr__ = lazy_names(__name__, _HOMES)
