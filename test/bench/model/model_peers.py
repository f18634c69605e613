"""Trains the same network by JAX and a like one by scikit-learn, and prints rows of training.ts as JSON.

The argument is a file of what python-peers.ts writes. JAX has the whole objective, compiled for all cores. scikit-learn has no
quantiles and no physics: its network has the same inputs and units and learns the measured figures by squared error.
"""

import json
import math
import statistics
import sys
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.neural_network import MLPRegressor


def quantiles(task, weights, machines, terms):
    """The same as tensorQuantiles."""
    constants, most = task["constants"], task["mostCorrection"]
    hidden = jnp.tanh(machines @ weights["w1"] + weights["b1"])
    c = (most * jnp.tanh((hidden @ weights["w2"] + weights["b2"]) / most)).T
    memory, compute, key_values, prefill, gpu_count, overflow = terms
    shared = gpu_count * jax.nn.sigmoid(c[4] + constants["sharing"])
    scaled = overflow * jax.nn.softplus(c[3]) - shared
    parts = [memory + c[0] + scaled, compute + c[1] - shared, key_values + c[11] - shared, c[2] + constants["fixed"]]
    speed = -jnp.log(sum(map(jnp.exp, parts)))
    first_token = jnp.log(jnp.exp(prefill + c[7] + scaled) + jnp.exp(c[8] + constants["firstToken"]))

    def around(middle, below, above):
        width = lambda correction: jax.nn.softplus(correction + constants["width"])
        return [middle - width(below), middle, middle + width(above)]

    return jnp.stack(around(speed, c[5], c[6]) + around(first_token, c[9], c[10]))


def targets(task):
    """What every quantile of every row is held against, and what its error counts."""
    values, shares = [], []
    for measured, total in ((task["lnSpeed"], 1), (task["lnFirstToken"], task["firstTokenWeight"])):
        column = np.array(measured, dtype=np.float32)
        weights = np.where(np.isnan(column), 0, np.array(task["weights"], dtype=np.float32))
        values += [np.nan_to_num(column)] * 3
        shares += [total * weights / weights.sum()] * 3
    return np.stack(values), np.stack(shares)


def jax_step(task):
    """One step of Adam: weights, moments, their number and the learning rate → loss, weights, moments."""
    machines, terms = np.array(task["machines"], np.float32), np.array(task["terms"], np.float32)
    values, shares = targets(task)
    levels = np.array([task["levels"] * 2], np.float32).T

    def loss_of(weights):
        above = values - quantiles(task, weights, machines, terms)
        pinball = jnp.sum(shares * (levels * above + jax.nn.relu(-above)))
        return pinball + task["decay"] * (jnp.sum(weights["w1"] ** 2) + jnp.sum(weights["w2"] ** 2))

    @jax.jit
    def step(weights, first, second, number, rate):
        loss, gradient = jax.value_and_grad(loss_of)(weights)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        moved = jax.tree.map(
            lambda w, m, v: w - rate * (m / (1 - 0.9**number)) / (jnp.sqrt(v / (1 - 0.999**number)) + 1e-8),
            weights, first, second,
        )
        return loss, moved, first, second

    return step


def train_by_jax(task):
    step = jax_step(task)
    weights = {name: np.array(value, np.float32) for name, value in task["firstWeights"].items()}
    first = second = jax.tree.map(np.zeros_like, weights)
    epochs, seconds = task["epochs"], []
    for epoch in range(epochs):
        start = time.perf_counter()
        rate = task["learningRate"] * (0.05 + 0.95 * (1 + math.cos(math.pi * epoch / epochs)) / 2)
        loss, weights, first, second = step(weights, first, second, epoch + 1.0, rate)
        last_loss = float(loss)
        jax.block_until_ready(weights)
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds[task["warmUpEpochs"]:])
    return {"name": f"JAX {jax.__version__}", "rowsPerSecond": len(task["machines"]) / median, "lastLoss": last_loss}


def train_by_scikit_learn(task):
    import sklearn

    machines, (values, _) = np.array(task["machines"], np.float32), targets(task)
    epochs, count = task["epochs"], len(task["machines"])

    def fit():
        start = time.perf_counter()
        MLPRegressor(
            hidden_layer_sizes=(task["hidden"],), activation="tanh", alpha=task["decay"], batch_size=count, shuffle=False,
            learning_rate_init=task["learningRate"], max_iter=epochs, n_iter_no_change=epochs + 1,
        ).fit(machines, values.T)
        return time.perf_counter() - start

    seconds = statistics.median(fit() for _ in range(5))
    name = f"scikit-learn {sklearn.__version__}, network alone, squared error"
    return {"name": name, "rowsPerSecond": epochs * count / seconds}


if __name__ == "__main__":
    # Of training that is stopped before it converges.
    warnings.simplefilter("ignore")
    with open(sys.argv[1]) as file:
        the_task = json.load(file)
    print(json.dumps([train_by_jax(the_task), train_by_scikit_learn(the_task)]))
