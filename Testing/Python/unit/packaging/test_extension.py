"""The extension as CMake builds and installs it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[4]
MODULE = REPOSITORY / "BratsSegmenter"
STAND_IN = REPOSITORY / "Testing" / "host" / "slicer_stand_in"

OPEN_THE_INSTALLED_MODULE = """
import sys
from pathlib import Path
from host.slicer_app import open_module
opened = open_module(Path(sys.argv[1]) / "BratsSegmenter.py")
from BratsSegmenterLib import paths
assert paths.module_folder() == Path(sys.argv[1]), paths.module_folder()
assert not opened.module.parent.icon.isNull()
assert (paths.models_folder() / "glioma-synthetic" / "configs" / "metadata.json").is_file()
assert Path(opened.widget.resourcePath("requirements.txt")).is_file()
opened.close()
print(opened.widget.panel.run.ui.runButton.text)
"""


def _listed(variable: str) -> set[str]:
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    body = re.search(rf"set\({variable}\s([^)]*)\)", text)
    assert body is not None, f"BratsSegmenter/CMakeLists.txt does not set {variable}"
    return set(body[1].replace("${MODULE_NAME}", "BratsSegmenter").split())


def test_every_file_of_the_module_is_listed_for_cmake_and_no_other():
    library = {
        path.relative_to(MODULE).as_posix()
        for path in (MODULE / "BratsSegmenterLib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    in_tree = library | {"BratsSegmenter.py"}
    listed = _listed("MODULE_PYTHON_SCRIPTS") | _listed("MODULE_PYTHON_RESOURCES")
    assert (sorted(in_tree - listed), sorted(listed - in_tree)) == ([], []), "not listed, listed but gone"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder qt-scripted-modules of an installed extension."""
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    folder = tmp_path_factory.mktemp("extension")
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    for command in (
        ["cmake", "-S", REPOSITORY, "-B", folder / "build", f"-DSlicer_DIR={STAND_IN}", *generator],
        ["cmake", "--build", folder / "build"],
        ["cmake", "--install", folder / "build", "--prefix", folder / "installed"],
    ):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "installed" / "lib" / "Slicer-5.12" / "qt-scripted-modules"


def test_the_installed_extension_has_the_module_file_alone_at_the_top(installed: Path):
    assert [path.name for path in installed.glob("*.py")] == ["BratsSegmenter.py"]


def test_resources_and_models_are_installed_beside_the_module(installed: Path):
    assert (installed / "Resources" / "UI" / "RunPart.ui").is_file()
    assert (installed / "models" / "glioma-synthetic" / "configs" / "metadata.json").is_file()


def test_the_installed_module_opens_and_finds_its_own_files(installed: Path):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(installed), str(REPOSITORY / "Testing")]))
    command = [sys.executable, "-c", OPEN_THE_INSTALLED_MODULE, str(installed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "Fetch and segment"


def test_the_self_test_is_registered_with_ctest(installed: Path):
    build = installed.parents[3] / "build"
    listed = subprocess.run(["ctest", "-N"], cwd=build, capture_output=True, text=True).stdout
    assert re.search(r": py_BratsSegmenter$", listed, re.MULTILINE)


def test_the_entry_of_the_extensions_index_says_what_cmake_says():
    entry = json.loads((REPOSITORY / "BratsSegmenter.json").read_text(encoding="utf-8"))
    required, optional = {"$schema", "category", "scm_url"}, {"build_dependencies", "build_subdirectory", "tier"}
    assert required <= set(entry) <= required | optional | {"scm_revision", "scm_type", "enabled"}
    assert entry["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.2.json#")
    cmake = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
    homepage = re.search(r'EXTENSION_HOMEPAGE "([^"]+)"', cmake)
    depends = re.search(r'EXTENSION_DEPENDS "([^"]+)"', cmake)
    assert homepage is not None
    assert entry["scm_url"] == f"{homepage[1]}.git"
    assert depends is not None
    assert entry["build_dependencies"] == depends[1].split()


def test_the_checklist_numbers_its_lines():
    lines = (REPOSITORY / "Testing" / "CHECKLIST.md").read_text(encoding="utf-8").splitlines()
    numbers = [int(match[1]) for line in lines if (match := re.match(r"\| (\d+) \|", line))]
    assert len(numbers) > 1
    assert numbers == list(range(1, len(numbers) + 1))
