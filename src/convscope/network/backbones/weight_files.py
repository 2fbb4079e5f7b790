"""The location of the weights of backbones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file that a Python package holds.

    Attributes:
        package: Its name on PyPI.
        version: The one whose file is known.
        locate: The function of the package that returns the file's path.
        size: In bytes.
        sha256: Of the file.
    """

    package: str
    version: str
    locate: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return f"{self.package} {self.version} on PyPI"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in safetensors format on the Hugging Face Hub.

    Attributes:
        repository: Owner and name.
        revision: The commit that is meant, by its full hash, so that it is always the same file.
        megabytes: About how large it is.
        file: Its name.
    """

    repository: str
    revision: str
    megabytes: int
    file: str = "model.safetensors"

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return f"{self.repository} on the Hugging Face Hub, revision {self.revision[:12]}"
