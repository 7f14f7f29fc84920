PYTHON ?= python3
.PHONY: demo test bench evaluate tune setup lock clean

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

# Train the sentence encoder further on nlu_data/train (about an hour; PyTorch in an environment of its own), then the bot on it
tune: setup
	@test -x .tuning/bin/python || $(PYTHON) -m venv .tuning
	@.tuning/bin/pip install --quiet -r bot/tuning/requirements.txt
	@.tuning/bin/python bot/tuning/tune.py $(ARGS)
	@bot/.venv/bin/python bot/tuning/spare.py $(if $(findstring --go-on,$(ARGS)),,--anew)
	@bot/.venv/bin/python bot/train.py

# New locks: hashes, no addresses
lock:
	@.tools/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --extra dev pyproject.toml -o requirements.txt

clean:
	rm -rf .venv .tuning bot/.venv .tools .cache dashboard/static/vendor dashboard/node_modules
