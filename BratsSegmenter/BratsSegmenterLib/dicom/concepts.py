"""Our codes as highdicom's, and the private coding scheme declared where it is used."""

from __future__ import annotations

from highdicom import AlgorithmIdentificationSequence
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from BratsSegmenterLib.dicom.provenance import MANUFACTURER, Authorship, Provenance
from BratsSegmenterLib.dicom.values import long_string
from BratsSegmenterLib.domain import Code

_NOT_KNOWN = "unknown"
PRIVATE_SCHEME = "99BRATSSEG"
SOURCE_IMAGE = Code("121322", "DCM", "Source Image for Image Processing Operation")


def concept(code: Code) -> CodedConcept:
    """The same concept for highdicom (DICOM PS3.3 8.8)."""
    return CodedConcept(code.value, code.scheme, code.meaning)


def algorithm_identification(provenance: Provenance) -> AlgorithmIdentificationSequence:
    """The model by name, version and weights, or the program of another maker by its name (DICOM PS3.3 10.19)."""
    algorithm = provenance.algorithm
    if not algorithm.is_model:
        families = codes.cid7162
        by_hand = provenance.authorship is Authorship.EDITED
        return AlgorithmIdentificationSequence(
            name=long_string(algorithm.title),
            version=_NOT_KNOWN,
            family=families.ManualProcessing if by_hand else families.ArtificialIntelligence,
            source=algorithm.name,
        )
    return AlgorithmIdentificationSequence(
        name=long_string(algorithm.name),
        version=long_string(algorithm.version),
        family=codes.cid7162.ArtificialIntelligence,
        source=MANUFACTURER,
        parameters={"weights_sha256": algorithm.weights_sha256},
    )


def declare_private_scheme(dataset: Dataset) -> None:
    """Say whose the private codes are (DICOM PS3.3 C.12.1.1.7)."""
    scheme = Dataset()
    scheme.CodingSchemeDesignator = PRIVATE_SCHEME
    scheme.CodingSchemeName = "BratsSegmenter private codes"
    scheme.CodingSchemeResponsibleOrganization = MANUFACTURER
    declared = dataset.get("CodingSchemeIdentificationSequence") or []
    dataset.CodingSchemeIdentificationSequence = [*declared, scheme]
