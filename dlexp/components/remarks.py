"""What is said of data as they were read: guesses, doubts, and what a setting left out, filled or converted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from dlexp.errors import Unsettled, shown

#: Of more remarks of one rule on a file, the last line stands for the rest.
MAX_ALIKE = 5

#: What each rule finds. A config may allow it by its name, as what the lint finds: `allow: [duplicate_rows]`.
RULES: Mapping[str, str] = {
    "attached_punctuation": "Words that differ by typographic punctuation alone, which Keras's Tokenizer keeps.",
    "blank_lines": "Lines without anything in a file of one column, which are no rows.",
    "class_order": "An order of ordinal classes that is taken from a number in each.",
    "class_spellings": "Classes that differ only in case, spaces or zeros.",
    "constant_column": "Features with one value in all training rows.",
    "constant_target": "Targets that are all the same number.",
    "dates": "Dates, and what is made of them.",
    "delimiter": "What lies between two columns, if the file shows another character than the comma.",
    "dot_or_thousands": "Numbers whose dots stand before three digits each, read with decimals.",
    "drawn_split": "A test split that was drawn, since there is no folder of one.",
    "empty_column": "Columns without any value, which are left out.",
    "empty_examples": "Examples of word indices that are padding alone.",
    "empty_folders": "Folders of classes without a text.",
    "empty_row": "Rows without any value, which are left out.",
    "encoding": "A text in UTF-8 that is read in another encoding.",
    "exact_bounds": "Targets of exactly 0 or 1, which a beta distribution does not have.",
    "few_spaces": "Texts whose words are too long to be words, as in Chinese, which has no spaces.",
    "float64_inputs": "Numbers that float32 would lose before they are standardized, so that the model takes float64.",
    "header": "A first row that looks like another one than it is taken as.",
    "hidden_files": "Texts that are hidden by their names, as other programs leave them, and are not read.",
    "id_feature": "Features that name or count the rows.",
    "input_range": "Layers that take numbers of another range than they are given, or scale them twice.",
    "large_min_delta": "An improvement that early stopping asks for, and no epoch can bring.",
    "leading_zeros": "Whole numbers that begin with 0, as codes do.",
    "listed_labels": "Cells of labels that are lists, as Python or JSON writes them.",
    "lost_digits": "Numbers of which the model sees fewer different values than the data have.",
    "memory": "A model that, once it is built, is found to need more than 4 GB of memory.",
    "missing": "Missing values, and what is done about them.",
    "missing_predictions": "Examples for which a trained model has no finite prediction, so that scores are missing.",
    "missing_texts": "Texts that are what a program writes for a missing value.",
    "missing_words": "Categories that usually stand for a missing value.",
    "mixed_column": "Categories of which some are numbers, or look like some.",
    "mixed_times": "Scored rows from between or before the training rows of a file in the order of time.",
    "nameless_column": "Columns without a name that only count or name the rows, which are left out.",
    "no_gradient": "Weights of the user's own layers that no gradient reaches, so that they never learn.",
    "number_signs": "Numbers with an unusual sign: a minus that is no hyphen, or parentheses.",
    "number_texts": "Texts that are numbers, each of which is a word.",
    "one_hot_targets": "Rows with one 1 each, taken as the class of its column.",
    "one_label_each": "Examples of a multilabel task with one label each.",
    "one_sided_classes": "Classes that training or a scored split does not have.",
    "other_separator": "Labels with another sign in them that seems to separate them.",
    "packing": "A file that is packed otherwise than its name says.",
    "parted_groups": "Rows of one patient, user or the like that may be trained on and scored.",
    "quote": "Quotation marks that may be characters of a text, or characters that may be quotation marks.",
    "rare_classes": "Classes with fewer examples than there are splits.",
    "repeated_examples": "Scored examples that are training examples, too, more of them than by chance.",
    "repeated_header": "Rows that repeat the header, as in joined files, which are left out.",
    "repeated_ids": "Ids that several rows have.",
    "sentinel": "A number of nines far from all others, as what stands for a missing value.",
    "short_rows": "Rows that have fewer cells than there are columns.",
    "similar_names": "Columns in use whose names differ by spaces or capitals alone.",
    "single_words": "Texts that are a single word each.",
    "sorted_rows": "Validation on the first rows of a file that is sorted by the target.",
    "spaces": "Spaces around cells, which are left out.",
    "spellings": "Categories that differ only in case, spaces or zeros.",
    "target_leakage": "Features that alone give a target away.",
    "tiny_split": "A validation or test split, or a share that trains, of so few examples that scores are chance.",
    "total_row": "Last rows of sums or means, which are left out.",
    "trailing_delimiter": "A delimiter behind the last column.",
    "undefined_score": "Scores that the targets of a split leave undefined, of all classes or of some.",
    "units": "Numbers of one column with more than one unit, or without it.",
    "unknown_texts": "Test texts that have no word of the training texts.",
    "unmasked_padding": "Padding behind most word indices that a layer without a mask takes for words.",
    "unread_files": "Files in or beside folders of texts that are not read.",
    "unscaled_inputs": "Features on scales of their own that nothing standardizes.",
    "unscaled_targets": "Targets on scales of their own that nothing standardizes.",
    "unseen": "Categories that the test split alone has.",
    "unseen_classes": "Classes without a training example.",
    "values_as_classes": "Numbers or dates that are a class each.",
    "wordless_texts": "Texts without a single word.",
}


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One line on how data were read: nothing that changes a result is guessed in silence."""

    rule: str
    """A name in `RULES`."""
    place: str
    """The file, and the row and column if it is one place: `cars.csv: row 12, column km`."""
    found: str
    """What is there and what it is taken as."""
    key: str = ""
    """The setting that decides, to be typed: `dataset.thousands: ","`."""
    is_settled: bool = False
    """Whether the config says so itself, as `missing: mean` for what is filled: `--strict` does not refuse it."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The remark of a record, which may have keys of later versions."""
        return cls(**{key: value for key, value in record.items() if key in cls.__dataclass_fields__})

    @property
    def record(self) -> dict[str, Any]:
        """What is recorded of it."""
        return asdict(self)

    def __str__(self) -> str:
        decides = f"; see {self.key}" if self.key else ""
        allowed = "" if self.is_settled else f" (allow: [{self.rule}] if it is meant)"
        return f"{self.place}: {self.found}{decides}{allowed}"


