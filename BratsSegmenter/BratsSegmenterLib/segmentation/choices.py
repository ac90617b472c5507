"""What a user chooses of a segmentation, and what is taken when nothing is chosen; needs no torch."""

DEFAULT_BUNDLE = "glioma-synthetic"
DEVICES = ("auto", "cuda", "mps", "cpu")
