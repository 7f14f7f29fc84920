"""Train the bot, or take the model already trained from exactly these files: bot/models/alongside.tar.gz.

    bot/.venv/bin/python bot/train.py [--again]

Models are kept in ${ALONGSIDE_CACHE:-~/.cache/alongside}/models under the hash of all that goes into them. A training
that is interrupted leaves no model behind, and the next one finds the embeddings already worked out.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

from surroundings import BOT, prepare

prepare()

from listening.meaning import cache_folder  # noqa: E402

MODEL = BOT / "models" / "alongside.tar.gz"


def ingredients() -> list[Path]:
    """Every file a model depends on."""
    data = BOT.parent / "nlu_data"
    return sorted([*data.glob("train/*/*.txt"), *data.glob("dev/*.txt"), data / "read.py", data / "spare.bin", BOT / "config.yml",
                   BOT / "domain.yml", BOT / "rules.yml", BOT / "requirements.txt",
                   *(BOT / "alongside_bot").glob("*.py"), *(BOT.parent / "listening").glob("*.py"), BOT.parent / "listening" / "tuned.npz"])


def fingerprint() -> str:
    """Sixteen hex digits over the names and contents of the ingredients."""
    digest = hashlib.sha256()
    for path in ingredients():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(BOT.parent).as_posix()}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def take(model: Path) -> None:
    """Put a kept model where the server looks for it: linked if it can be, else copied; whole or not at all."""
    heads = heads_of(model)  # first: a damaged one must not replace the one in use
    MODEL.parent.mkdir(exist_ok=True)
    new = MODEL.with_suffix(f".{os.getpid()}")
    # A copy would be written through a link that an earlier process of this number left: into the model kept behind it.
    new.unlink(missing_ok=True)
    try:
        os.link(model, new)
    except OSError:
        shutil.copyfile(model, new)
    os.replace(new, MODEL)
    # Where both are links to one file already, replacing does nothing and leaves the new one.
    new.unlink(missing_ok=True)
    reserve = MODEL.with_name("heads.npz")
    reserve.with_suffix(f".{os.getpid()}").write_bytes(heads)
    os.replace(reserve.with_suffix(f".{os.getpid()}"), reserve)


def heads_of(model: Path) -> bytes:
    """The learned heads inside a model's archive; beside it they are the app's reserve. Read to its end, where its checksum stands: one that is damaged
    anywhere raises OSError, EOFError, tarfile.TarError or zlib.error, one without heads StopIteration."""
    with gzip.open(model) as content:
        with tarfile.open(fileobj=content, mode="r|") as archive:
            heads = next(archive.extractfile(entry).read() for entry in archive if entry.name.endswith("heads.npz"))
        while content.read(1 << 20):
            pass
    return heads


def _whole(model: Path) -> bool:
    try:
        heads_of(model)
    except (OSError, EOFError, StopIteration, tarfile.TarError, zlib.error):
        return False
    return True


def train(kept: Path) -> None:
    """Train and keep the model. Raises SystemExit with what went wrong."""
    import rasa.model_training
    from rasa.utils.log_utils import configure_structlog

    configure_structlog()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="training-") as folder:
        result = rasa.model_training.train(
            domain="domain.yml", config="config.yml", training_files="rules.yml",
            output=folder, fixed_model_name="alongside", force_training=True)
        if result.code or not result.model:
            raise SystemExit(f"training ended with code {result.code} and no model")
        os.replace(result.model, kept)


def show(model: Path) -> None:
    """Print how it did on the development replies, from the model itself."""
    import numpy as np

    report = json.loads(str(np.load(io.BytesIO(heads_of(model)))["report"]))

    def percent(value: float | None) -> str:
        return f"{100 * value:6.1f}" if value is not None else "     -"

    columns = ("recall", "recall_immediate", "false_alarms", "false_alarms_none", "needless_person")
    print("Development, %        phrases " + " ".join(f"{c:>17}" for c in columns))
    for name, row in [("all", report["all"]), *report["languages"].items(), *report["intents"].items()]:
        print(f"  {name:<20}{row['phrases']:>7} " + " ".join(f"{percent(row[c]):>17}" for c in columns))
    print("thresholds", {name: round(limit, 3) for name, limit in report["thresholds"].items()})


def main() -> None:
    """Train unless there is nothing new."""
    began = time.monotonic()
    made_of = fingerprint()
    kept = cache_folder() / "models" / f"{made_of}.tar.gz"
    if kept.exists() and not _whole(kept):
        print(f"{kept} is damaged: trained anew", flush=True)
        kept.unlink()
    if kept.exists() and "--again" not in sys.argv:
        print(f"the model for these files is there already: {kept.name}")
    else:
        print("training the bot (a few minutes)", flush=True)
        train(kept)
        if fingerprint() != made_of:  # it may have learned from either state of a file: of no use to whoever has the files as they were
            kept.unlink()
            raise SystemExit("a file that the model is made of changed while it was trained: run it once more")
        show(kept)
        print(f"trained in {time.monotonic() - began:.0f} s: {kept.name}")
    take(kept)


if __name__ == "__main__":
    main()
