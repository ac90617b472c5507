"""Where the nodes of a study stand in the subject hierarchy: patient, study, and below it all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import slicer

from BratsSegmenterLib.archive import StudySummary

_UNSEEN = "BratsSegmenter", "unseen"  # the name of a UID, and its value


def place_under_study(nodes: Iterable[Any], study: StudySummary) -> int:
    """Put `nodes` below the study, which is made when the scene has none with its UID; gives its item back."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    study_item = _study_item(hierarchy, study)
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node)
        if item:
            hierarchy.SetItemParent(item, study_item)
        else:
            hierarchy.CreateItem(study_item, node)
    return study_item


def remove_from_scene(nodes: Iterable[Any]) -> None:
    """Take nodes out of the scene with what displays and stores them; study and patient go with their last node."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node)
        above = hierarchy.GetItemParent(item) if item else 0
        for one in (node, *_helpers(node)):
            if slicer.mrmlScene.IsNodePresent(one):
                slicer.mrmlScene.RemoveNode(one)
        item = hierarchy.GetItemByDataNode(node)
        if item:  # Slicer's desktop has taken it away already
            hierarchy.RemoveItem(item, False, False)
        _remove_empty(hierarchy, above)


def place_unseen(node: Any, beside: Any) -> None:
    """Put `node`, which no scene keeps, beside another one, where the tree does not show it; one at a time.

    A saved scene keeps its item all the same, with a name and nothing in it: that makes way for the next one.
    """
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    while left_over := hierarchy.GetItemByUID(*_UNSEEN):
        hierarchy.RemoveItem(left_over, False, False)
    found = hierarchy.GetItemByDataNode(beside)
    if found:
        exclude = slicer.vtkMRMLSubjectHierarchyConstants.GetSubjectHierarchyExcludeFromTreeAttributeName()
        node.SetAttribute(exclude, "1")
        hierarchy.SetItemUID(hierarchy.CreateItem(hierarchy.GetItemParent(found), node), *_UNSEEN)


def _helpers(node: Any) -> tuple[Any, ...]:
    stored = [node.GetNthStorageNode(index) for index in range(node.GetNumberOfStorageNodes())]
    is_displayed = hasattr(node, "GetNumberOfDisplayNodes")  # a table is not
    shown = [node.GetNthDisplayNode(index) for index in range(node.GetNumberOfDisplayNodes())] if is_displayed else []
    return tuple(one for one in (*stored, *shown) if one is not None)


def _remove_empty(hierarchy: Any, item: int) -> None:
    """Remove a study that nothing stands below, then its patient; what the user made of them otherwise stays."""
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    for level in (constants.GetDICOMLevelStudy(), constants.GetDICOMLevelPatient()):
        if not item or not hierarchy.IsItemLevel(item, level) or hierarchy.GetNumberOfItemChildren(item):
            return
        above = hierarchy.GetItemParent(item)
        hierarchy.RemoveItem(item, False, False)
        item = above


def _study_item(hierarchy: Any, study: StudySummary) -> int:
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    uid_name = constants.GetDICOMUIDName()
    found = hierarchy.GetItemByUID(uid_name, study.study_uid)
    if found:
        return found
    item = hierarchy.CreateStudyItem(_patient_item(hierarchy, study), study.description or "MR study")
    hierarchy.SetItemUID(item, uid_name, study.study_uid)
    hierarchy.SetItemAttribute(item, constants.GetDICOMStudyInstanceUIDAttributeName(), study.study_uid)
    hierarchy.SetItemAttribute(item, constants.GetDICOMStudyDateAttributeName(), study.study_date)
    return item


def _patient_item(hierarchy: Any, study: StudySummary) -> int:
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    uid_name = constants.GetDICOMUIDName()
    found = hierarchy.GetItemByUID(uid_name, study.patient_id) if study.patient_id else 0
    if found:
        return found
    item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), study.patient_name or "Patient")
    if study.patient_id:
        hierarchy.SetItemUID(item, uid_name, study.patient_id)
        hierarchy.SetItemAttribute(item, constants.GetDICOMPatientIDAttributeName(), study.patient_id)
    hierarchy.SetItemAttribute(item, constants.GetDICOMPatientNameAttributeName(), study.patient_name)
    return item
