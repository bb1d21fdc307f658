"""The command `sieve-train`: `sieve-train FILE`, `torchrun … -m sieve_train FILE` or `accelerate launch … -m
sieve_train FILE`.
"""

import argparse
import json
import os
import re
import signal
import sys
from pathlib import Path

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin, parse_flag_from_env, set_seed
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from .metrics import MetricLog
from .model import attach
from .output import CHECK_TOKENS, adapter_files, check_json, session_record, write_zip
from .run_file import METRICS, RECORD, RunFile, RunPart, read_run_file
from .trainer import Diverged, RunTrainer

# Token ids that check.json may have.
MOST_CHECKED = 4096
DONE, FAILED, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


def options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sieve-train", description="Trains a session that Sieve's page or terminal has handed over."
    )
    add = parser.add_argument
    add("file", type=Path, help="the zip, the folder that it was unpacked to, or the training.json in it")
    add("--base", help="the base model: a folder, or an id of the Hugging Face hub; the session's unless given")
    add("--revision", help="of the base on the hub")
    add(
        "--same-tokenizer",
        action="store_true",
        help="the base reads the session's tokens although its vocabulary has another size",
    )
    add("--only", action="append", metavar="ID", help="trains this run of the session; all unless given")
    add("--steps", type=int, help="optimizer steps of the whole run, those that are done among them")
    add("--batch-size", type=int, help="sequences of a batch, of all processes together")
    add(
        "--micro-batch",
        type=int,
        help="sequences of one forward in each process; a process's share of the batch unless given",
    )
    add("--dtype", choices=("float32", "bfloat16", "float16"), default="float32", help="of the frozen weights")
    add(
        "--mixed-precision",
        choices=("no", "fp16", "bf16"),
        help="of the products; as Accelerate is configured unless given",
    )
    add(
        "--gradient-checkpointing",
        action="store_true",
        help="computes activations a second time instead of keeping them",
    )
    add("--cpu", action="store_true", help="computes on the CPU although there is a GPU")
    add("--out", type=Path, default=Path("sieve-out"), help="where files are written (sieve-out)")
    add("--checkpoint-every", type=int, default=100, metavar="STEPS", help="steps between two checkpoints (100)")
    add("--fresh", action="store_true", help="starts over, and drops the checkpoints in that folder")
    add("--log-with", choices=("tensorboard", "wandb"), help="curves go there as well")
    add("--json", action="store_true", help="one line of JSON for each step and evaluation")
    return parser.parse_args(arguments)


class Interrupted(Exception):
    """A signal has come; a checkpoint is written."""


class Stop:
    """SIGINT and SIGTERM end the training after the step that runs; a second one ends the process."""

    def __init__(self, accelerator: Accelerator):
        self.accelerator, self.asked = accelerator, False
        for which in (signal.SIGINT, signal.SIGTERM):
            signal.signal(which, self._hear)

    def _hear(self, which, frame) -> None:
        signal.signal(which, signal.SIG_DFL)
        self.asked = True

    def __call__(self) -> bool:
        """Whether any process was asked; every process gets the same answer."""
        if self.accelerator.num_processes == 1:
            return self.asked
        if self.asked:
            self.accelerator.set_trigger()
        return self.accelerator.check_trigger()


