"""Patients of the subject hierarchy under pseudonyms, while others look on, and under their names again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import slicer
import vtk

_IDENTITY = "BratsSegmenter.Identity"  # no part of Slicer shows it; the scene file keeps it, as it keeps the UIDs
_NO_NAME = "Patient"


def mask_patients(pseudonym_of: Callable[[str], str]) -> None:
    """Show every patient of the scene, whoever loaded it, by a pseudonym in place of name and ID.

    Parameters
    ----------
    pseudonym_of : callable
        Takes the Patient ID, or the name where there is none.
    """
    for hierarchy, item in _patient_items():
        if hierarchy.GetItemAttribute(item, _IDENTITY):
            continue
        name, *attributes = hierarchy.GetItemName(item), *(hierarchy.GetItemAttribute(item, key) for key in _keys())
        hierarchy.SetItemAttribute(item, _IDENTITY, json.dumps([name, *attributes]))
        patient_name, patient_id = attributes
        known = patient_id or patient_name or name
        pseudonym = _NO_NAME if known == _NO_NAME else pseudonym_of(known)
        _show(hierarchy, item, pseudonym, *(pseudonym if value else "" for value in attributes))


def unmask_patients() -> None:
    """Show every patient of the scene by name and ID again."""
    for hierarchy, item in _patient_items():
        identity = hierarchy.GetItemAttribute(item, _IDENTITY)
        if identity:
            _show(hierarchy, item, *json.loads(identity))
            hierarchy.RemoveItemAttribute(item, _IDENTITY)


def _patient_items() -> Iterator[tuple[Any, int]]:
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    if hierarchy is None:
        return
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    patient_level = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelPatient()
    for index in range(items.GetNumberOfIds()):
        if hierarchy.IsItemLevel(items.GetId(index), patient_level):
            yield hierarchy, items.GetId(index)


def _show(hierarchy: Any, item: int, name: str, *attributes: str) -> None:
    hierarchy.SetItemName(item, name)
    for key, value in zip(_keys(), attributes, strict=True):
        hierarchy.SetItemAttribute(item, key, value)


def _keys() -> tuple[str, str]:
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    return constants.GetDICOMPatientNameAttributeName(), constants.GetDICOMPatientIDAttributeName()
