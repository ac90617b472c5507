"""The PACS: profiles, search, fetch, store and the embedded archive."""
