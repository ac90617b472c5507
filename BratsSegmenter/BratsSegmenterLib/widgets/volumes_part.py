"""Part 6: millilitres of each region, following every edit."""

from __future__ import annotations

from collections.abc import Mapping

import qt

from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.volumes_model import VolumeRow, as_text, volume_rows
from BratsSegmenterLib.widgets.workflow import Workflow


class VolumesPart(Part):
    """The table of volumes with the change against the model's result."""

    def __init__(self, workflow: Workflow) -> None:
        super().__init__("VolumesPart")
        self._workflow = workflow
        self._rows: tuple[VolumeRow, ...] = ()
        header = self.ui.volumeTable.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        self.ui.copyButton.clicked.connect(self._copy)
        self.ui.qualityButton.clicked.connect(self._open_quality_page)

    def update(self) -> None:
        """Empty while there is no result."""
        result = self._workflow.result
        for button in (self.ui.copyButton, self.ui.qualityButton):
            button.setEnabled(result is not None)
        self.ui.algorithmLabel.setText(f"{result.algorithm.name} {result.algorithm.version}" if result else "")
        if result is None:
            self._show(())

    def show_volumes(self, volumes_ml: Mapping[str, float]) -> None:
        """Show the volumes as they are now, in millilitres by region key."""
        result = self._workflow.result
        if result is not None:
            self._show(volume_rows(volumes_ml, result.volumes_ml, result.not_measured))

    def _show(self, rows: tuple[VolumeRow, ...]) -> None:
        self._rows = rows
        table = self.ui.volumeTable
        table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            name = qt.QTableWidgetItem(f"{row.region.name} ({row.region.key})")
            name.setIcon(_swatch(row.region.colour))
            table.setItem(index, 0, name)
            for column, text in ((1, row.volume), (2, row.change)):
                item = qt.QTableWidgetItem(text)
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                item.setToolTip(row.hint)
                table.setItem(index, column, item)
        height = table.horizontalHeader().height + sum(table.rowHeight(index) for index in range(len(rows))) + 4
        table.setFixedHeight(max(height, 60))

    def _copy(self) -> None:
        qt.QApplication.clipboard().setText(as_text(self._rows))

    def _open_quality_page(self) -> None:
        assert self._workflow.result is not None
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._workflow.result.quality_page)))


def _swatch(colour: tuple[int, int, int]) -> qt.QIcon:
    pixmap = qt.QPixmap(12, 12)
    pixmap.fill(qt.QColor(*colour))
    return qt.QIcon(pixmap)
