# Everything a newcomer types. Each target sets up what it needs.
#   make demo    a synthetic patient travels from the embedded archive to segments and back, into demo-out/; then the module opens
#   make test    the whole test suite
#   make lint    ruff and mypy

PYTHON ?= python3
# An index with CPU-only builds of torch, for machines without a GPU. Empty: the ordinary index.
TORCH_INDEX ?=
# What "make lock" pins.
TORCH_VERSION ?= 2.13.0
VENV := .venv
BIN := $(VENV)/bin

.PHONY: env system demo test lint format lock screenshots clean

env: $(VENV)/ready

system:
	Testing/system-packages.sh

$(VENV)/ready: requirements.lock pyproject.toml | system
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(if $(TORCH_INDEX),$(BIN)/pip install --quiet --index-url $(TORCH_INDEX) $$(grep '^torch==' requirements.lock))
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

# The second line opens the module's window on the demo's archive; without a display it writes pictures of it.
demo: env
	$(BIN)/brats-segmenter demo --out demo-out
	PYTHONPATH=Testing $(BIN)/python -m host.demo demo-out

# The first two keep glibc from giving every freed image back to the system, a seventh of the processor time, but not from
# giving back what only a few tests need. Processes with several threads each wait for one another. Three processes, as
# many tests wait for programs that they started; file by file in the order of the folders, so that what takes longest (gui,
# integration) is not what the others wait for at the end.
test: export MALLOC_MMAP_THRESHOLD_ = 134217728
test: export MALLOC_TRIM_THRESHOLD_ = 536870912
test: export OMP_NUM_THREADS = 1
# Where the environment forbids compiled files, every program that a test starts would compile the project anew.
test: export PYTHONDONTWRITEBYTECODE =
test: env
	$(BIN)/pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy BratsSegmenter/BratsSegmenterLib Testing/host Testing/benchmarks

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# torch's CUDA packages are left to torch: a lock that named them would force them on machines without a GPU.
lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --upgrade pip
	build/lock/bin/pip install --quiet 'torch==$(TORCH_VERSION)'
	build/lock/bin/pip install --quiet --editable '.[training]' --group dev --group benchmarks
	build/lock/bin/pip freeze --exclude-editable | sed 's/+cpu//' | grep -vE '^(nvidia|cuda|triton)' > requirements.lock
	rm -rf build/lock

screenshots: env
	PYTHONPATH=Testing $(BIN)/python -m host.screenshots $(or $(OUT),screenshots)

clean:
	rm -rf $(VENV) build demo-out
