"""Synthesis, training and evaluation of models."""
