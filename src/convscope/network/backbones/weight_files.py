"""The location of the weights of backbones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file in an installed Python package.

    Attributes:
        package: Its name on PyPI.
        version: The version whose file is known.
        locate: The package's function that returns the path of the file.
        size: Size in bytes.
        sha256: SHA-256 of the file.
    """

    package: str
    version: str
    locate: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The location, for messages."""
        return f"{self.package} {self.version} on PyPI"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in safetensors format on the Hugging Face Hub.

    Attributes:
        repository: Owner and name.
        revision: Full hash of a commit, so that it is always the same file.
        megabytes: Approximate size.
        file: Name of the file.
    """

    repository: str
    revision: str
    megabytes: int
    file: str = "model.safetensors"

    @property
    def name(self) -> str:
        """The location, for messages."""
        return f"{self.repository} on the Hugging Face Hub, revision {self.revision[:12]}"
