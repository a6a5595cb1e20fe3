"""How many policies are parsed and evaluated in a second, all three sets of checks, on one core."""

import gzip
import json
import pathlib
import time

from scanner.model.csp import Disposition
from scanner.rules.csp_evaluation import evaluate
from scanner.wire.csp import parse_csp_headers

CORPUS = pathlib.Path(__file__).parent.parent / "data" / "csp.jsonl.gz"
ROUNDS = 20


def csp(folder: pathlib.Path) -> None:
    """The policies of the test corpus, `ROUNDS` times over; processor time of this process, the median round."""
    del folder
    lines = gzip.decompress(CORPUS.read_bytes()).decode().splitlines()[1:]
    texts = [json.loads(line)["input"]["csp"] for line in lines]
    rates = sorted(_rate(texts) for _ in range(ROUNDS))
    median = rates[ROUNDS // 2]
    print("## Content-Security-Policy\n\n| what | policies a second, one core: median (min to max) |\n|---|---|")
    spread = f"{median:,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f})"
    print(f"| parse and evaluate, all checks, {len(texts)} policies | {spread} |\n")


def _rate(texts: list[str]) -> float:
    begun = time.process_time()
    for text in texts:
        evaluate(parse_csp_headers([text], Disposition.ENFORCE))
    return len(texts) / (time.process_time() - begun)
