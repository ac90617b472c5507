"""Patients of the subject hierarchy under pseudonyms, while others look on, and under their names again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import slicer
import vtk

# No part of Slicer shows these; the scene file keeps them, as it keeps the UIDs.
_IDENTITY, _SHOWN = "BratsSegmenter.Identity", "BratsSegmenter.ShownIdentity"
_NO_NAME = "Patient"


class PatientMask:
    """Shows every patient of the scene, whoever loads it and whenever, by a pseudonym in place of name and ID.

    Parameters
    ----------
    pseudonym_of : callable
        Takes the Patient ID, or the name where there is none.
    """

    def __init__(self, pseudonym_of: Callable[[str], str]) -> None:
        self._pseudonym_of = pseudonym_of
        self._observations: list[tuple[Any, int]] = []
        self._is_masking = False

    def put_on(self) -> None:
        """Mask the patients that are there, and from now on those that come or get another name."""
        self._observe()
        for hierarchy, item in _patient_items():
            self._mask(hierarchy, item)

    def take_off(self) -> None:
        """Show every patient of the scene by name and ID again."""
        self.release()
        for hierarchy, item in _patient_items():
            identity = hierarchy.GetItemAttribute(item, _IDENTITY)
            if identity:
                _show(hierarchy, item, json.loads(identity))
                hierarchy.RemoveItemAttribute(item, _IDENTITY)
                hierarchy.RemoveItemAttribute(item, _SHOWN)

    def release(self) -> None:
        """Look out for no more patients; those that are masked stay so."""
        for observed, tag in self._observations:
            observed.RemoveObserver(tag)
        self._observations = []

    def _observe(self) -> None:
        self.release()
        scene, kind = slicer.mrmlScene, slicer.vtkMRMLSubjectHierarchyNode
        observed = [(scene, scene.EndBatchProcessEvent, self._on_loaded)]
        hierarchy = scene.GetSubjectHierarchyNode()  # a loaded scene may bring another one
        if hierarchy is not None:
            events = (kind.SubjectHierarchyItemAddedEvent, kind.SubjectHierarchyItemModifiedEvent)
            observed += [(hierarchy, event, self._on_item) for event in events]
        self._observations = [(node, node.AddObserver(event, follow)) for node, event, follow in observed]

    def _on_loaded(self, _scene: Any, _event: str) -> None:
        self.put_on()

    @vtk.calldata_type(vtk.VTK_LONG)
    def _on_item(self, hierarchy: Any, _event: str, item: int) -> None:
        # While a scene is loaded the tree is put together of two, in a loop that never ends when an item changes.
        if not self._is_masking and not slicer.mrmlScene.IsBatchProcessing() and _is_patient(hierarchy, item):
            self._mask(hierarchy, item)

    def _mask(self, hierarchy: Any, item: int) -> None:
        """Name and attributes of a patient come one by one: what is not what was shown last, is its identity."""
        standing = _standing(hierarchy, item)
        identity, shown = (_kept(hierarchy, item, key) for key in (_IDENTITY, _SHOWN))
        if identity and standing == (shown or standing):
            return
        if identity:
            identity = [new if new != old else true for new, old, true in zip(standing, shown, identity, strict=True)]
        else:
            identity = standing
        pseudonyms = self._pseudonyms(identity)
        self._is_masking = True
        try:
            hierarchy.SetItemAttribute(item, _IDENTITY, json.dumps(identity))
            hierarchy.SetItemAttribute(item, _SHOWN, json.dumps(pseudonyms))
            _show(hierarchy, item, pseudonyms)
        finally:
            self._is_masking = False

    def _pseudonyms(self, identity: Sequence[str]) -> list[str]:
        name, *attributes = identity
        patient_name, patient_id = attributes
        known = patient_id or patient_name or name
        pseudonym = _NO_NAME if known == _NO_NAME else self._pseudonym_of(known)
        return [pseudonym, *(pseudonym if value else "" for value in attributes)]


def _patient_items() -> Iterator[tuple[Any, int]]:
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    if hierarchy is None:
        return
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    for index in range(items.GetNumberOfIds()):
        if _is_patient(hierarchy, items.GetId(index)):
            yield hierarchy, items.GetId(index)


def _is_patient(hierarchy: Any, item: int) -> bool:
    return bool(hierarchy.IsItemLevel(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelPatient()))


def _standing(hierarchy: Any, item: int) -> list[str]:
    """What the tree says now: the item's name, the patient's name, the Patient ID."""
    return [hierarchy.GetItemName(item), *(hierarchy.GetItemAttribute(item, key) for key in _keys())]


def _kept(hierarchy: Any, item: int, key: str) -> list[str]:
    """What was kept of :func:`_standing` under a key; empty where nothing was."""
    return json.loads(hierarchy.GetItemAttribute(item, key) or "[]")


def _show(hierarchy: Any, item: int, texts: Sequence[str]) -> None:
    name, *attributes = texts
    hierarchy.SetItemName(item, name)
    for key, value in zip(_keys(), attributes, strict=True):
        hierarchy.SetItemAttribute(item, key, value)


def _keys() -> tuple[str, str]:
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    return constants.GetDICOMPatientNameAttributeName(), constants.GetDICOMPatientIDAttributeName()
