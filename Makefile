PYTHON ?= python3
.PHONY: demo test bench evaluate setup lock clean

setup:
	@$(PYTHON) setup/install.py

demo: setup
	@.venv/bin/alongside demo $(ARGS)

test:
	@$(PYTHON) setup/install.py --tests
	@.venv/bin/python -m pytest $(ARGS)

bench: setup
	@.venv/bin/python -m bench $(ARGS)

evaluate: setup
	@.venv/bin/alongside evaluate $(ARGS)

# New locks: hashes, no addresses
lock:
	@.tools/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --extra dev pyproject.toml -o requirements.txt

clean:
	rm -rf .venv bot/.venv .tools .cache dashboard/static/vendor dashboard/node_modules
