"""Fold batch normalisation in the tensors of a file into the weights and biases of the preceding convolution.

Batch normalisation of a trained network is y = g (x - m) / sqrt(v + epsilon) + b, with gain g, shift b, and
the running mean m and variance v. After a convolution x = w * a, both together are the convolution

    w' = g / sqrt(v + epsilon) w,   b' = b - m g / sqrt(v + epsilon)

All of it is computed in float64.

Source: S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015, https://arxiv.org/abs/1502.03167, algorithm 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from convscope.network.backbones.description import Tensors

Weight = tuple["NDArray[np.float64]", "NDArray[np.float64]"]
"""Weights and biases of a convolution."""
_COUNTER = "num_batches_tracked"


class Normalisation(NamedTuple):
    """Batch normalisation of a trained network: four numbers per map."""

    gain: NDArray[Any]
    shift: NDArray[Any]
    mean: NDArray[Any]
    variance: NDArray[Any]

    def factor_and_shift(self, epsilon: float) -> Weight:
        """Return factor f and shift s, (maps,), such that the normalisation is f x + s.

        Example:
            >>> one = Normalisation(*np.array([[3.0], [1.0], [2.0], [4.0]]))
            >>> [numbers.tolist() for numbers in one.factor_and_shift(epsilon=0)]
            [[1.5], [-2.0]]
        """
        factor = self.gain.astype(np.float64) / np.sqrt(self.variance.astype(np.float64) + epsilon)
        return factor, self.shift - self.mean * factor


def fold(weight: NDArray[Any], normalisation: Normalisation, epsilon: float) -> Weight:
    """Return the convolution equivalent to one without bias followed by normalisation.

    Args:
        weight: (filters, channels, height, width).
        normalisation: The normalisation of its output maps.
        epsilon: Added to the variance.
    """
    factor, shift = normalisation.factor_and_shift(epsilon)
    return weight.astype(np.float64) * factor[:, None, None, None], shift


class TensorReader:
    """Takes the tensors of a file by name, and checks that they are those of a network.

    Args:
        tensors: The tensors of the file, by name.
    """

    def __init__(self, tensors: Tensors) -> None:
        self._left = {name: tensor for name, tensor in tensors.items() if not name.endswith(_COUNTER)}

    def take(self, name: str, *shape: int) -> NDArray[Any]:
        """Return a tensor.

        Raises:
            ValueError: It is missing, has a different shape or type, or holds values that are not finite.
        """
        if name not in self._left:
            raise ValueError(f"it has no tensor {name}")
        tensor = self._left.pop(name)
        if tensor.shape != shape:
            raise ValueError(f"its tensor {name} has the shape {tensor.shape}, not {shape}")
        if tensor.dtype != np.float32:
            raise ValueError(f"its tensor {name} holds {tensor.dtype}, not float32")
        if not np.isfinite(tensor).all():
            raise ValueError(f"its tensor {name} has numbers that are infinite or undefined")
        return tensor

    def normalisation(self, name: str, maps: int) -> Normalisation:
        """Return a layer of batch normalisation, whose tensors have PyTorch's names.

        Raises:
            ValueError: One of them cannot be taken, or a variance is negative.
        """
        fields = ("weight", "bias", "running_mean", "running_var")
        found = Normalisation(*(self.take(f"{name}.{field}", maps) for field in fields))
        if (found.variance < 0).any():
            raise ValueError(f"its tensor {name}.running_var has a negative variance")
        return found

    def check_done(self, head: Iterable[str]) -> None:
        """Check that only the head that the network was trained with is left.

        Raises:
            ValueError: The file has a tensor that is not part of the network.
        """
        if left := sorted(self._left.keys() - set(head)):
            raise ValueError(f"it has a tensor {left[0]}, which this network does not have")
