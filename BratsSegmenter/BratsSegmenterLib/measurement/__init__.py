"""Volumes, diameters and lesions of a segmentation."""
