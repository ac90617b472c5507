from __future__ import annotations

import subprocess
import sys

HEAVY = {"requests", "pydicom", "dicomweb_client", "numpy", "keyring", "sqlite3"}


def test_profiles_and_queries_load_without_any_network_or_dicom_library() -> None:
    code = (
        "import sys\n"
        "from BratsSegmenterLib.archive import Credentials, CredentialStore, Profile, ProfileStore, StudyQuery\n"
        "print(' '.join(sys.modules))"
    )

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not HEAVY & set(loaded)
