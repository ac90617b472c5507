"""From recognised volumes to what a network can see: registration, grid, N4, brain mask, normalisation."""
