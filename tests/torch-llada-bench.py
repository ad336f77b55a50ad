#!/usr/bin/env python3
"""NFE a second of LLaDA's published sampling loop in PyTorch, beside `unmask bench sample` of the same sizes.

    python tests/torch-llada-bench.py --model-code torch_mdm.py --preset 34M --batch 4 --length 256 --prompt 16 \
        --steps 64 --block-length 32 --threads 2 --dtype bf16 [--weights model.safetensors]

The model is the PyTorch statement of METHOD §1 in the file that --model-code names (classes Config and Transformer). The loop
is that of generate.py of ML-GSAI/LLaDA at temperature 0: in each block as many tokens a pass as its masks by its passes, what
does not come out even in the first ones; confidence in float64; logits at every position in every pass. Weights are random,
or those of --weights, by the names of the published checkpoints.
"""
import argparse, importlib.util, json, time

import torch
import torch.nn.functional as F


def tokens_per_step(masks, steps):
    """[B] masks of a block -> [B, steps] tokens that each pass places."""
    base, rest = masks // steps, masks % steps
    return base[:, None] + (torch.arange(steps)[None] < rest[:, None])


@torch.no_grad()
def llada(model, x, mask, start, steps, block_length):
    """Fills the masks of x [B, L] from start on, block after block; returns passes of the model."""
    passes = 0
    blocks = (x.shape[1] - start) // block_length
    for block in range(blocks):
        end = start + (block + 1) * block_length
        inside = x[:, start + block * block_length : end] == mask
        counts = tokens_per_step(inside.sum(1), steps // blocks)
        for step in range(steps // blocks):
            masked = x == mask
            logits = model(x)
            passes += 1
            proposed = logits.argmax(-1)
            p = F.softmax(logits.to(torch.float64), -1)
            confidence = p.gather(-1, proposed[..., None])[..., 0]
            confidence[:, end:] = -float("inf")
            confidence = torch.where(masked, confidence, -float("inf"))
            for b in range(x.shape[0]):
                best = confidence[b].topk(int(counts[b, step])).indices
                x[b, best] = proposed[b, best]
    return passes


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--model-code", required=True)
    a.add_argument("--preset", default="34M")
    a.add_argument("--batch", type=int, default=1)
    a.add_argument("--length", type=int, default=256)
    a.add_argument("--prompt", type=int, default=0)
    a.add_argument("--steps", type=int, default=64)
    a.add_argument("--block-length", type=int, default=32)
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--dtype", choices=("f32", "bf16"), default="f32")
    a.add_argument("--runs", type=int, default=1)
    a.add_argument("--weights")
    args = a.parse_args()
    spec = importlib.util.spec_from_file_location("peer", args.model_code)
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    layers, heads, width, hidden = {"6M": (6, 4, 256, 1024), "34M": (8, 8, 512, 2048), "170M": (18, 12, 768, 3072)}[args.preset]
    config = peer.Config(layers, heads, width, hidden, 32000)
    model = peer.Transformer(config).eval()
    if args.weights:
        from safetensors.torch import load_file

        model.load_state_dict(load_file(args.weights))
    mask = 32000

    def run(steps):
        x = torch.full((args.batch, args.length), mask)
        x[:, : args.prompt] = torch.randint(0, 32000, (args.batch, args.prompt))
        with torch.autocast("cpu", torch.bfloat16, enabled=args.dtype == "bf16"):
            return llada(model, x, mask, args.prompt, steps, args.block_length)

    blocks = (args.length - args.prompt) // args.block_length
    run(blocks)
    times = []
    for _ in range(args.runs):
        began = time.perf_counter()
        passes = run(args.steps)
        times.append(time.perf_counter() - began)
    seconds = sorted(times)[len(times) // 2]
    written = args.batch * (args.length - args.prompt)
    print(
        json.dumps(
            {
                "what": "torch " + torch.__version__,
                "mode": "sample, LLaDA's loop",
                "dtype": args.dtype,
                "threads": args.threads,
                "batch": args.batch,
                "nfe": passes,
                "nfe_per_s": round(passes * args.batch / seconds, 2),
                "written_tokens_per_s": round(written / seconds, 2),
                "step_ms": round(seconds * 1e3, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
