"""Changes that are proposed to an experiment: settings laid over it as `--set` lays them, or a config of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlexp.config import files
from dlexp.config.flat import changed
from dlexp.config.identity import settings_of
from dlexp.config.labels import setting, short_keys, telling
from dlexp.config.load import Loaded, load
from dlexp.config.names import CONFIG_SUFFIXES, of_variant
from dlexp.config.problems import Source, refused
from dlexp.config.variants import called

#: Spaces before what may be the next of several settings.
_BEFORE_KEY = re.compile(r"\s+(?=[^\s=\[\]{}\"']+=)")
#: A key of a seed.
_SEED = re.compile(r"(?:^|[._])seed$")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


@dataclass(frozen=True)
class ProposedChange:
    """What may take the place of an experiment, as the user wrote it."""

    text: str
    overrides: tuple[str, ...] = ()
    """`KEY=VALUE` each; none if it is a file."""
    file: Path | None = None
    """A config that stands for itself."""

    @classmethod
    def parse(cls, word: str) -> "ProposedChange":
        """The change that a word means: a config file or its stem, else settings with spaces between them."""
        if not word.strip():
            return cls("")
        file = files.named(word, files.HERE, files.CONFIGS)
        if file.is_file() or word.endswith(CONFIG_SUFFIXES) or "=" not in word:
            return cls(str(file), file=file)
        overrides = tuple(_settings(word.strip()))
        return cls(" ".join(overrides), overrides)

    def over(self, incumbent: Loaded, campaign: str) -> Loaded:
        """The experiment that it proposes; of settings under a name of its own, so that its records can be told apart.

        Args:
            incumbent: What settings are laid over.
            campaign: The name of the first incumbent.

        Raises:
            ConfigError: With all that is wrong in it.
        """
        if not self.text:
            raise refused("expected KEY=VALUE, or a config, given ''", Source("change"))
        if self.file and self.file.suffix not in CONFIG_SUFFIXES and not self.file.exists():
            raise refused("expected KEY=VALUE, or a config; there is no such file", Source(self.text))
        if self.file:
            return load(self.file)
        # After some changes the incumbent's name is too long to be added to.
        bases = (incumbent.experiment.name, campaign)
        names = (of_variant(Path(f"{base}.yaml"), ",".join(self.overrides)) for base in bases)
        name = next((name for name in names if name not in bases), campaign)
        return called(load(incumbent, self.overrides), name, Source(self.text))


def changed_settings(a: Loaded, b: Loaded) -> dict[str, tuple[Any, Any]]:
    """The settings that tell two experiments apart, by dotted key: the value of the first, then of the second."""
    both = [settings_of(each.experiment) for each in (a, b)]
    return {key: (setting(both[0], key), setting(both[1], key)) for key in telling(both)}


def changed_seeds(a: Loaded, b: Loaded) -> list[str]:
    """The keys of seeds in which two experiments differ: what another one draws is luck, and nothing learned."""
    of_a, of_b = settings_of(a.experiment), settings_of(b.experiment)
    return [key for key in changed(of_a, of_b) if _SEED.search(key) and key in of_a and key in of_b]


def shortened(changes: Sequence[str]) -> list[str]:
    """Changes as people read them beside each other, each key by its shortest end: `momentum=0.9`."""
    settings = [list(_settings(text)) if "=" in text else [] for text in changes]
    short = short_keys(each.partition("=")[0] for own in settings for each in own)
    told = (" ".join(f"{short[key]}={value}" for key, _, value in (x.partition("=") for x in own)) for own in settings)
    return [in_short or text for in_short, text in zip(told, changes, strict=True)]


def _settings(word: str) -> list[str]:
    """`a=1 b=[1, 2]` as its parts: where a key begins, and no bracket or quote is open."""
    parts: list[str] = []
    start = 0
    for found in _BEFORE_KEY.finditer(word):
        part = word[start : found.start()]
        if "=" in part and _is_whole(part):
            parts.append(part)
            start = found.end()
    return [*parts, word[start:]]


def _is_whole(text: str) -> bool:
    outside = _QUOTED.sub("", text)
    return not re.search("[\"']", outside) and all(outside.count(a) == outside.count(b) for a, b in ("[]", "{}"))