def said(remarks: Iterable[Remark], allowed: Collection[str]) -> list[Remark]:
    """The remarks that the config does not allow, each once; of many that are alike the first, and how many more."""
    kept = [each for each in dict.fromkeys(remarks) if each.is_settled or each.rule not in allowed]
    groups: dict[tuple[str, str, bool], list[Remark]] = {}
    for each in kept:
        groups.setdefault((each.rule, each.place.partition(": ")[0], each.is_settled), []).append(each)
    shortened: dict[Remark, Remark | None] = {}
    for alike in groups.values():
        if len(alike) > MAX_ALIKE:
            shortened |= dict.fromkeys(alike[MAX_ALIKE - 1 :]) | {alike[MAX_ALIKE - 1]: _rest(alike[MAX_ALIKE - 1 :])}
    return [line for each in kept if (line := shortened.get(each, each)) is not None]


def _rest(alike: Sequence[Remark]) -> Remark:
    """One line for many remarks of a rule on a file."""
    path, _, first = alike[0].place.partition(": ")
    last = alike[-1].place.partition(": ")[2]
    where = f", from {first} to {last}" if first and last else ""
    found = f"the same of {len(alike)} more{where}"
    return Remark(rule=alike[0].rule, place=path, found=found, is_settled=alike[0].is_settled)


def require_settled(remarks: Sequence[Remark]) -> None:
    """Refuse remarks that no setting has decided, as `--strict` asks.

    Raises:
        Unsettled: With a line for each.
    """
    if open_ := [str(each) for each in remarks if not each.is_settled]:
        raise Unsettled(*shown(open_))
