"""BratsSegmenter: from the PACS to editable glioma segments and back.

Everything except ``scene`` and ``widgets`` is plain Python: the worker process, the command line and the tests run
the very code that 3D Slicer runs. Imports point one way::

    widgets -> scene -> worker, commands, unattended -> workbench -> delivery, study, ledger
            -> pipeline, learning -> segmentation, measurement, preprocessing, dicom, archive -> domain

``worker`` runs a job of ``jobs`` in a process of its own: ``performing`` says who does it, ``workbench`` does what one
study needs, and ``job_results`` is what comes back.
"""

__version__ = "0.1.0"
