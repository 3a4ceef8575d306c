from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rec_core.data.interactions import Interactions
from rec_core.models import MODELS, NCF, Fitted, Model, Params, Shape, SimpleMF, baselines
from tests.conftest import interactions


class PlainNCF(nn.Module):
    """The network as the report describes it, layer by layer."""

    def __init__(self, params: dict[str, np.ndarray], dim: int) -> None:
        super().__init__()
        tables = {name: torch.from_numpy(params[name]) for name in ("user", "item")}
        self.gmf = {name: nn.Embedding.from_pretrained(t[:, :dim]) for name, t in tables.items()}
        self.mlp = {name: nn.Embedding.from_pretrained(t[:, dim:]) for name, t in tables.items()}
        layers = []
        for n in ("1", "2", "3", "4"):
            weight = torch.from_numpy(params[f"w{n}"])
            layer = nn.Linear(*weight.shape)
            layer.weight.data, layer.bias.data = weight.T.contiguous(), torch.from_numpy(params[f"b{n}"])
            layers.append(layer)
        self.tower = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2], nn.ReLU())
        self.output = layers[3]

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        gmf = self.gmf["user"](users) * self.gmf["item"](items)
        mlp = self.tower(torch.cat([self.mlp["user"](users), self.mlp["item"](items)], dim=-1))
        return self.output(torch.cat([gmf, mlp], dim=-1)).squeeze(-1)


def _start(model: Model) -> Params:
    return model.start(Shape(7, 5, 3.5), np.random.default_rng(0))


def test_ncf_is_the_network_of_the_report() -> None:
    model = NCF(dim=8, init_std=0.5)
    params = _start(model)
    assert [params[f"w{n}"].shape for n in (1, 2, 3, 4)] == [(16, 16), (16, 8), (8, 4), (12, 1)]
    users, items = np.array([0, 6, 3]), np.array([4, 0, 2])
    ours = model.predict(params, params["user"][users], params["item"][items])
    theirs = PlainNCF(params, 8)(torch.from_numpy(users), torch.from_numpy(items))
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-5)


EVERY = {
    "mf with biases": SimpleMF(bias=True),
    **{name: model() for name, model in MODELS.items() if not model.is_served},
}


@pytest.mark.parametrize("model", EVERY.values(), ids=EVERY)
def test_numpy_and_torch_predict_the_same_and_broadcast(model: Model) -> None:
    params = _start(model)
    tensors = {name: torch.from_numpy(array) for name, array in params.items()}
    ours = model.predict(params, params["user"][:, None], params["item"][None])
    theirs = model.predict(tensors, tensors["user"][:, None], tensors["item"][None])
    assert ours.shape == (7, 5)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)
    np.testing.assert_allclose(ours[2, 3], model.predict(params, params["user"][2], params["item"][3]), atol=1e-5)


def test_simple_mf_with_biases_starts_at_the_mean_plus_the_product() -> None:
    model = SimpleMF(dim=8, init_std=0.5, bias=True)
    params = _start(model)
    params["user"][1, -1], params["item"][2, -1] = 0.25, -0.5
    product = float(params["user"][1, :-1] @ params["item"][2, :-1])
    assert model.predict(params, params["user"][1], params["item"][2])[0] == pytest.approx(3.25 + product, abs=1e-5)


def _ratings() -> Interactions:
    return interactions([0, 0, 1, 2], [0, 1, 0, 2], [5, 3, 4, 1])


def test_means_are_means_and_unknown_items_get_the_global_one() -> None:
    user, item = np.array([2, 2]), np.array([0, 3])
    assert baselines.global_mean(_ratings(), user, item).tolist() == [3.25, 3.25]
    assert baselines.item_mean(_ratings(), user, item).tolist() == [4.5, 3.25]


def test_user_item_bias_is_the_hand_worked_case() -> None:
    # μ = 3.25; b_item0 = (1.75 + 0.75) / (25 + 2); b_user1 = (0.75 - b_item0) / (10 + 1)
    item_bias = 2.5 / 27
    user_bias = (0.75 - item_bias) / 11
    got = baselines.user_item_bias(_ratings(), np.array([1]), np.array([0]))
    assert got[0] == pytest.approx(3.25 + item_bias + user_bias)


def test_popularity_counts_rows() -> None:
    assert baselines.popularity(_ratings(), 4).tolist() == [2, 1, 1, 0]


@pytest.mark.parametrize("model", EVERY.values(), ids=EVERY)
def test_a_model_says_what_its_parameters_mean(model: Model) -> None:
    params = _start(model)
    fitted = Fitted(model, params)
    assert (len(fitted.embeddings("user")), len(fitted.embeddings("item"))) == (7, 5)
    users, items = np.array([0, 6]), np.array([4, 1])
    expected = model.predict(params, params["user"][users], params["item"][items])
    assert fitted.predict(users, items).tolist() == expected.tolist()


def test_a_bias_is_no_embedding_and_counts_for_ratings_alone() -> None:
    model = SimpleMF(bias=True)
    assert model.embeddings(_start(model), "user").shape == (7, 32)
    assert model.settled("explicit") == model
    assert model.settled("implicit") == SimpleMF(bias=False)
    assert "bias" not in model.counted("implicit")
