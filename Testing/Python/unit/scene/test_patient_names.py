"""Pseudonyms in the data tree, for those who are there and those who come while identities are hidden."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import slicer
import vtk

from BratsSegmenterLib.scene.patient_names import PatientMask

CONSTANTS = slicer.vtkMRMLSubjectHierarchyConstants
NAME, ID = CONSTANTS.GetDICOMPatientNameAttributeName(), CONSTANTS.GetDICOMPatientIDAttributeName()


@pytest.fixture
def mask(scene) -> Iterator[PatientMask]:
    mask = PatientMask(lambda known: f"Patient {len(known)}")
    yield mask
    mask.release()


def _add(name: str, patient_id: str = "") -> int:
    """As Slicer's DICOM module does it: the item first, then its attributes one by one."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), name)
    hierarchy.SetItemAttribute(item, NAME, name)
    if patient_id:
        hierarchy.SetItemAttribute(item, ID, patient_id)
    return item


def _shown(item: int) -> list[str]:
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    return [hierarchy.GetItemName(item), *(hierarchy.GetItemAttribute(item, key) for key in (NAME, ID))]


def test_a_patient_who_comes_while_identities_are_hidden_is_hidden_too(mask):
    mask.put_on()
    item = _add("Other^Olga", "P-2")
    assert _shown(item) == ["Patient 3"] * 3, "by the Patient ID, once it is known"
    mask.take_off()
    assert _shown(item) == ["Other^Olga", "Other^Olga", "P-2"]


def test_a_name_that_a_hidden_patient_gets_is_hidden_and_comes_back(mask):
    mask.put_on()
    item = _add("Other^Olga", "P-2")
    slicer.mrmlScene.GetSubjectHierarchyNode().SetItemName(item, "Olga, again")
    assert _shown(item)[0] == "Patient 3"
    mask.take_off()
    assert _shown(item) == ["Olga, again", "Other^Olga", "P-2"]


def test_nobody_is_hidden_any_more_after_the_mask_is_off_or_its_module_closed(mask):
    mask.put_on()
    mask.take_off()
    assert _shown(_add("Other^Olga"))[0] == "Other^Olga"
    mask.put_on()
    mask.release()
    assert _shown(_add("Roe^Rob"))[0] == "Roe^Rob"


def test_who_comes_after_a_closed_scene_or_with_a_loaded_one_is_hidden(mask, tmp_path: Path):
    _add("Other^Olga", "P-2")
    file = str(tmp_path / "scene.mrml")
    slicer.mrmlScene.SetURL(file)
    slicer.mrmlScene.Commit()
    mask.put_on()
    slicer.mrmlScene.Clear(0)
    assert _shown(_add("Roe^Rob", "P-33"))[0] == "Patient 4"
    slicer.mrmlScene.Import()
    hierarchy, items = slicer.mrmlScene.GetSubjectHierarchyNode(), vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items)
    names = [hierarchy.GetItemName(items.GetId(index)) for index in range(items.GetNumberOfIds())]
    assert "Patient 3" in names
    assert not any("Olga" in name for name in names)
