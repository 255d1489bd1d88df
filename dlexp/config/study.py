"""The schema of a study: a question, as variants of an experiment and claims about them."""

from collections.abc import Container, Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dlexp.components.component import Misfit, Settings
from dlexp.components.training_sets import Resampling
from dlexp.config.claim import ERROR_PARTS, Claim, Name
from dlexp.config.limits import MAX_RUNS, MAX_SEED
from dlexp.config.points import Percent, SizeInPoints, in_unit
from dlexp.statistics.looks import MAX_SEEDS, Looks, why_not
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

#: The first seed on which variants are tuned: far from those of a verdict.
FIRST_TUNING_SEED = 1000
#: What the budget of a variant is reported in and cannot be imposed in.
NOT_IMPOSED = ("parameters", "seconds")


class Margin(NamedTuple):
    """How much worse a column may become."""

    value: float
    """In the units of the column; or a share of the incumbent's mean, 0.1 of `10%`."""
    is_share: bool


class Seeds(Settings):
    """Seeds one after the other."""

    first: Annotated[int, Field(ge=0, le=MAX_SEED)]
    """The first one: 5 after a study of the seeds 0 to 4."""
    count: Annotated[int, Field(ge=1, le=MAX_RUNS)]
    """How many there are."""


class Budget(Settings):
    """What the training of each variant may take, in epochs or in steps."""

    epochs: Annotated[int, Field(ge=1)] | None = None
    """The epochs of each variant, in place of its own `training.epochs`."""
    steps: Annotated[int, Field(ge=1)] | None = None
    """The updates of the optimizer: each variant has the number of epochs that comes nearest to so many."""

    @model_validator(mode="before")
    @classmethod
    def _can_be_imposed(cls, given: Any) -> Any:
        keys = given if isinstance(given, dict) else {}
        if any(key in keys for key in NOT_IMPOSED):
            message = "parameters and seconds cannot be imposed, only epochs and steps; the page reports all four"
            raise PydanticCustomError("budget", message)
        return given


#: For editors; others are refused by `Study.problems`, which says why.
MostSeeds = Annotated[int, Field(json_schema_extra={"minimum": MIN_PAIRS, "maximum": MAX_SEEDS})]


class SeedsUntilSure(Settings):
    """Seeds one after the other, as long as they do not tell."""

    max_seeds: MostSeeds
    """The most seeds of each variant, up to 24."""
    first_seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    """The first one: 12 after a study of the seeds 0 to 11."""


