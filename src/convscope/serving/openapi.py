"""The OpenAPI description: the parts that FastAPI cannot derive from the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from convscope.serving.host_and_token import PUBLIC_PATHS
from convscope.serving.predict_endpoint import DEFAULT_TOP, MAX_NAME_LENGTH, MAX_TOP, PREDICT
from convscope.serving.problems import MEDIA_TYPE
from convscope.serving.responses import PredictResponse, Problem
from convscope.serving.uploads import Base64Pictures

if TYPE_CHECKING:
    from fastapi import FastAPI

_REFERENCE = "#/components/schemas/{model}"
_FILE = {"type": "string", "format": "binary"}
_PROBLEMS = {
    400: "The body does not match its content type.",
    401: "A token is required.",
    404: "There is no such model.",
    408: "The request did not arrive in time.",
    413: "There are too many bytes or pictures.",
    415: "The content type is not supported.",
    421: "The request is addressed to another host.",
    422: "No picture can be read, or a parameter is invalid.",
    429: "The service is busy: try again after the seconds in Retry-After.",
    431: "The headers are too long.",
    503: "There was no answer in time: try again after the seconds in Retry-After.",
}
_PREDICTIONS = {
    "model": "pets",
    "predictions": [
        {
            "picture": "tom.jpg",
            "unknown": False,
            "score": 0.83,
            "classes": [{"class": "cat", "probability": 0.971}, {"class": "dog", "probability": 0.029}],
            "similar": [{"class": "cat", "similarity": 0.83}, {"class": "cat", "similarity": 0.79}],
        },
        {
            "picture": "a-flower.jpg",
            "unknown": True,
            "score": 0.31,
            "classes": [{"class": "dog", "probability": 0.613}, {"class": "cat", "probability": 0.387}],
            "similar": [{"class": "dog", "similarity": 0.31}, {"class": "cat", "similarity": 0.3}],
        },
        {
            "picture": "text.txt",
            "problem": {
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "cannot read the picture text.txt",
                "why": "its content is not a JPEG, PNG, GIF, BMP, TIFF or WebP picture",
            },
        },
    ],
}
_PICTURES = {"pictures": [{"name": "dot.gif", "data": "R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs="}]}
MODELS_EXAMPLE = {
    "models": [{"name": "pets", "network": "32C3-MP2-64C3-MP2-128N", "classes": ["cat", "dog"]}]
}


def example(value: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a JSON answer with an example."""
    return {"content": {"application/json": {"example": value}}}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the descriptions of answers with a problem."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


def complete_openapi(app: FastAPI, *, requires_token: bool) -> None:
    """Add the prediction, the schemas it uses, and the token to an application's description.

    The prediction is not one of FastAPI's routes (see `predict_endpoint`).
    """
    description = app.openapi()  # FastAPI builds it once and then serves this object
    _, definitions = models_json_schema(
        [(PredictResponse, "serialization"), (Problem, "serialization"), (Base64Pictures, "validation")],
        ref_template=_REFERENCE,
    )
    components = description.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions["$defs"])
    description["paths"] = {PREDICT: {"post": _prediction()}, **description["paths"]}
    if requires_token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, operations in description["paths"].items():
            if path not in PUBLIC_PATHS:
                for operation in operations.values():
                    operation["security"] = [{"token": []}]


def _prediction() -> dict[str, Any]:
    return {
        "operationId": "predict",
        "summary": "Predict",
        "description": "Predict which class pictures show. A picture that cannot be read has a problem in "
        "place of classes; if none can be read, the whole answer is a problem.",
        "parameters": [
            {
                "name": "name",
                "in": "path",
                "required": True,
                "description": "The name of the model.",
                "schema": {"type": "string", "maxLength": MAX_NAME_LENGTH},
            },
            {
                "name": "top",
                "in": "query",
                "description": "How many of the most probable classes to list.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_TOP, "default": DEFAULT_TOP},
            },
        ],
        "requestBody": {"required": True, "content": _body_types()},
        "responses": {
            "200": {
                "description": "The predictions.",
                "content": {
                    "application/json": {
                        "schema": {"$ref": _REFERENCE.format(model="PredictResponse")},
                        "example": _PREDICTIONS,
                    }
                },
            },
            **{str(status): response for status, response in problem_responses(*_PROBLEMS).items()},
        },
    }


def _body_types() -> dict[str, Any]:
    form = {
        "type": "object",
        "properties": {"picture": {"type": "array", "items": _FILE}},
        "description": "Every part is a picture, named by its file name.",
    }
    return {
        "image/*": {"schema": _FILE},
        "application/octet-stream": {"schema": _FILE},
        "multipart/form-data": {"schema": form},
        "application/json": {
            "schema": {"$ref": _REFERENCE.format(model="Base64Pictures")},
            "example": _PICTURES,
        },
    }
