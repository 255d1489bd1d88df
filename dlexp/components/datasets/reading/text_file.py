"""A reader of files that are a text each: which characters their bytes are, and where that is in doubt."""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlexp.components import snapshot
from dlexp.components.datasets.reading import encodings
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural


class TextReader:
    """Reads texts in an encoding, and knows of those that it has read which may be in another one.

    A byte order mark at the beginning of a file decides by itself; that of UTF-8 stays, a character that no word has.
    Line ends are `\\n`.
    """

    def __init__(self, encoding: str = encodings.UTF_8, *, is_key: bool = True) -> None:
        """`is_key`: whether a key says the encoding of these files; of new ones it is that of the training texts."""
        self._encoding, self._is_key = codecs.lookup(encoding).name, is_key
        self._misread: dict[Path, str] = {}

    def text(self, path: Path) -> str:
        """The text of a file.

        Raises:
            DataError: It cannot be read, or is no text in the encoding.
        """
        try:
            content = snapshot.read_bytes(path)
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}") from error
        encoding = encodings.by_mark(content, self._encoding)
        try:
            text = content.decode(encodings.UTF_8 if encoding == "utf-8-sig" else encoding)
        except UnicodeError as error:
            raise self._refused(path, content) from error
        if "\0" in text:
            wide = encodings.wide_encoding(content) if len(content) % 2 == 0 else ""
            key = f"see dataset.file_encoding: {wide}" if self._is_key else f"convert it to {self._encoding.upper()}"
            advice = f"every other byte is 0; {key}" if wide else "remove it from the file"
            raise DataError(f"{path}: character {text.index(chr(0)) + 1} is NUL, which no text has; {advice}")
        if self._encoding != encodings.UTF_8 and (misread := encodings.misread(content, self._encoding)):
            self._misread[path] = misread
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def texts(self, paths: Iterable[Path]) -> Iterator[str]:
        """The texts of files, one after the other; raises as `text`."""
        return map(self.text, paths)

    def remarks(self) -> Iterator[Remark]:
        """Which of the texts that were read are also texts in UTF-8."""
        for path, misread in list(self._misread.items())[:1]:
            more = f", and so in {plural(len(self._misread) - 1, 'more file')}" if len(self._misread) > 1 else ""
            key = "dataset.file_encoding: utf-8"
            yield Remark(rule="encoding", place=str(path), found=f"{misread}{more}", key=key)

    def _refused(self, path: Path, content: bytes) -> DataError:
        error = encodings.refused(path, content, self._encoding)
        return (
            error
            if self._is_key
            else DataError(f"{str(error).partition(';')[0]}; convert it to {self._encoding.upper()}")
        )
