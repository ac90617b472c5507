"""What a scene keeps of a reviewed study, so that it can be saved and taken up again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.records import from_json, to_json

_STUDY, _FOLDER, _RESULT, _ACCEPTED = "study", "jobFolder", "result", "acceptedRegions"
_SEGMENTATION, _REFERENCE, _TABLE = "segmentation", "reference", "volumeTable"
_VOLUME, _DOUBT = "volume", "doubt"
_ROLES = (_SEGMENTATION, _REFERENCE, _TABLE, _DOUBT, *(_VOLUME + sequence.value for sequence in Sequence))


class SceneParameters:
    """Typed access to the module's parameter node (vtkMRMLScriptedModuleNode)."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def store(self, study: StudySummary, folder: Path, result: SegmentResult) -> None:
        """Keep which study was segmented, where its job folder is, and what the worker reported; accept no region."""
        modified = self._node.StartModify()
        self._node.SetParameter(_STUDY, json.dumps(to_json(study)))
        self._node.SetParameter(_FOLDER, str(folder))
        self._node.SetParameter(_RESULT, json.dumps(to_json(result)))
        self._node.UnsetParameter(_ACCEPTED)
        self._node.EndModify(modified)

    def forget(self) -> None:
        """Keep nothing of a study whose result is in the scene no more."""
        modified = self._node.StartModify()
        for name in (_STUDY, _FOLDER, _RESULT, _ACCEPTED):
            self._node.UnsetParameter(name)
        for role in _ROLES:
            self._node.SetNodeReferenceID(role, None)
        self._node.EndModify(modified)

    def copied(self) -> SceneParameters:
        """All that is kept now, for :meth:`put_back`."""
        copy = self._node.CreateNodeInstance()
        copy.Copy(self._node)
        return SceneParameters(copy)

    def put_back(self, copied: SceneParameters) -> None:
        """Keep again what was kept when `copied` was made."""
        self._node.Copy(copied._node)

    def has_same_segmentation(self, other: SceneParameters) -> bool:
        """Whether both mean the same segmentation node, or none."""
        return self._node.GetNodeReferenceID(_SEGMENTATION) == other._node.GetNodeReferenceID(_SEGMENTATION)

    @property
    def has_result(self) -> bool:
        """Whether the scene holds a segmented study."""
        return bool(self._node.GetParameter(_RESULT)) and self.segmentation is not None and self.reference is not None

    @property
    def study(self) -> StudySummary:
        """The study that was segmented."""
        return from_json(StudySummary, json.loads(self._node.GetParameter(_STUDY)))

    @property
    def folder(self) -> Path:
        """Its job folder."""
        return Path(self._node.GetParameter(_FOLDER))

    @property
    def result(self) -> SegmentResult:
        """What the worker reported."""
        return from_json(SegmentResult, json.loads(self._node.GetParameter(_RESULT)))

    @property
    def accepted(self) -> frozenset[str]:
        """Keys of the regions that the radiologist accepted."""
        return frozenset(self._node.GetParameter(_ACCEPTED).split())

    def store_accepted(self, keys: Iterable[str]) -> None:
        """Keep which regions are accepted."""
        self._node.SetParameter(_ACCEPTED, " ".join(sorted(keys)))

    @property
    def segmentation(self) -> Any:
        """The segmentation node; None when there is none."""
        return self._node.GetNodeReference(_SEGMENTATION)

    @property
    def reference(self) -> Any:
        """The volume in whose grid the segments live; None when there is none."""
        return self._node.GetNodeReference(_REFERENCE)

    @property
    def table(self) -> Any:
        """The table node; None when there is none."""
        return self._node.GetNodeReference(_TABLE)

    def store_table(self, table: Any) -> None:
        """Keep another table node in place of one that was deleted."""
        self._node.SetNodeReferenceID(_TABLE, table.GetID())

    @property
    def volumes(self) -> dict[str, Any]:
        """The volume nodes that are in the scene, by sequence."""
        nodes = {sequence.value: self._node.GetNodeReference(_VOLUME + sequence.value) for sequence in Sequence}
        return {name: node for name, node in nodes.items() if node is not None}

    @property
    def doubt(self) -> Any:
        """The entropy map as a volume node; None when there is none."""
        return self._node.GetNodeReference(_DOUBT)

    @property
    def nodes(self) -> tuple[Any, ...]:
        """All nodes that belong to the result and are in the scene."""
        found = (self._node.GetNodeReference(role) for role in _ROLES)
        return tuple({node.GetID(): node for node in found if node is not None}.values())

    def store_nodes(
        self, segmentation: Any, reference: Any, table: Any, volumes: Mapping[str, Any], doubt: Any = None
    ) -> None:
        """Keep the nodes that belong to the result; `volumes` by sequence."""
        by_role = {_SEGMENTATION: segmentation, _REFERENCE: reference, _TABLE: table, _DOUBT: doubt}
        by_role |= {_VOLUME + sequence.value: volumes.get(sequence.value) for sequence in Sequence}
        for role, node in by_role.items():
            self._node.SetNodeReferenceID(role, None if node is None else node.GetID())
