"""MRML: volumes, segments, tables and views. Needs Slicer."""
