"""A small DICOMweb archive of our own on loopback: for the demo, for tests, for trying the product without a PACS."""

from BratsSegmenterLib.archive.embedded.filling import NotTaken
from BratsSegmenterLib.archive.embedded.server import EmbeddedArchive, serve

__all__ = ["EmbeddedArchive", "NotTaken", "serve"]