class Training:
    """A session in training: one run after the other, on the same batches."""

    def __init__(self, given: argparse.Namespace, run_file: RunFile, accelerator: Accelerator):
        self.given, self.run_file, self.accelerator = given, run_file, accelerator
        self.stop = Stop(accelerator)
        self.base, self.revision = base_of(given, run_file)
        train = run_file.settings
        if given.steps is not None:
            train["steps"] = given.steps
        if given.batch_size is not None:
            train["batchSize"] = given.batch_size
        self.tokenizer = AutoTokenizer.from_pretrained(self.base, revision=self.revision)
        ids = [int(i) for i in run_file.validation.example(0)[0]]
        self.pieces = [self.tokenizer.decode([i]) for i in ids]
        # A head with classes reads all of a text.
        self.check_ids = ids[:CHECK_TOKENS] if run_file.classes is None else ids[:MOST_CHECKED]

    def say(self, line: dict, words: str) -> None:
        self.accelerator.print(json.dumps(line) if self.given.json else words, flush=True)

    def load_base(self):
        # What its files lack of a head is drawn, the same for every run and on every process.
        set_seed(self.run_file.settings["seed"])
        classes = self.run_file.classes
        kind = AutoModelForCausalLM if classes is None else AutoModelForSequenceClassification
        head = {} if classes is None else {"num_labels": len(classes), "id2label": dict(enumerate(classes))}
        config = without_dropout(AutoConfig.from_pretrained(self.base, revision=self.revision, **head))
        model = kind.from_pretrained(
            self.base,
            revision=self.revision,
            dtype=getattr(torch, self.given.dtype),
            config=config,
            ignore_mismatched_sizes=classes is not None,
        )
        own, wanted = model.config.get_text_config().vocab_size, self.run_file.vocab
        if own != wanted and not self.given.same_tokenizer:
            raise ValueError(
                f"{self.base} has a vocabulary of {own}, and the session's tokens are of one of {wanted}. Prepare the session for it "
                f"(sieve prepare … --model {self.base}), or give --same-tokenizer where only the size differs."
            )
        most = max(int(s.ids.max()) for s in (self.run_file.train, self.run_file.validation))
        if most >= own:
            raise ValueError(f"{self.base} has no token {most}")
        if hasattr(model, "score"):  # such a head reads the last token that is no padding
            model.config.get_text_config().pad_token_id = self.run_file.unused_token(own)
        return model.requires_grad_(False)

    def checkpoint(self, part: RunPart) -> Path:
        return self.given.out / "checkpoint" / f"{part.id}.pt"

    def make(self, part: RunPart) -> RunTrainer:
        """The run where its checkpoint, or the session, has left it."""
        saved = None
        if self.checkpoint(part).exists():
            saved = torch.load(self.checkpoint(part), map_location="cpu", weights_only=True)
            if saved["settings"] != fingerprint(self.run_file, part):
                raise ValueError(
                    f"{self.checkpoint(part)} is of another session or other settings: choose another --out, or --fresh to drop it"
                )
            part.tensors, part.taken = saved["adapter"], max(part.taken, 1)
        model = attach(self.load_base(), part, self.run_file.settings["seed"])
        if self.given.gradient_checkpointing:
            model.enable_input_require_grads()
            model.gradient_checkpointing_enable({"use_reentrant": False})
        trainer = RunTrainer(self.accelerator, model, self.run_file, part, self.given.micro_batch)
        if saved is not None:
            trainer.restore(saved["state"], saved["log"])
            if trainer.deepspeed:
                self.accelerator.load_state(str(self.checkpoint(part).with_suffix("")))
            self.say(
                {"type": "resumes", "runId": part.id, "step": trainer.step},
                f"{part.config['name']}: going on after step {trainer.step}",
            )
        return trainer

    def save(self, trainer: RunTrainer) -> None:
        """One file, replaced whole; every process takes part where the parts of the adapter lie in several."""
        path = self.checkpoint(trainer.part)
        adapter, state = trainer.adapter(), trainer.state()
        if trainer.deepspeed:
            self.accelerator.save_state(str(path.with_suffix("")))
        if not self.accelerator.is_main_process:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "settings": fingerprint(self.run_file, trainer.part),
            "adapter": adapter,
            "state": state,
            "log": trainer.log.json,
        }
        torch.save(content, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def evaluate(self, trainer: RunTrainer, last: bool = False) -> None:
        loss = trainer.evaluate(last)
        name, step = trainer.part.config["name"], trainer.step
        self.say(
            {"type": "eval", "runId": trainer.part.id, "step": step, "loss": loss},
            f"{name}: step {step}, validation loss {loss:.4f}",
        )
        track(self.accelerator, trainer.part.id, {"validation": loss}, step)

    def train(self, part: RunPart) -> dict[str, bytes]:
        """The run to its last step; the files of its adapter, on the first process. @raises Interrupted, Diverged"""
        trainer = self.make(part)
        settings = trainer.train
        self.base_loss(trainer)
        while trainer.step < settings["steps"]:
            shown = trainer.train_step()
            step, id = trainer.step, part.id
            self.say(
                {"type": "step", "runId": id, "step": step, **shown},
                f"{part.config['name']}: step {step}/{settings['steps']}, "
                + ", ".join(f"{k} {v:.4g}" for k, v in shown.items()),
            )
            track(self.accelerator, id, shown, step)
            if step % settings["evalInterval"] == 0 and step < settings["steps"]:
                self.evaluate(trainer)
                trainer.watch(self.pieces)
            stopped = self.stop()
            if stopped or step % self.given.checkpoint_every == 0:
                self.save(trainer)
            if stopped:
                raise Interrupted
        self.evaluate(trainer, last=True)
        trainer.watch(self.pieces)
        self.save(trainer)
        logits, tensors = trainer.logits(self.check_ids), trainer.adapter()
        config = part.adapter_config | {"base_model_name_or_path": self.base, "revision": self.revision}
        sieve = {k: v for k, v in part.sieve.items() if k != "base"}
        files = (
            adapter_files(config, sieve, tensors, check_json(self.base, self.check_ids, logits))
            if self.accelerator.is_main_process
            else {}
        )
        self.logs[part.id] = trainer.log.json
        del trainer
        self.accelerator.free_memory()
        return files

    def base_loss(self, trainer: RunTrainer) -> None:
        """The base's own loss once, where the session has none: an adapter whose B is zero changes nothing."""
        if "base" in self.logs or trainer.step > 0 or self.known_base():
            return
        log, loss = MetricLog("base"), trainer.evaluate()
        evaluation = trainer.log.json["evals"].pop()
        log.json["evals"].append(evaluation | {"gate": None})
        log.json["accuracy"], trainer.log.json["accuracy"] = trainer.log.json["accuracy"], []
        self.logs["base"] = log.json
        self.say({"type": "eval", "runId": "base", "step": 0, "loss": loss}, f"base model: validation loss {loss:.4f}")

    def known_base(self) -> bool:
        return any(r["runId"] == "base" and r["evals"] for r in self.run_file.metrics["runs"])

    def __call__(self) -> int:
        given, out, a = self.given, self.given.out, self.accelerator
        how = {
            "type": "begins",
            "processes": a.num_processes,
            "strategy": a.distributed_type.name,
            "device": a.device.type,
            "precision": a.mixed_precision,
        }
        self.say(
            how,
            f"{a.num_processes} × {a.device.type}, {a.distributed_type.name}, mixed precision {a.mixed_precision}; base {self.base}",
        )
        if given.fresh and self.accelerator.is_main_process:
            for path in (out / "checkpoint").glob("*.pt"):
                path.unlink()
        self.accelerator.wait_for_everyone()
        parts = [p for p in self.run_file.runs if not given.only or p.id in given.only]
        if not parts:
            raise ValueError(
                f"the session has no run {', '.join(given.only or [])}; there are: {', '.join(p.id for p in self.run_file.runs)}"
            )
        self.logs: dict[str, dict] = {}
        adapters, failed = {}, []
        for part in parts:
            try:
                adapters[part.id] = self.train(part)
            except Diverged as error:
                failed.append(part.id)
                self.say(
                    {"type": "run-failed", "runId": part.id, "message": str(error)}, f"{part.config['name']}: {error}"
                )
        self.write(adapters, failed)
        return FAILED if len(failed) == len(parts) else SOME_FAILED if failed else DONE

    def write(self, adapters: dict[str, dict[str, bytes]], failed: list[str]) -> None:
        if not self.accelerator.is_main_process:
            return
        out, record = self.given.out, self.run_file.record
        out.mkdir(parents=True, exist_ok=True)
        for part in self.run_file.runs:
            if part.id in adapters:
                name = re.sub(r"[^a-z0-9]+", "-", part.config["name"].lower())
                path = write_zip(out / f"sieve-{name}.zip", adapters[part.id])
                self.say({"type": "file", "kind": "adapter", "runId": part.id, "path": str(path)}, str(path))
        kept = {r["runId"]: r for r in self.run_file.metrics["runs"]}
        logs = [self.logs.get(i, kept.get(i)) for i in ("base", *(r["id"] for r in record["config"]["runs"]))]
        metrics = self.run_file.metrics | {"runs": [log for log in logs if log is not None]}
        files = {METRICS: json.dumps(metrics).encode()} | {
            f"{i}/{n}": c for i, own in adapters.items() for n, c in own.items()
        }
        size = sum(len(content) for content in files.values())
        saved = session_record(
            record,
            logs=list(self.logs.values()),
            device=self.device(),
            model=self.source(),
            ended="failed" if failed and not adapters else "finished",
            size=size,
        )
        path = write_zip(out / f"sieve-session-{saved['id']}.zip", {RECORD: json.dumps(saved).encode()} | files)
        self.say({"type": "file", "kind": "session", "path": str(path)}, str(path))

    def device(self) -> dict:
        """As the page lists what a session was computed on."""
        n = self.accelerator.num_processes
        if self.accelerator.device.type == "cuda":
            return {"kind": "gpu", "name": f"PyTorch, {n} × {torch.cuda.get_device_name()}"[:300], "threads": None}
        if self.accelerator.device.type == "cpu":
            return {
                "kind": "cpu",
                "name": f"PyTorch, {n} processes" if n > 1 else "PyTorch",
                "threads": torch.get_num_threads(),
            }
        return {"kind": "gpu", "name": f"PyTorch, {self.accelerator.device.type}", "threads": None}

    def source(self) -> dict:
        """The base as the page names it: what the session had, unless it is another."""
        if self.given.base is None or self.run_file.record["model"]["id"] == self.given.base:
            return self.run_file.record["model"]
        if Path(self.base).is_dir():
            had = self.run_file.record["model"]
            return (
                had
                if had["id"].rsplit("/", 1)[-1] == Path(self.base).name
                else {"kind": "folder", "id": Path(self.base).name}
            )
        return {"kind": "hub", "id": self.base, "revision": self.revision or "main", "host": "https://huggingface.co"}


def base_of(given: argparse.Namespace, run_file: RunFile) -> tuple[str, str | None]:
    """(folder or id, revision) of the base model."""
    model = run_file.record["model"]
    if given.base is not None:
        return given.base, given.revision
    if model["kind"] != "hub":
        raise ValueError(f"the session's base, “{model['id']}”, is no model of the hub: name its folder with --base")
    return model["id"], given.revision or model["revision"]


def begin_tracking(accelerator: Accelerator, run_file: RunFile) -> None:
    """Curves go to what the command line named, each run's under its own id."""
    accelerator.init_trackers(
        "sieve", config={**run_file.settings, "runs": ", ".join(p.config["name"] for p in run_file.runs)}
    )
    for tracker in accelerator.trackers:
        for part in run_file.runs if tracker.name == "wandb" else []:
            tracker.run.define_metric(f"{part.id}/*", step_metric=f"{part.id}/step")


def track(accelerator: Accelerator, run: str, values: dict[str, float], step: int) -> None:
    for tracker in accelerator.trackers:
        # W&B drops what goes back to an earlier step, and the runs are trained one after the other: a step is one of
        # their values.
        own = {f"{run}/{k}": v for k, v in (values | ({"step": step} if tracker.name == "wandb" else {})).items()}
        tracker.log(own, step=None if tracker.name == "wandb" else step)


def without_dropout(config):
    """The base as the page has it: what is frozen drops nothing, though BERT's and GPT-2's configurations say so for
    their own training.
    """
    text = config.get_text_config()
    for name, value in text.to_dict().items():
        if "drop" in name and isinstance(value, float):
            setattr(text, name, 0.0)
    return config


def fingerprint(run_file: RunFile, part: RunPart) -> str:
    """What a checkpoint must agree in with the run that goes on from it."""
    return json.dumps(
        [run_file.settings, part.config, run_file.step, len(run_file.train), int(run_file.train.ids.sum())],
        sort_keys=True,
    )


def accelerate(*, cpu: bool, **options) -> Accelerator:
    """As Accelerate is configured. It shards on GPUs alone; with gloo the same code does so on CPUs, where it is
    tested.
    """
    accelerator = Accelerator(cpu=cpu, **options)
    if cpu and accelerator.num_processes > 1 and parse_flag_from_env("ACCELERATE_USE_FSDP"):
        accelerator.state.fsdp_plugin = FullyShardedDataParallelPlugin()
        # Both: whatever asks for the state anew copies the one over the other.
        PartialState().distributed_type = accelerator.state.distributed_type = DistributedType.FSDP
    return accelerator


def main(arguments: list[str] | None = None) -> int:
    given = options(arguments)
    try:
        run_file = read_run_file(given.file)
        if given.only:
            unknown = set(given.only) - {p.id for p in run_file.runs}
            if unknown:
                raise ValueError(
                    f"the session has no run {', '.join(sorted(unknown))}; there are: {', '.join(p.id for p in run_file.runs)}"
                )
    except ValueError as error:
        print(f"sieve-train: {error}", file=sys.stderr)
        return USAGE
    cpu = given.cpu or not torch.accelerator.is_available()
    accelerator = accelerate(
        cpu=cpu, mixed_precision=given.mixed_precision, log_with=given.log_with, project_dir=str(given.out)
    )
    if given.log_with:
        begin_tracking(accelerator, run_file)
    try:
        return Training(given, run_file, accelerator)()
    except Interrupted:
        accelerator.print(f"interrupted; the same command goes on from {given.out / 'checkpoint'}")
        return INTERRUPTED
    except ValueError as error:
        accelerator.print(f"sieve-train: {error}", file=sys.stderr)
        return FAILED
    finally:
        accelerator.end_training()
