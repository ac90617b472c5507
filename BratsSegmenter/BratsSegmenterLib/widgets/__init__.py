"""The panel, one part a file. Needs Qt."""
