#!/usr/bin/env python3
"""Recomputes what `rankproof prove` wrote, without any of its code: Python integers and the standard library.

For every module of the outputs file:

    y[t,o]     = sum_k lora_b[o,k] * (sum_j lora_a[k,j] * x_int[t,j])          exactly
    delta[t,o] = float32((out_scale[o] * token_scale[t]) * y[t,o])             bit for bit

With --activations also that x_int and token_scale are the quantized `<module>.x`, and how far delta is from a
captured `<module>.delta`. With --adapter and --bits also that the integers and out_scale are the quantized PEFT
weights (a configuration without rank_pattern and alpha_pattern).

It does not check a proof. Exit code 0 if everything agrees, 1 if not, 2 for bad usage.

    tools/check_outputs.py INTEGERS.safetensors OUTPUTS.safetensors
        [--activations X.safetensors [--max-error 0.14]] [--adapter PEFT_DIR --bits 4|8]
"""

import argparse
import json
import math
import os
import struct
import sys

# safetensors dtype: struct code and bytes. bfloat16 is widened by hand.
CODES = {"U8": ("B", 1), "I8": ("b", 1), "I16": ("h", 2), "I64": ("q", 8), "F16": ("e", 2), "F32": ("f", 4), "F64": ("d", 8)}


class Disagreement(Exception):
    """Something recomputed differs from the file."""


class Tensors:
    """A safetensors file; a tensor is read when it is asked for, as a list of rows (or of numbers)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.content = file.read()
        self.path = path
        length = struct.unpack("<Q", self.content[:8])[0]
        self.header = json.loads(self.content[8 : 8 + length])
        self.metadata = self.header.pop("__metadata__", {})
        self.data = 8 + length

    def __contains__(self, name):
        return name in self.header

    def __getitem__(self, name):
        if name not in self.header:
            raise Disagreement(f"{self.path} has no tensor `{name}`")
        entry = self.header[name]
        start, end = (self.data + offset for offset in entry["data_offsets"])
        raw = self.content[start:end]
        if entry["dtype"] == "BF16":
            numbers = [struct.unpack("<f", b"\0\0" + raw[i : i + 2])[0] for i in range(0, len(raw), 2)]
        else:
            code, width = CODES[entry["dtype"]]
            numbers = list(struct.unpack(f"<{len(raw) // width}{code}", raw))
        if len(entry["shape"]) < 2:
            return numbers
        columns = entry["shape"][1]
        return [numbers[i : i + columns] for i in range(0, len(numbers), columns)]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def to_float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def scale_of(row, max_code):
    largest = max(abs(v) for v in row)
    return largest / max_code if largest else 1.0


def quantize_row(row, max_code):
    """Codes and their scale; Python's round is half to even."""
    scale = scale_of(row, max_code)
    return [round(v / scale) for v in row], scale


def quantize_weights(a, b, scaling, bits):
    max_code = 2 ** (bits - 1) - 1
    lora_a, rank_scale = zip(*(quantize_row(row, max_code) for row in a))
    folded = ([v * s for v, s in zip(row, rank_scale, strict=True)] for row in b)
    lora_b, out_scale = zip(*(quantize_row(row, max_code) for row in folded))
    return list(lora_a), list(lora_b), [s * scaling for s in out_scale]


