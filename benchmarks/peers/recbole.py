"""CPU seconds of an epoch of RecBole's NeuMF: ``python recbole.py neumf rows.npz``, in its environment."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.remove(str(Path(__file__).parent))  # this file is not the library
torch.set_num_threads(1)
SHARE = 10  # an epoch on all rows takes most of a minute
BATCH, NEGATIVES = 2048, 4


def main(path: str) -> None:
    """Print the seconds of an epoch on all rows, from one on a tenth of them; set-up and validation do not count."""
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.utils import get_model, get_trainer, init_seed

    rows, name = np.load(path), "peers"
    keep = np.sort(np.random.default_rng(0).permutation(len(rows["user"]))[: len(rows["user"]) // SHARE])
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    pairs = np.column_stack([rows["user"][keep], rows["item"][keep]])
    head = "user_id:token\titem_id:token"
    np.savetxt(folder / f"{name}.inter", pairs, "%d", delimiter="\t", header=head, comments="")
    settings = {
        "data_path": ".",
        "use_gpu": False,
        "epochs": 1,
        "train_batch_size": BATCH,
        "mf_embedding_size": 32,
        "mlp_embedding_size": 32,
        "mlp_hidden_size": [64, 32, 16],
        "train_neg_sample_args": {
            "distribution": "uniform",
            "sample_num": NEGATIVES,
            "alpha": 1.0,
            "dynamic": False,
            "candidate_num": 0,
        },
        "eval_args": {"split": {"RS": [1.0, 0.0, 0.0]}, "order": "RO", "group_by": None, "mode": "full"},
        "load_col": {"inter": ["user_id", "item_id"]},
        "show_progress": False,
    }
    sys.argv = sys.argv[:1]  # RecBole reads it
    config = Config(model="NeuMF", dataset=name, config_dict=settings)
    init_seed(0, True)
    data = create_dataset(config)
    train, *_ = data_preparation(config, data)
    model = get_model("NeuMF")(config, train.dataset)
    trainer = get_trainer(config["MODEL_TYPE"], "NeuMF")(config, model)
    begin = time.process_time()
    trainer._train_epoch(train, 0, show_progress=False)
    took = time.process_time() - begin
    print(json.dumps(took * len(rows["user"]) / train.dataset.inter_num))


if __name__ == "__main__":
    main(sys.argv[2])
