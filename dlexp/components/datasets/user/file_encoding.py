"""The key that says which characters the bytes of the user's own files are."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import model_validator

from dlexp.components.component import Context, Misfit, Settings
from dlexp.components.datasets.reading import encodings
from dlexp.components.datasets.user.keys import Name
from dlexp.components.identity_rules import AddedLater


class FileEncodingKeys(Settings):
    """The key of files that have characters."""

    file_encoding: Annotated[Name, AddedLater(before="utf-8")] = "utf-8"
    """Which characters the bytes of a file are: any of Python's encodings, such as cp1252. A byte order mark of UTF-8,
    UTF-16 or UTF-32 decides by itself. `encoding: cp1252` is understood too: no words are encoded by that."""

    @model_validator(mode="before")
    @classmethod
    def _state_file_encoding(cls, values: Any) -> Any:
        """Of the file, if it is said under the key of what texts become."""
        said = values.get("encoding") if isinstance(values, dict) else None
        if not isinstance(said, str) or "file_encoding" in values or not encodings.is_known(said):
            return values
        return {**{key: value for key, value in values.items() if key != "encoding"}, "file_encoding": said}

    def problems(self, context: Context) -> Iterator[Misfit]:
        """An encoding that Python does not know."""
        if not encodings.is_known(self.file_encoding):
            yield Misfit(
                "file_encoding", f"Python knows no encoding {self.file_encoding!r}; utf-8 and cp1252 are usual"
            )
