"""A stand-in for 3D Slicer's desktop around the real MRML of ``slicer-core`` and the real Qt of PySide6.

It opens the real module file, so that tests can click its panel and screenshots can show it. It is not Slicer: what
it cannot show is how PythonQt converts arguments and how Slicer's own widgets look.

Importing the package gives PySide6 the manners of PythonQt, for the whole process.
"""

from host import pythonqt

pythonqt.install()
