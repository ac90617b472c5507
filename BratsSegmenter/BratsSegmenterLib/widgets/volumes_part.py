"""Part 6: millilitres of each region, following every edit; diameters a moment later; copied, saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import csv_tables, cut_off_findings, report_sentence
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.scene.diameters import drawing_diameters, remove_diameters, show_diameters
from BratsSegmenterLib.scene.layout import LAYOUT_WITH_PLOT
from BratsSegmenterLib.scene.plot import hide_plot, plot_over_time, replace_plot, show_plot
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.scene.segments import drawn_beside_regions, overlapping_regions
from BratsSegmenterLib.steps import Steps, taking
from BratsSegmenterLib.widgets.part import Part, on_return, set_text_or_hide, swatch
from BratsSegmenterLib.widgets.timed_steps import TimedSteps
from BratsSegmenterLib.widgets.volumes_model import (
    VolumeRow,
    as_text,
    beside_text,
    lesions_text,
    overlap_text,
    prior_heading,
    prior_hint,
    study_day,
    volume_rows,
)
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_INTERVAL, _SINCE_PRIOR = 2, 4
_QUIET_MS = 300


class VolumesPart(Part):
    """The table of volumes with what changed, and the diameters of the largest enhancing lesion.

    The volumes follow each edit at once; lesions and plot when the user has not edited for a moment.
    """

    def __init__(self, workflow: Workflow, review: Review) -> None:
        super().__init__("VolumesPart")
        self._workflow = workflow
        self._review = review
        self._rows: tuple[VolumeRow, ...] = ()
        self._priors: tuple[PriorVolumes, ...] = ()
        self._volumes_ml: Mapping[str, float] = {}
        self._layout_before_plot: int | None = None
        self._run_steps = TimedSteps()
        self._drawing: Steps[Any] | None = None
        self._pause = qt.QTimer()
        self._pause.setSingleShot(True)
        self._pause.setInterval(_QUIET_MS)
        self._pause.timeout.connect(self._follow_quietly)
        header = self.ui.volumeTable.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        self.ui.diametersBox.toggled.connect(show_diameters)
        self.ui.volumeTable.cellClicked.connect(self._go_to_region)
        on_return(self.ui.volumeTable, self._go_to_current_region)
        self.ui.sentenceButton.clicked.connect(self._copy_sentence)
        self.ui.copyButton.clicked.connect(self._copy_table)
        self.ui.saveButton.clicked.connect(self._save)
        self.ui.plotButton.setVisible(False)
        self.ui.plotButton.toggled.connect(self._plot)
        self.ui.qualityButton.clicked.connect(self._open_quality_page)

    def update(self) -> None:
        """Empty while there is no result."""
        result = self._workflow.result
        for button in (self.ui.sentenceButton, self.ui.copyButton, self.ui.saveButton, self.ui.qualityButton):
            button.setEnabled(result is not None)
        self.ui.algorithmLabel.setText(result.algorithm.title if result else _("A segmented study is measured here."))
        set_text_or_hide(self.ui.routineLabel, "\n".join(result.routine) if result else "")
        if result is None:
            self.release()
            self._show(())
            set_text_or_hide(self.ui.lesionsLabel, "")

    def show_priors(self, priors: tuple[PriorVolumes, ...]) -> None:
        """Compare with the newest of the earlier studies, given oldest first, and offer to plot all of them."""
        self._priors = priors
        self.ui.plotButton.setChecked(False)
        self.ui.plotButton.setVisible(bool(priors))
        if priors:
            heading = self.ui.volumeTable.horizontalHeaderItem(_SINCE_PRIOR)
            heading.setText(prior_heading(priors[-1]))
            heading.setToolTip(prior_hint(priors[-1]))
        if self._volumes_ml:
            self.show_volumes(self._volumes_ml)

    def show_volumes(self, volumes_ml: Mapping[str, float]) -> None:
        """Show the volumes as they are now, in millilitres by key of the measured regions; the lesions follow."""
        self._volumes_ml = volumes_ml
        result = self._workflow.result
        if result is not None:
            prior = self._priors[-1] if self._priors else None
            self._show(volume_rows(volumes_ml, result, self._review.edited_regions, prior))
            self._pause.start()

    def wait(self) -> None:
        """A scene is being loaded, perhaps with another result: what takes longer is measured after :meth:`go_on`."""
        self._pause.stop()

    def go_on(self) -> None:
        """The result under review is settled again."""
        if self._volumes_ml:
            self._pause.start()

    def release(self) -> None:
        """Measure no more, and take diameters and plot out of the scene and its layout: its nodes go away."""
        self._pause.stop()
        if self._drawing is not None:
            self._drawing.close()
        self._volumes_ml = {}
        remove_diameters()
        self.ui.plotButton.setChecked(False)

    def _show(self, rows: tuple[VolumeRow, ...]) -> None:
        self._rows = rows
        table = self.ui.volumeTable
        table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            name = qt.QTableWidgetItem(row.region.name)
            name.setToolTip(row.region.key)
            name.setIcon(qt.QIcon(swatch(row.region.colour)))
            table.setItem(index, 0, name)
            for column, text in enumerate((row.volume, row.interval, row.since_model, row.since_prior), 1):
                item = qt.QTableWidgetItem(text)
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                item.setToolTip(row.hint)
                table.setItem(index, column, item)
        has_intervals = self._workflow.result is not None and bool(self._workflow.result.intervals_ml)
        table.setColumnHidden(_INTERVAL, not has_intervals)
        table.setColumnHidden(_SINCE_PRIOR, not self._priors)
        height = table.horizontalHeader().height + sum(table.rowHeight(index) for index in range(len(rows))) + 4
        table.setFixedHeight(max(height, 60))

    def _follow_quietly(self) -> None:
        """What takes longer than the volumes: lesions, their diameters, the plot."""
        result = self._workflow.result
        if result is not None:
            measurements = self._review.measure()
            segmentation, reference = self._review.parameters.segmentation, self._review.parameters.reference
            beside = beside_text(drawn_beside_regions(segmentation))
            overlap = overlap_text(overlapping_regions(segmentation, reference))
            why_not = self._review.not_measured.get(ET.key, "")
            about_lesions = lesions_text(measurements, result.image_numbers, why_not)
            set_text_or_hide(self.ui.lesionsLabel, "\n".join(filter(None, (beside, overlap, about_lesions))))
            self._drawing = drawing_diameters(measurements.lesions_by_size, self.ui.diametersBox.checked)
            self._run_steps(taking(self._drawing))
            if self._layout_before_plot is not None:
                replace_plot(self._chart())

    def _go_to_region(self, row: int, _column: int) -> None:
        self._review.jump_to_region(self._rows[row].region.key)

    def _go_to_current_region(self) -> None:
        row = self.ui.volumeTable.currentRow()
        if row >= 0:
            self._go_to_region(row, 0)

    def _copy_sentence(self) -> None:
        assert self._workflow.result is not None
        result, measurements = self._workflow.result, self._review.measure()
        drawn = self._review.drawn
        text = report_sentence(
            measurements,
            drawn.algorithm,
            self._review.is_edited,
            result.image_numbers,
            drawn.not_measured,
            cut_off_findings(drawn, result.reference),
        )
        qt.QApplication.clipboard().setText(text)

    def _copy_table(self) -> None:
        qt.QApplication.clipboard().setText(as_text(self._rows))

    def _save(self) -> None:
        title, kinds = _("Save volumes and lesions"), _("Comma-separated values (*.csv)")
        file = qt.QFileDialog.getSaveFileName(self.widget, title, "volumes.csv", kinds)
        if file:
            assert self._workflow.result is not None
            written = csv_tables(Path(file), self._review.measure(), self._workflow.result.image_numbers)
            try:
                for path, table in written.items():
                    write_atomically(path, table.encode(), is_private=False)
            except OSError as error:
                what = _("The file {name} cannot be written.").format(name=Path(file).name)
                failure = ExportError(what, _("Choose another folder."), cause=str(error))
                self._workflow.failed.emit(Failure.of(failure))

    def _plot(self, wanted: bool) -> None:
        if wanted:
            self._layout_before_plot = show_plot(self._chart())
            slicer.app.layoutManager().layoutChanged.connect(self._on_layout)
        elif self._layout_before_plot is not None:
            slicer.app.layoutManager().layoutChanged.disconnect(self._on_layout)
            layout, self._layout_before_plot = self._layout_before_plot, None
            hide_plot(layout)

    def _on_layout(self, layout: int) -> None:
        """Another layout took the place of the plot's, for a new result or by Slicer's menu, and stays."""
        if layout != LAYOUT_WITH_PLOT:
            self._layout_before_plot = layout
            self.ui.plotButton.setChecked(False)

    def _chart(self) -> Any:
        assert self._workflow.study is not None
        return plot_over_time(self._priors, study_day(self._workflow.study), self._volumes_ml)

    def _open_quality_page(self) -> None:
        assert self._workflow.result is not None
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._workflow.result.quality_page)))