def read_scaling(directory):
    with open(os.path.join(directory, "adapter_config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if config.get("rank_pattern") or config.get("alpha_pattern"):
        raise Disagreement("--adapter: rank_pattern and alpha_pattern are not recomputed here")
    rank = config["r"]
    return config["lora_alpha"] / (math.sqrt(rank) if config.get("use_rslora") else rank)


def find_weights(peft, module, matrix):
    for key in (f"{matrix}.weight", f"{matrix}.default.weight"):
        if f"base_model.model.{module}.{key}" in peft:
            return peft[f"base_model.model.{module}.{key}"]
    raise Disagreement(f"{peft.path} has no {matrix} of `{module}`")


def expect_equal(what, module, actual, expected):
    if actual == expected:
        return
    where = ""
    if isinstance(actual, list) and len(actual) == len(expected):
        where = f", first in row {next(i for i, (a, e) in enumerate(zip(actual, expected)) if a != e)}"
    raise Disagreement(f"`{what}` of `{module}` differs from what was recomputed{where}")


def relative_error(actual, expected):
    pairs = [(a, e) for row, captured in zip(actual, expected) for a, e in zip(row, captured, strict=True)]
    norm = sum(e * e for _, e in pairs)
    return math.sqrt(sum((a - e) ** 2 for a, e in pairs) / norm) if norm else 0.0


def check_module(module, integers, outputs, options):
    """Returns the relative error of delta, or None if there is nothing to compare with."""
    lora_a, lora_b = integers[f"{module}.lora_a"], integers[f"{module}.lora_b"]
    x, y, delta = (outputs[f"{module}.{part}"] for part in ("x_int", "y", "delta"))
    out_scale, token_scale = outputs[f"{module}.out_scale"], outputs[f"{module}.token_scale"]

    recomputed = []
    for row in x:
        inner = [dot(a, row) for a in lora_a]
        recomputed.append([dot(b, inner) for b in lora_b])
    expect_equal("y", module, y, recomputed)
    floats = [
        [to_float32((o * t) * v) for o, v in zip(out_scale, row, strict=True)]
        for t, row in zip(token_scale, recomputed, strict=True)
    ]
    expect_equal("delta", module, delta, floats)

    if options.peft is not None:
        a, b = (find_weights(options.peft, module, matrix) for matrix in ("lora_A", "lora_B"))
        for what, actual, expected in zip(
            ("lora_a", "lora_b", "out_scale"),
            (lora_a, lora_b, out_scale),
            quantize_weights(a, b, options.scaling, options.bits),
        ):
            expect_equal(what, module, actual, expected)
    if options.captured is None:
        return None
    codes, scales = zip(*(quantize_row(row, 32767) for row in options.captured[f"{module}.x"][: len(x)]))
    expect_equal("x_int", module, x, list(codes))
    expect_equal("token_scale", module, token_scale, list(scales))
    if f"{module}.delta" not in options.captured:
        return None
    return relative_error(delta, options.captured[f"{module}.delta"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("integers")
    parser.add_argument("outputs")
    parser.add_argument("--activations")
    parser.add_argument("--max-error", type=float)
    parser.add_argument("--adapter")
    parser.add_argument("--bits", type=int, choices=(4, 8))
    options = parser.parse_args()
    if (options.adapter is None) != (options.bits is None):
        parser.error("--adapter and --bits go together")
    if options.max_error is not None and options.activations is None:
        parser.error("--max-error needs --activations")
    try:
        integers, outputs = Tensors(options.integers), Tensors(options.outputs)
        options.captured = Tensors(options.activations) if options.activations else None
        options.peft = options.scaling = None
        if options.adapter:
            options.peft = Tensors(os.path.join(options.adapter, "adapter_model.safetensors"))
            options.scaling = read_scaling(options.adapter)
        if integers.metadata.get("private") != "true":
            raise Disagreement(f"{options.integers} is not marked private")
        if len(outputs["activations_salt"]) != 32:
            raise Disagreement("the salt is not 32 bytes")
        suffix = ".y"
        modules = sorted(name[: -len(suffix)] for name in outputs.header if name.endswith(suffix))
        committed = sorted(name[: -len(".lora_a")] for name in integers.header if name.endswith(".lora_a"))
        if modules != committed or not modules:
            raise Disagreement("the modules of integers and outputs are not the same, or there are none")
        worst = None
        for module in modules:
            error = check_module(module, integers, outputs, options)
            if error is not None:
                worst = max(worst or 0.0, error)
                if options.max_error is not None and not error <= options.max_error:
                    raise Disagreement(f"delta of `{module}` is {error:.4f} from the captured one, allowed {options.max_error}")
        if options.max_error is not None and worst is None:
            raise Disagreement("--max-error was given, but the activations hold no `.delta` to compare with")
    except Disagreement as disagreement:
        print(f"check_outputs: {disagreement}", file=sys.stderr)
        return 1
    except (OSError, ValueError, KeyError, struct.error) as problem:
        print(f"check_outputs: cannot read the files: {problem!r}", file=sys.stderr)
        return 2
    tokens = len(outputs[f"{modules[0]}.y"])
    tail = "" if worst is None else f", worst relative error of delta {worst:.4f}"
    print(f"check_outputs: {len(modules)} modules x {tokens} tokens agree exactly{tail}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
