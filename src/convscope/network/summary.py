"""A network's steps with their shapes and costs, for tables, JSON and the studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convscope.network.chain import Chain


def summary(chain: Chain) -> dict[str, object]:
    """Summarise a network for machines: shapes, costs and receptive fields of its steps.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> summary(parse_chain("4C3", (1, 8, 8), 2))["parameters"]
        554
    """
    _, height, width = chain.input_shape
    return {
        "network": chain.notation,
        "input": [*chain.input_shape],
        "classes": chain.output.shape[0],
        "steps": [
            {
                "step": step.title,
                "notation": step.notation,
                "shape": [*step.shape],
                "parameters": step.parameter_count,
                "multiply_adds": step.multiply_adds,
                "receptive_field": [*step.receptive_field.size_within(height, width)],
            }
            for step in chain
        ],
        "parameters": chain.parameter_count,
        "multiply_adds": chain.multiply_adds,
    }
