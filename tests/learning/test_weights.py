import copy
import io
import zipfile

import pytest
import torch

from hdrbatch.learning.weights import check_adam, check_weights, read_torch


class Planted:
    """Would create a file if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def network():
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Conv2d(2, 1, 1))


@pytest.fixture
def trained():
    """A network and its optimiser after a step."""
    net = network()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    net(torch.ones(1, 1, 5, 5)).sum().backward()
    optimizer.step()
    return net, optimizer


def test_nothing_in_a_file_is_run(tmp_path):
    buffer = io.BytesIO()
    torch.save({"weights": Planted(tmp_path / "planted")}, buffer)
    with pytest.raises(ValueError, match="not a torch file, or a damaged one"):
        read_torch(buffer.getvalue())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [0, 1, 10, 100, 500])
def test_a_cut_file_is_a_value_error(cut):
    buffer = io.BytesIO()
    torch.save({"weights": torch.ones(3)}, buffer)
    with pytest.raises(ValueError, match="not a torch file"):
        read_torch(buffer.getvalue()[:cut])
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    with pytest.raises(ValueError, match="not a torch file"):
        read_torch(archive.getvalue())


WRONG_WEIGHTS = {
    "missing": lambda state: state.pop("0.weight"),
    "unknown": lambda state: state.update(more=torch.ones(1)),
    "number for a name": lambda state: state.update({3: torch.ones(1)}),
    "other shape": lambda state: state.update({"0.weight": torch.ones(1, 2, 3, 3)}),
    "flat": lambda state: state.update({"0.weight": torch.ones(18)}),
    "other type": lambda state: state.update({"0.weight": state["0.weight"].double()}),
    "complex": lambda state: state.update({"0.weight": state["0.weight"].to(torch.complex64)}),
    "no tensor": lambda state: state.update({"0.weight": [1.0]}),
    "none": lambda state: state.update({"0.weight": None}),
    "not a number": lambda state: state["0.weight"].view(-1)[:1].fill_(torch.nan),
    "infinite": lambda state: state["1.bias"].fill_(-torch.inf),
    "sparse": lambda state: state.update({"0.weight": state["0.weight"].to_sparse()}),
    "without values": lambda state: state.update({"0.weight": state["0.weight"].to("meta")}),
}


@pytest.mark.parametrize("wrong", WRONG_WEIGHTS)
def test_weights_that_do_not_belong_to_the_network_are_refused_by_name(wrong):
    net = network()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    assert check_weights(state, net.state_dict()) is state
    WRONG_WEIGHTS[wrong](state)
    with pytest.raises(ValueError, match=r"0\.weight|1\.bias|more|'3'"):
        check_weights(state, net.state_dict())


def test_weights_that_claim_more_than_they_hold_are_refused_before_they_are_spread_out():
    net = network()
    state = dict(net.state_dict()) | {"0.weight": torch.ones(1).expand(10**6, 10**6)}
    with pytest.raises(ValueError, match="0.weight is"):
        check_weights(state, net.state_dict())


WRONG_STATES = {
    "no dictionary": lambda state: [],
    "nothing": lambda state: {},
    "no groups": lambda state: state | {"param_groups": []},
    "groups of text": lambda state: state | {"param_groups": ["x"]},
    "moments of text": lambda state: state | {"state": "x"},
    "other parameters": lambda state: _with_group(state, params=[0, 1, 2]),
    "other betas": lambda state: _with_group(state, betas=(0.9, 0.5)),
    "betas of text": lambda state: _with_group(state, betas="ab"),
    "rate of text": lambda state: _with_group(state, lr="x"),
    "more settings": lambda state: _with_group(state, surprise=1),
    "one parameter too many": lambda state: _with_moment(state, 9),
    "text for a parameter": lambda state: _with_moment(state, "x"),
    "no moments": lambda state: _with_moment(state, 0, exp_avg=None),
    "other shape": lambda state: _with_moment(state, 0, exp_avg=torch.ones(1)),
    "negative squares": lambda state: _with_moment(state, 0, exp_avg_sq=-torch.ones(2, 1, 3, 3)),
    "not a number": lambda state: _with_moment(state, 0, exp_avg_sq=torch.full((2, 1, 3, 3), torch.nan)),
    "no steps": lambda state: _with_moment(state, 0, step=torch.tensor(0.0)),
    "steps of text": lambda state: _with_moment(state, 0, step="1"),
    "more of a parameter": lambda state: _with_moment(state, 0, surprise=torch.ones(1)),
}


def _with_group(state, **values):
    return state | {"param_groups": [state["param_groups"][0] | values]}


def _with_moment(state, number, **values):
    return state | {"state": state["state"] | {number: state["state"].get(number, {}) | values}}


@pytest.mark.parametrize("wrong", WRONG_STATES)
def test_a_state_that_is_not_that_of_the_optimiser_is_refused(wrong, trained):
    net, optimizer = trained
    state = copy.deepcopy(optimizer.state_dict())
    fresh = torch.optim.Adam(net.parameters(), lr=1e-4)
    assert check_adam(state, fresh) is state
    with pytest.raises(ValueError, match="its optimiser|of parameter"):
        check_adam(WRONG_STATES[wrong](state), fresh)


def test_a_state_from_before_the_first_step_is_accepted():
    fresh = torch.optim.Adam(network().parameters())
    assert check_adam(fresh.state_dict(), fresh)