class Study(Settings):
    """A question: which experiments are trained on which seeds, and what is claimed of them."""

    base: Name | None = None
    """The config that the variants change, as seen from the study; left out where each variant has a `file`."""
    seeds: Annotated[int, Field(ge=1, le=MAX_RUNS)] | Seeds = 5
    """Exactly the seeds that each variant is trained with: 0 to N-1 of a number N, or others, such as
    `{first: 5, count: 12}`; by default none if all claims are about training sets."""
    until_sure: MostSeeds | SeedsUntilSure | None = None
    """Instead of `seeds`: the most seeds of each variant. They are trained one after the other, and each claim or
    decision is settled at the first one, from the third on, at which the seeds so far tell, or are unlikely to."""
    variants: dict[str, dict[str, Any]] = {}
    """The experiments by name: what each changes in the base, with keys as in a config or dotted as in `--set`; `file`
    names another config instead of the base. The first one is the incumbent of `goal`."""
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    """An experiment for each combination of these values, by dotted key; with `variants`, of each of them."""
    tune: dict[str, Annotated[list[Any], Field(min_length=2)]] = {}
    """Values by dotted key, of which each variant gets its own best combination, picked on validation data, before it
    is judged: `optimizer.learning_rate: [0.001, 0.01, 0.1]`. The variants as they are written are trained too."""
    tune_by: Name | None = None
    """The column on validation data whose best mean is picked; by default that of the head's first metric in the last
    epoch."""
    tune_seeds: Annotated[int, Field(ge=1, le=MAX_RUNS)] = 3
    """How many seeds each combination is trained with: 1000, 1001, ..., none of those that the study judges by."""
    budget: Budget | None = None
    """How long each variant is trained, the same for all: `epochs: 20` or `steps: 5000`."""
    test: Literal["sealed"] | None = None
    """`sealed`: readers see the runs that the study trains without their test scores, until `dlexp study FILE
    --open-test` opens them for good; claims about them are judged then. By default they are open."""
    claims: list[Claim] = []
    """The statements; without any, the study trains and compares."""
    resamples: Annotated[int, Field(ge=3, le=MAX_RUNS)] | None = None
    """How many training sets are drawn for claims on bias, variance and noise, as `dlexp bias-variance` does."""
    resampling: Resampling | None = None
    """How they are drawn; by default `fresh` where the distribution is known, else `bootstrap`."""
    goal: Name | None = None
    """The column that decides whether a variant is adopted in place of the incumbent, the first variant."""
    must_not_worsen: dict[Name, Annotated[float, Field(ge=0)] | Percent | SizeInPoints] = {}
    """Columns that a variant which is adopted must not worsen by more than a margin: in the column's own units, of an
    accuracy also as `2 points`, or in percent of the incumbent's mean, such as `seconds: 10%`."""

    @property
    def planned_seeds(self) -> range:
        """The seeds that each variant is trained with; by default none if all claims are about training sets."""
        if not self._is_about_runs and "seeds" not in self.model_fields_set:
            return range(0)
        if given := self.given_until_sure:
            # More are refused.
            return range(given.first_seed, given.first_seed + min(given.max_seeds, MAX_SEEDS))
        seeds = Seeds(first=0, count=self.seeds) if isinstance(self.seeds, int) else self.seeds
        return range(seeds.first, seeds.first + seeds.count)

    @property
    def asks_nothing(self) -> bool:
        """Whether it has neither claims nor a goal: it trains and compares."""
        return not self.claims and self.goal is None

    @property
    def _is_about_runs(self) -> bool:
        """Whether it asks for more than claims about training sets."""
        return self.goal is not None or self.asks_nothing or not all(claim.needs_training_sets for claim in self.claims)

    @property
    def n_seeds(self) -> int:
        """How many these are, at most where they are trained until they tell."""
        return len(self.planned_seeds)

    @property
    def tuning_seeds(self) -> range:
        """The seeds that the variants are tuned on: after those that judge them, where these reach so far."""
        judging, first = self.planned_seeds, FIRST_TUNING_SEED
        if judging and judging.start < first + self.tune_seeds and first < judging.stop:
            first = judging.stop
        return range(first, first + self.tune_seeds) if self.tune else range(0)

    @property
    def given_until_sure(self) -> SeedsUntilSure | None:
        """Its most seeds and the first one, where they are trained until they tell; None if all are trained."""
        return SeedsUntilSure(max_seeds=self.until_sure) if isinstance(self.until_sure, int) else self.until_sure

    def levels(self, n_numbers: int) -> float | Looks:
        """The level of the interval of each of so many numbers; the looks that share it where seeds are on demand."""
        n_numbers = max(1, n_numbers)
        return Looks(self.n_seeds, n_numbers) if self.until_sure is not None else LEVEL / n_numbers

    @property
    def n_training_sets(self) -> int:
        """How many training sets are drawn for the claims that need them: 20 by default."""
        return self.resamples or 20

    @property
    def n_claims(self) -> int:
        """How many numbers are bounded, over which the level is shared out: an order of k variants bounds k - 1."""
        return sum(len(claim.sides) for claim in self.claims)

    def problems(self) -> Iterator[Misfit]:
        """Seeds that there are not, and keys that do nothing without another."""
        if self.planned_seeds.stop > MAX_SEED + 1:
            path = "seeds" if self.until_sure is None else "until_sure"
            yield Misfit(path, f"the last seed would be {self.planned_seeds[-1]}; the largest is {MAX_SEED}")
        if given := self.given_until_sure:
            yield from self._not_until_sure(given)
        if self.resampling and self.resamples is None:
            yield Misfit("resampling", "says how training sets are drawn, and resamples, how many, is missing")
        if self.resamples is not None and not any(claim.needs_training_sets for claim in self.claims):
            yield Misfit("resamples", f"no claim is about {', '.join(ERROR_PARTS[:4])}, ...; leave it out")
        yield from self.mistuned()
        if self.must_not_worsen and self.goal is None:
            yield Misfit("must_not_worsen", "a variant is adopted for a goal, which is missing; name a column as goal")

    def mistuned(self) -> Iterator[Misfit]:
        """Keys that do nothing without `tune`, and a budget of none or of two kinds."""
        for key in ("tune_by", "tune_seeds"):
            if key in self.model_fields_set and not self.tune:
                yield Misfit(key, "says how variants are tuned, and tune, over which values, is missing")
        if self.tuning_seeds and self.tuning_seeds[-1] > MAX_SEED:
            yield Misfit("tune_seeds", f"the last one would be {self.tuning_seeds[-1]}; the largest is {MAX_SEED}")
        if self.budget and (self.budget.epochs is None) == (self.budget.steps is None):
            yield Misfit("budget", "expected one of epochs, steps")
        if self.budget and "training.epochs" in self.tune:
            yield Misfit("tune.training.epochs", "budget says how many epochs there are; leave out one of them")

    def _not_until_sure(self, given: SeedsUntilSure) -> Iterator[Misfit]:
        """Why seeds cannot be trained until they tell."""
        if "seeds" in self.model_fields_set:
            yield Misfit(
                "until_sure", "given beside seeds; a study has either a fixed number of seeds or at most so many"
            )
        if why := why_not(given.max_seeds):
            yield Misfit("until_sure" if isinstance(self.until_sure, int) else "until_sure.max_seeds", why)
        if not self._is_about_runs:
            yield Misfit(
                "until_sure", "all claims are about training sets, of which a fixed number is drawn; leave it out"
            )

    def not_until_sure_of(self, n_variants: int) -> Iterator[Misfit]:
        """More numbers than can share the level where each is looked at after every seed; or none at all."""
        if self.until_sure is not None and self.asks_nothing and n_variants == 1:
            yield Misfit("until_sure", "nothing is asked of the seeds: one variant alone is compared with none")
        if self.until_sure is not None and (why := why_not(MAX_SEEDS, max(self.n_claims, n_variants - 1))):
            yield Misfit("until_sure", why)

    @property
    def margins(self) -> dict[str, Margin]:
        """What `must_not_worsen` allows, by column."""
        return {
            column: Margin(float(given.rstrip("% ")) / 100, True)
            if isinstance(given, str) and given.endswith("%")
            else Margin(in_unit(given), False)
            for column, given in self.must_not_worsen.items()
        }


def is_study(keys: Container[str]) -> bool:
    """Whether a file with these keys at the top is a study, and no config."""
    if any(key in keys for key in ("variants", "grid", "claims")):
        return "dataset" not in keys
    return any(key in keys for key in Study.model_fields) and "dataset" not in keys and "extends" not in keys
