"""A synthetic patient travels the whole way: for newcomers, screenshots and tests."""
