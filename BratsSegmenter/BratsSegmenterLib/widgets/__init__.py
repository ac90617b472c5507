"""The panel of the module, one part a file, each with a view model that knows nothing of Qt."""
