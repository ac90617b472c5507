"""BratsSegmenter: from the PACS to editable glioma segments and back.

Everything except ``scene`` and ``widgets`` is plain Python: the worker process, the command line and the tests run
the very code that 3D Slicer runs. Imports point one way::

    widgets -> scene -> worker, commands -> pipeline
            -> segmentation, measurement, preprocessing, dicom, archive -> domain
"""

__version__ = "0.1.0"
